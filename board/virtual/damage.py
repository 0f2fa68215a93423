"""What can be wrong with an answer of an emulated card, so that a terminal meets bad ones."""

from typing import Annotated, Literal, get_args

import msgspec

How = Literal["cut", "shorten", "lengthen", "alter", "status"]


class Damage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Befalls the answer to command number `answer` since the card was selected; 1 is the first. By `how`:

    * `cut`: only `value` bytes of it are left, and none of its status word unless that many are;
    * `shorten`: `value` bytes are missing before the status word;
    * `lengthen`: `value` bytes FF stand before the status word;
    * `alter`: all bits of its byte `value`, counted from 0, are turned over;
    * `status`: the status word is `value`.
    """

    how: How
    answer: Annotated[int, msgspec.Meta(ge=1)]
    value: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]

    def of(self, answer: bytes) -> bytes:
        """What is left of `answer`, a response APDU with its status word."""
        data, status = answer[:-2], answer[-2:]
        if self.how == "cut":
            return answer[: self.value]
        if self.how == "shorten":
            return data[: max(0, len(data) - self.value)] + status
        if self.how == "lengthen":
            return data + b"\xff" * self.value + status
        if self.how == "status":
            return data + self.value.to_bytes(2, "big")
        return bytes(byte ^ (0xFF if at == self.value else 0) for at, byte in enumerate(answer))

    def __str__(self) -> str:
        value = f"{self.value:04X}" if self.how == "status" else str(self.value)
        return f"{self.how}:{self.answer}:{value}"


def parse(text: str) -> Damage:
    """The damage that `text` names as HOW:ANSWER:VALUE, the value of a `status` in hexadecimal. Raises ValueError."""
    how, _, rest = text.partition(":")
    answer, _, value = rest.partition(":")
    try:
        return msgspec.convert(
            {"how": how, "answer": int(answer), "value": int(value, 16 if how == "status" else 10)}, Damage
        )
    except ValueError as error:  # msgspec's own is one
        raise ValueError(f"{text!r} is not HOW:ANSWER:VALUE, HOW one of {', '.join(get_args(How))}") from error
