"""Signing on: only where it is due, and only under our own merchant."""

from agent import messages
from agent.binding.record import parse
from agent.errors import AcquirerTimeoutError, AcquirerUnreachableError, SignOnRefusedError
from agent.messages import Message
from agent.sale import kinds, outcome
from agent.sale.sign_on import SignOn
from agent.sale.traces import Traces
from tests.portable.helpers import finish
from tests.portable.ports.acquirer import ScriptedAcquirer
from tests.portable.ports.binding import MID, OTHER_MID, TID, document
from tests.portable.ports.journal import MemoryJournal

BINDING = parse(document())


class Desk:
    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.acquirer = ScriptedAcquirer()
        self.sign_on = SignOn(self.acquirer, self.journal, Traces(0), 1000)

    async def ensure(self, digest: str = "file 1") -> str:
        return await self.sign_on.ensure(BINDING, digest)


def test_a_sign_on_is_announced_and_written_down() -> None:
    async def scenario() -> None:
        desk = Desk()
        assert await desk.ensure() == ""
        ((trace, batch, tid, mid),) = desk.acquirer.signed_on
        assert (trace, tid, mid) == ("000001", TID, MID)
        assert desk.journal.kinds() == [kinds.SIGNING_ON, kinds.SIGNED_ON]
        assert desk.journal.body(kinds.SIGNING_ON) == {"trace": trace, "batch": batch, "tid": TID, "mid": MID}

    finish(scenario())


def test_it_is_done_once_for_a_binding_until_it_is_forgotten() -> None:
    async def scenario() -> None:
        desk = Desk()
        for digest in ("file 1", "file 1", "file 2", "file 2"):
            assert await desk.ensure(digest) == ""
        assert len(desk.acquirer.signed_on) == 2
        assert desk.sign_on.holds("file 2")
        assert not desk.sign_on.holds("file 1")
        desk.sign_on.forget()
        assert not desk.sign_on.holds("file 2")
        await desk.ensure("file 2")
        assert [trace for trace, _, _, _ in desk.acquirer.signed_on] == ["000001", "000002", "000003"]

    finish(scenario())


def test_each_way_in_which_it_fails_is_told_and_tried_again_next_time() -> None:
    async def scenario() -> None:
        for error, code, detail in (
            (SignOnRefusedError("97", "refused with 97"), outcome.SIGN_ON_REFUSED, "97"),
            (SignOnRefusedError("KEYS", "check values"), outcome.SIGN_ON_REFUSED, "KEYS"),
            (AcquirerUnreachableError("no route"), outcome.ACQUIRER_UNREACHABLE, "no route"),
            (AcquirerTimeoutError("too long"), outcome.ACQUIRER_UNREACHABLE, "too long"),
        ):
            desk = Desk()
            desk.acquirer.sign_ons = [error]
            assert await desk.ensure() == code
            assert desk.journal.body(kinds.SIGN_ON_FAILED) == {"code": code, "detail": detail, "trace": "000001"}
            assert bool(desk.acquirer.closed) == (code == outcome.ACQUIRER_UNREACHABLE)
            assert desk.sign_on.was_refused("file 1") == (code == outcome.SIGN_ON_REFUSED)
            assert not desk.sign_on.was_refused("file 2")
            assert await desk.ensure() == ""
            assert not desk.sign_on.was_refused("file 1")

    finish(scenario())


def test_a_failed_one_for_another_binding_leaves_none() -> None:
    async def scenario() -> None:
        desk = Desk()
        assert await desk.ensure("file 1") == ""
        desk.acquirer.sign_ons = [AcquirerTimeoutError("too long")]
        assert await desk.ensure("file 2") == outcome.ACQUIRER_UNREACHABLE
        assert await desk.ensure("file 1") == ""
        assert len(desk.acquirer.signed_on) == 3

    finish(scenario())


def test_a_host_that_takes_us_for_another_merchant_is_a_jump() -> None:
    async def scenario() -> None:
        for fields in ({messages.MID: OTHER_MID}, {messages.TID: "99999999"}, {messages.ACQUIRER: "102"}):
            desk = Desk()
            named: "dict[int, str | bytes]" = {messages.MID: MID, messages.TID: TID}
            named.update(fields)
            desk.acquirer.sign_ons = [Message(messages.SIGN_ON_ANSWER, named)]
            assert await desk.ensure() == outcome.SIGN_ON_OTHER_MERCHANT
            assert desk.sign_on.was_refused("file 1")
            jump = desk.journal.body(kinds.JUMP_DETECTED)
            assert (jump["stage"], jump["sale"], jump["reverses"]) == ("sign_on", "", True)
            assert desk.journal.of(kinds.SIGNED_ON) == []
            assert not desk.sign_on.holds("file 1")

    finish(scenario())
