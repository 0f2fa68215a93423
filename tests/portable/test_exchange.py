"""One question and its answer, past everything that is not its answer."""

from agent import messages
from agent.binding.record import parse
from agent.errors import (
    AcquirerLostError,
    AcquirerTimeoutError,
    AcquirerUnreachableError,
    MessageError,
)
from agent.messages import Message
from agent.sale import kinds
from agent.sale.exchange import Exchange
from agent.sale.sign_on import SignOn
from agent.sale.traces import Traces
from tests.portable.helpers import fails, finish
from tests.portable.ports.acquirer import ScriptedAcquirer, answer, fails_with
from tests.portable.ports.binding import document
from tests.portable.ports.journal import MemoryJournal
from tests.portable.ports.machine import ManualClock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.portable.ports.acquirer import Script

SALE = Message(
    messages.SALE,
    {messages.AMOUNT: "000000001880", messages.TRACE: "000042", messages.TID: "50012345", messages.MID: "X" * 15},
)


class Desk:
    def __init__(self, script: "Script | None" = None, timeout_ms: int = 30_000) -> None:
        self.journal = MemoryJournal()
        self.acquirer = ScriptedAcquirer()
        if script is not None:
            self.acquirer.script = [script]
        clock = ManualClock()
        self.sign_on = SignOn(self.acquirer, self.journal, Traces(0), 1000)
        self.exchange = Exchange(self.acquirer, self.journal, clock, self.sign_on, timeout_ms)

    async def ask(self) -> Message:
        return await self.exchange.ask("s00112233445566aa", SALE, messages.SALE_ANSWER, "Asia/Shanghai")

    async def stays_signed_on(self) -> bool:
        """Ask, and say whether a terminal that was signed on before still is."""
        await self.sign_on.ensure(parse(document()), "file 1")
        await self.ask()
        return self.sign_on.holds("file 1")

    def ignored(self) -> "list[object]":
        return [entry.body["why"] for entry in self.journal.of(kinds.ANSWER_IGNORED)]


def test_the_answer_is_returned_and_nothing_is_written_down() -> None:
    async def scenario() -> None:
        desk = Desk()
        assert (await desk.ask()).text(messages.RESPONSE_CODE) == "00"
        assert desk.journal.entries == []

    finish(scenario())


def test_each_stray_is_written_down_and_the_answer_behind_it_is_taken() -> None:
    async def scenario() -> None:
        def strays(request: Message) -> "list[Message | Exception]":
            return [
                answer(request, authenticated=False),
                MessageError("DE 4 is malformed"),
                Message("0410", answer(request).fields, True),
                answer(request, {messages.TRACE: "000041"}),
                answer(request, {messages.AMOUNT: "000000000001"}),
                answer(request, {messages.LOCAL_DATE: "0101"}),
                answer(request),
            ]

        desk = Desk(strays)
        assert (await desk.ask()).text(messages.TRACE) == "000042"
        assert desk.ignored() == [
            "unauthenticated", "malformed", "other_type", "other_trace", "other_amount", "other_day",
        ]  # fmt: skip
        assert desk.journal.entries[1].body == {
            "sale": "s00112233445566aa", "why": "malformed", "what": "DE 4 is malformed", "trace": "",
        }  # fmt: skip
        assert desk.journal.entries[3].body == {
            "sale": "s00112233445566aa", "why": "other_trace", "what": "0210", "trace": "000041",
        }  # fmt: skip

    finish(scenario())


def test_a_host_of_strays_is_left_after_eight() -> None:
    async def scenario() -> None:
        desk = Desk(lambda request: [answer(request, {messages.TRACE: "999999"})] * 20)
        error = await fails(AcquirerLostError, desk.ask())
        assert str(error) == "acquirer: 8 answers in a row were strays"
        assert len(desk.ignored()) == 8
        assert desk.acquirer.closed == 1
        desk = Desk(lambda request: [answer(request, {messages.TRACE: "999999"})] * 7 + [answer(request)])
        await desk.ask()
        assert (len(desk.ignored()), desk.acquirer.closed) == (7, 0)

    finish(scenario())


def test_what_may_have_arrived_is_told_from_what_cannot() -> None:
    async def scenario() -> None:
        for problem, told in (
            (AcquirerUnreachableError("no route"), AcquirerUnreachableError),
            (MessageError("DE 4 has no wire form"), AcquirerUnreachableError),
            (AcquirerLostError("broke off"), AcquirerLostError),
        ):
            desk = Desk()
            desk.acquirer.send_problems = [problem]
            error = await fails(told, desk.ask())
            assert str(error) == str(problem)
        for unknown in (AcquirerLostError("broke off"), AcquirerTimeoutError("too long")):
            error = await fails(type(unknown), Desk(fails_with(unknown)).ask())
            assert not isinstance(error, AcquirerUnreachableError)

    finish(scenario())


def test_it_remembers_whether_the_acquirer_answered_when_it_was_last_asked() -> None:
    async def scenario() -> None:
        desk = Desk()
        assert desk.exchange.answers
        desk.acquirer.send_problems = [AcquirerUnreachableError("no route")]
        await fails(AcquirerUnreachableError, desk.ask())
        assert not desk.exchange.answers
        await desk.ask()
        assert desk.exchange.answers
        desk.acquirer.script = [fails_with(AcquirerTimeoutError("too long"))]
        await fails(AcquirerTimeoutError, desk.ask())
        assert not desk.exchange.answers

    finish(scenario())


def test_with_no_time_left_it_does_not_wait() -> None:
    async def scenario() -> None:
        desk = Desk(timeout_ms=0)
        error = await fails(AcquirerTimeoutError, desk.ask())
        assert str(error) == "acquirer: no answer within 0 ms"

    finish(scenario())


def test_the_sign_on_is_forgotten_when_either_side_refuses_a_mac() -> None:
    async def scenario() -> None:
        desk = Desk(lambda request: [answer(request, authenticated=False), answer(request)])
        assert not await desk.stays_signed_on()
        desk = Desk(lambda request: [answer(request, {messages.RESPONSE_CODE: "A0"})])
        assert not await desk.stays_signed_on()
        desk = Desk(
            lambda request: [answer(request, {messages.TRACE: "1"}), answer(request, {messages.RESPONSE_CODE: "05"})]
        )
        assert await desk.stays_signed_on()

    finish(scenario())
