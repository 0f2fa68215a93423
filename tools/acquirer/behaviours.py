"""What the simulated acquirer can be told to do with the next messages of one type, and the plan that keeps the orders.

A behaviour is a JSON object: `{"behaviour": "decline", "code": "51", "times": 2, "mti": "0200"}`. `times` is how many
messages it is for, or "always"; `mti` is the type of the terminal's message. Unknown names and keys are refused.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated, ClassVar, Literal

import msgspec

from tools.acquirer.terminals import AcquirerCode, Mid, Tid, check_name
from tools.acquirer.wire import Value
from tools.errors import BehaviourError

SALE = "0200"
REVERSAL = "0400"
SIGN_ON = "0800"

ALWAYS: Literal["always"] = "always"
_LONGEST_DELAY_MS = 600_000
_LAST_TRACE = 999_999
_LARGEST_AMOUNT = 999_999_999_999

Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=_LONGEST_DELAY_MS)]
ResponseCode = Annotated[str, msgspec.Meta(pattern="^(?!00)[0-9A-Z]{2}$")]


class Behaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="behaviour", omit_defaults=True):
    """Base: how often, and for which message type."""

    ON: ClassVar[tuple[str, ...]] = (SALE, REVERSAL, SIGN_ON)

    times: Annotated[int, msgspec.Meta(ge=1)] | Literal["always"] = 1
    mti: Literal["0200", "0400", "0800"] = "0200"

    def __post_init__(self) -> None:
        if self.mti not in self.ON:
            raise ValueError(f"{self.name} is for {' and '.join(self.ON)}, not for {self.mti}")

    @property
    def name(self) -> str:
        """The name that orders it."""
        return str(self.__struct_config__.tag)

    def alter(self, answer: dict[int, Value]) -> None:
        """Falsify what `answer` echoes and names, before anything is booked under it."""

    def strip(self, answer: dict[int, Value]) -> None:
        """Take out of the whole `answer` what is not to be said; the MAC is added behind that."""


class Approve(Behaviour, tag="approve"):
    """Answer as a faultless acquirer. With "always": what is done when nothing else is ordered."""


class Decline(Behaviour, tag="decline"):
    """Answer with DE 39 `code`; a sale is booked as declined, a reversal reverses nothing, a sign-on gives no keys."""

    code: ResponseCode


class Delay(Behaviour, tag="delay"):
    """Book at once, answer `ms` later on the same connection; other messages do not wait."""

    ms: Milliseconds


class Drop(Behaviour, tag="drop"):
    """Book, then never answer."""


class DropRequest(Behaviour, tag="drop_request"):
    """Do as if the message never arrived."""


class Cut(Behaviour, tag="cut"):
    """Close the connection instead of answering, before or after booking."""

    when: Literal["before_booking", "after_booking"]


class AnswerAs(Behaviour, tag="answer_as"):
    """A merchant jump: book under, and answer with, another acquirer, MID, TID or name (DE 32, 42, 41, 43).

    Another `currency` (DE 49) is answered only; the right one is booked.
    """

    acquirer: AcquirerCode | None = None
    mid: Mid | None = None
    tid: Tid | None = None
    merchant_name: str | None = msgspec.field(default=None, name="name")
    currency: Annotated[str, msgspec.Meta(pattern="^[0-9]{3}$")] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self._elements():
            raise ValueError("answer_as needs acquirer, mid, tid, name or currency")
        check_name(self.merchant_name or "")

    def alter(self, answer: dict[int, Value]) -> None:
        """Name the other merchant."""
        answer.update(self._elements())

    def _elements(self) -> dict[int, str]:
        named = {32: self.acquirer, 41: self.tid, 42: self.mid, 43: self.merchant_name, 49: self.currency}
        return {number: value for number, value in named.items() if value}


class LeaveOut(Behaviour, tag="leave_out"):
    """Book, and answer without the data elements `elements`, numbers with commas between them; 64 is the MAC."""

    elements: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,2}(,[0-9]{1,2})*$")]

    @property
    def numbers(self) -> set[int]:
        """The elements, by number."""
        return {int(number) for number in self.elements.split(",")}

    def strip(self, answer: dict[int, Value]) -> None:
        """Take the elements out."""
        for number in self.numbers:
            answer.pop(number, None)


class BadMac(Behaviour, tag="bad_mac"):
    """Answer with a wrong DE 64."""

    ON = (SALE, REVERSAL)


class BadKeys(Behaviour, tag="bad_keys"):
    """Answer a sign-on with a check value that does not fit its MAC key."""

    ON = (SIGN_ON,)
    mti: Literal["0200", "0400", "0800"] = "0800"


class WrongTrace(Behaviour, tag="wrong_trace"):
    """Answer with the next trace number (DE 11) instead of the asked one."""

    def alter(self, answer: dict[int, Value]) -> None:
        """Count DE 11 on by one, 999999 to 000001."""
        if 11 in answer:
            answer[11] = f"{int(answer[11]) % _LAST_TRACE + 1:06d}"


class WrongAmount(Behaviour, tag="wrong_amount"):
    """Answer with an amount (DE 4) of one minor unit more; the right one is booked."""

    ON = (SALE, REVERSAL)

    def alter(self, answer: dict[int, Value]) -> None:
        """Add one minor unit to DE 4."""
        if 4 in answer:
            answer[4] = f"{int(answer[4]) % _LARGEST_AMOUNT + 1:012d}"


class Duplicate(Behaviour, tag="duplicate"):
    """Answer twice."""


class Late(Behaviour, tag="late"):
    """Keep the answer for `ms` and until the terminal's next answer was sent, then send it on that one's connection."""

    ms: Milliseconds = 0


class ExpireKeys(Behaviour, tag="expire_keys"):
    """Forget that the terminal signed on: A0 for this message and all later ones until it signs on again."""

    ON = (SALE, REVERSAL)


class HostRequest(Behaviour, tag="host_request"):
    """Answer as a faultless acquirer, with the processing request `request` in the header (UnionPay POS specification):
    3 asks to sign on again, 5 to load IC parameters, 6 to load parameters."""

    request: Annotated[int, msgspec.Meta(ge=1, le=9)]


_KINDS = (
    Approve | Decline | Delay | Drop | DropRequest | Cut | AnswerAs | LeaveOut
    | BadMac | BadKeys | WrongTrace | WrongAmount | Duplicate | Late | ExpireKeys | HostRequest
)  # fmt: skip


def parse(order: object) -> Behaviour:
    """The behaviour that `order` describes. Raises BehaviourError, naming the key."""
    try:
        behaviour: Behaviour = msgspec.convert(order, type=_KINDS)
    except msgspec.ValidationError as error:
        raise BehaviourError(f"no such behaviour: {error}") from error
    return behaviour


class Plan:
    """The orders by message type: counted ones first, in the order given, then the standing one."""

    def __init__(self) -> None:
        self._standing: dict[str, Behaviour] = {}
        self._counted: dict[str, deque[Behaviour]] = {}

    def order(self, behaviour: Behaviour) -> None:
        """Add `behaviour`; one for "always" replaces the standing one of its message type."""
        if behaviour.times == ALWAYS:
            self._standing[behaviour.mti] = behaviour
        else:
            self._counted.setdefault(behaviour.mti, deque()).append(behaviour)

    def take(self, mti: str) -> Behaviour:
        """The behaviour for a message of type `mti` that arrives now; uses up one of its times."""
        counted = self._counted.get(mti)
        if not counted:
            return self._standing.get(mti, Approve(mti=mti))  # type: ignore[arg-type]
        behaviour = counted.popleft()
        if isinstance(behaviour.times, int) and behaviour.times > 1:
            counted.appendleft(msgspec.structs.replace(behaviour, times=behaviour.times - 1))
        return behaviour

    def pending(self) -> list[Behaviour]:
        """What is still ordered: counted ones with the times left, then standing ones."""
        return [order for queue in self._counted.values() for order in queue] + list(self._standing.values())

    def clear(self) -> None:
        """Back to approving everything."""
        self._standing.clear()
        self._counted.clear()
