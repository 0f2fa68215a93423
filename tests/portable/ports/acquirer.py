"""An acquirer that answers as scripted, and as a good host does when nothing is scripted."""

import asyncio

from agent import messages
from agent.errors import AcquirerTimeoutError
from agent.messages import Message
from tests.portable.ports.binding import ACQUIRER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Script = Callable[[Message], Sequence[Message | Exception]]
    Changes = Mapping[int, str | None]

ANSWER_TYPES = {messages.SALE: messages.SALE_ANSWER, messages.REVERSAL: messages.REVERSAL_ANSWER}
APPROVAL = "A12345"


def answer(request: Message, changes: "Changes | None" = None, authenticated: bool = True) -> Message:
    """What a good host answers to `request`; `changes` sets data elements, None takes one away."""
    fields: "dict[int, str | bytes]" = {
        messages.PROCESSING_CODE: "000000",
        messages.AMOUNT: request.text(messages.AMOUNT),
        messages.TRACE: request.text(messages.TRACE),
        messages.LOCAL_TIME: "110406",
        messages.LOCAL_DATE: "1123",
        messages.ACQUIRER: ACQUIRER,
        messages.REFERENCE: "000000000042",
        messages.RESPONSE_CODE: "00",
        messages.TID: request.text(messages.TID),
        messages.MID: request.text(messages.MID),
        messages.CURRENCY: "156",
    }
    if request.mti == messages.SALE:
        fields[messages.APPROVAL_CODE] = APPROVAL
    for number, value in (changes or {}).items():
        if value is None:
            fields.pop(number, None)
        else:
            fields[number] = value
    return Message(ANSWER_TYPES[request.mti], fields, authenticated)


def says(changes: "Changes") -> "Script":
    """A script: the answer of a good host with `changes`."""
    return lambda request: [answer(request, changes)]


def declines(code: str) -> "Script":
    """A script: the host says no with `code`."""
    return says({messages.RESPONSE_CODE: code, messages.APPROVAL_CODE: None})


def fails_with(error: Exception) -> "Script":
    """A script: instead of an answer comes `error`."""
    return lambda request: [error]


def silent(request: Message) -> "list[Message | Exception]":
    """A script: no answer."""
    return []


class ScriptedAcquirer:
    """Implements `agent.sale.ports.Acquirer`. Time-outs take no time: with nothing to receive the time is over.

    `script` holds what to do with the next messages, `sign_ons` with the next sign-ons; a good host does the rest.
    `send_problems` are raised by the next sends. While `held` is set to an event, answers wait for it.
    """

    def __init__(self) -> None:
        self.sent: "list[Message]" = []
        self.signed_on: "list[tuple[str, str, str, str]]" = []
        self.script: "list[Script]" = []
        self.sign_ons: "list[Message | Exception]" = []
        self.send_problems: "list[Exception]" = []
        self.closed = 0
        self.host_request = 0
        self.held: "asyncio.Event | None" = None
        self.asked = asyncio.Event()
        self._waiting: "list[Message | Exception]" = []

    async def sign_on(self, trace: str, batch: str, tid: str, mid: str, timeout_ms: int) -> Message:
        self.asked.set()
        self.signed_on.append((trace, batch, tid, mid))
        await self._hold()
        if self.sign_ons:
            return _given(self.sign_ons.pop(0))
        return Message(messages.SIGN_ON_ANSWER, {messages.TRACE: trace, messages.TID: tid, messages.MID: mid})

    async def send(self, message: Message) -> None:
        self.asked.set()
        if self.send_problems:
            raise self.send_problems.pop(0)
        self.sent.append(message)
        script = self.script.pop(0) if self.script else says({})
        self._waiting += script(message)

    async def receive(self, timeout_ms: int) -> Message:
        assert timeout_ms > 0
        await self._hold()
        if not self._waiting:
            raise AcquirerTimeoutError("acquirer: no message came")
        return _given(self._waiting.pop(0))

    async def close(self) -> None:
        self.closed += 1
        self._waiting = []

    def types(self) -> "list[str]":
        """The types of the messages that were sent, in order."""
        return [message.mti for message in self.sent]

    async def _hold(self) -> None:
        await asyncio.sleep(0)
        if self.held is not None:
            await self.held.wait()


def _given(what: "Message | Exception") -> Message:
    if isinstance(what, Message):
        return what
    raise what
