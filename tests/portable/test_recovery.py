"""Power cuts: wherever the journal ends, the next start finishes the sale, and nothing stays charged unnoticed."""

from agent import messages
from agent.errors import AcquirerUnreachableError
from agent.lifecycle import ACTIVE, CHANGED, LOCKED
from agent.sale import kinds
from agent.sale.recovery import recover
from tests.portable.helpers import finish
from tests.portable.ports.acquirer import declines, says, silent
from tests.portable.ports.binding import OTHER_MID, altered
from tests.portable.ports.journal import MemoryJournal
from tests.portable.shop import Shop, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.portable.ports.acquirer import Script

JUMPS = says({messages.MID: OTHER_MID})


async def sold(script: "Script | None", policy: str = "reverse") -> Shop:
    """A shop after one sale that the acquirer answered by `script`."""
    shop = Shop()
    shop.store.put(altered({"jump_policy": policy}), shop.keys)
    await shop.open()
    if script is not None:
        shop.acquirer.script = [script]
    await shop.sell()
    return shop


async def after_power_cut(shop: Shop, behind: str) -> Shop:
    """A new start on what was on disk once the commit that holds the entry `behind` was."""
    at = shop.journal.of(behind)[0].sequence
    length = min(commit for commit in shop.journal.commits if commit >= at)
    again = Shop(shop.journal.cut(length))
    again.store.put(altered({}), again.keys)
    await again.lifecycle.start()
    await again.counter.start()
    return again


async def status(shop: Shop) -> str:
    found = await shop.counter.status("till/1")
    assert found is not None
    return "{} {}".format(found.result, found.code)


def test_without_an_answer_on_disk_the_outcome_is_unknown_and_reversed() -> None:
    async def scenario() -> None:
        for script in (None, JUMPS, declines("05"), silent):
            again = await after_power_cut(await sold(script), kinds.SALE_AUTHORISING)
            assert await status(again) == "unknown NO_ANSWER"
            assert again.steps() == [
                kinds.SALE_AUTHORISING, kinds.SALE_UNKNOWN, kinds.REVERSAL_QUEUED, kinds.SALE_FINISHED,
            ]  # fmt: skip
            assert again.journal.commits == [len(again.journal.entries)], "the sale is closed in one commit"
            assert again.journal.body(kinds.SALE_UNKNOWN)["why"] == "interrupted"
            assert again.journal.body(kinds.REVERSAL_QUEUED)["reason"] == "98"
            await again.work_off()
            assert again.acquirer.types() == ["0400"]

    finish(scenario())


def test_an_answer_on_disk_decides_as_it_would_have() -> None:
    async def scenario() -> None:
        for script, told, reversals in (
            (None, "approved 00", 0),
            (declines("05"), "declined 05", 0),
            (JUMPS, "jumped MERCHANT_JUMP", 1),
            (says({messages.MID: None}), "unproven MERCHANT_UNPROVEN", 1),
            (declines("11"), "unproven ANSWER_CONTRADICTORY", 1),
        ):
            again = await after_power_cut(await sold(script), kinds.SALE_ANSWERED)
            assert await status(again) == told
            assert len(again.journal.of(kinds.SALE_FINISHED)) == 1
            assert len(again.journal.of(kinds.REVERSAL_QUEUED)) == reversals
            await again.work_off()
            assert again.acquirer.types() == ["0400"] * reversals

    finish(scenario())


def test_a_jump_its_reversal_and_the_lock_are_one_commit() -> None:
    async def scenario() -> None:
        shop = await sold(JUMPS, "reverse_and_lock")
        for behind in (kinds.SALE_ANSWERED, kinds.JUMP_DETECTED, kinds.REVERSAL_QUEUED):
            again = await after_power_cut(shop, behind)
            assert again.lifecycle.state == LOCKED
            assert len(again.journal.of(kinds.JUMP_DETECTED)) == 1
            assert len(again.journal.of(kinds.REVERSAL_QUEUED)) == 1
        for length in shop.journal.commits:
            cut = shop.journal.cut(length)
            locked = cut.of(CHANGED)[-1].body["to"] == LOCKED
            assert locked == bool(cut.of(kinds.JUMP_DETECTED)) == bool(cut.of(kinds.SALE_ANSWERED))
        again = await after_power_cut(await sold(JUMPS), kinds.SALE_ANSWERED)
        assert again.lifecycle.state == ACTIVE

    finish(scenario())


def test_an_unknown_outcome_on_disk_is_finished_with_the_one_reversal_it_has() -> None:
    async def scenario() -> None:
        again = await after_power_cut(await sold(silent), kinds.SALE_UNKNOWN)
        assert again.steps() == [
            kinds.SALE_AUTHORISING, kinds.SALE_UNKNOWN, kinds.REVERSAL_QUEUED, kinds.SALE_FINISHED,
        ]  # fmt: skip
        await again.work_off()
        assert again.acquirer.types() == ["0400"]

    finish(scenario())


def test_a_reversal_that_was_settled_before_the_cut_is_not_sent_again() -> None:
    async def scenario() -> None:
        shop = await sold(silent)
        await shop.work_off()
        # The reversal's worker may be done before the counter has closed the sale.
        kept = [entry for entry in shop.journal.entries if entry.kind != kinds.SALE_FINISHED]
        again = await opened(MemoryJournal(shop.clock, kept))
        assert await status(again) == "unknown NO_ANSWER"
        assert await again.counter.reversals.due() == []
        assert len(again.journal.of(kinds.REVERSAL_QUEUED)) == 1

    finish(scenario())


def test_at_every_commit_recovery_is_the_same_when_run_twice() -> None:
    async def scenario() -> None:
        cuts = 0
        for script in (None, JUMPS, silent, declines("05"), declines("11")):
            shop = await sold(script, "reverse_and_lock")
            await shop.work_off()
            for length in shop.journal.commits:
                again = await opened(shop.journal.cut(length))
                once = again.journal.text()
                assert await recover(again.journal) == []
                await again.counter.start()
                assert again.journal.text() == once
                assert len(again.journal.of(kinds.SALE_FINISHED)) == len(again.journal.of(kinds.SALE_AUTHORISING))
                assert len(again.journal.of(kinds.REVERSAL_QUEUED)) <= 1
                again.assert_no_card_data()
                cuts += 1
        assert cuts > 30

    finish(scenario())


def test_a_power_cut_during_recovery_is_recovered_from() -> None:
    async def scenario() -> None:
        again = await after_power_cut(await sold(None), kinds.SALE_AUTHORISING)
        for length in again.journal.commits:
            third = await opened(again.journal.cut(length))
            assert await status(third) == "unknown NO_ANSWER"
            assert len(third.journal.of(kinds.REVERSAL_QUEUED)) == 1

    finish(scenario())


def test_a_sale_that_ended_is_left_alone() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.send_problems = [AcquirerUnreachableError("no route")]
        await shop.sell("till/1")
        await shop.sell("till/2")
        shop.reader.in_time = False
        await shop.sell("till/3")
        shop.case.is_open = True
        await shop.sell("till/4")
        again = await opened(shop.journal.cut(len(shop.journal.entries)))
        assert len(again.journal.entries) == len(shop.journal.entries)

    finish(scenario())
