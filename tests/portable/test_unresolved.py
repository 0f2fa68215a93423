"""Reversals that were given up: told of, sent again when somebody asks, and never twice at once."""

import asyncio

from agent.errors import AcquirerUnreachableError, BusyError, JournalError, NoSuchSaleError, ReversalRefusedError
from agent.sale import kinds, outcome
from agent.sale.outcome import Outcome
from agent.sale.reversals import ATTEMPTS
from agent.sale.unresolved import Unresolved
from tests.portable.helpers import end, fails, finish, settle, until
from tests.portable.ports.acquirer import declines, silent
from tests.portable.shop import AMOUNT, Shop, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.portable.ports.journal import MemoryJournal


async def given_up(*tills: str) -> Shop:
    """A shop whose sales of `tills` were never answered, nor were their reversals."""
    shop = await opened()
    for till in tills or ("till/1",):
        shop.acquirer.script = [silent] * (1 + ATTEMPTS)
        await shop.sell(till)
        await shop.work_off()
    return shop


async def unresolved(shop: Shop) -> "list[Outcome]":
    return await shop.counter.reversal_worker.unresolved.outcomes()


async def due(shop: Shop) -> "list[str]":
    return await shop.counter.reversals.due()


async def state(shop: Shop, till: str = "till/1") -> str:
    found = await shop.counter.status(till)
    assert found is not None
    return str(found.details["reversal"])


def test_they_are_listed_with_what_names_them_to_the_acquirer() -> None:
    async def scenario() -> None:
        assert await unresolved(await opened()) == []
        shop = await given_up("till/1", "till/2")
        found = await unresolved(shop)
        assert [each.details["till"] for each in found] == ["till/1", "till/2"]
        entry = shop.journal.of(kinds.REVERSAL_UNRESOLVED)[0]
        for name, value in (
            ("reversal", outcome.UNRESOLVED), ("reversal_time", entry.fields["time"]), ("amount", AMOUNT),
            ("reversal_why", "acquirer: no message came"), ("card", "621234******1232"), ("trace", "000002"),
        ):  # fmt: skip
            assert found[0].details[name] == value, name
        shop.assert_no_card_data(found[0].details)

    finish(scenario())


def test_one_that_is_due_or_settled_is_not_listed() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [silent]
        await shop.sell()
        assert (await unresolved(shop), await state(shop)) == ([], outcome.REVERSAL_DUE)
        await shop.work_off()
        assert (await unresolved(shop), await state(shop)) == ([], outcome.REVERSED)

    finish(scenario())


def test_it_is_sent_again_up_to_three_times_for_the_same_reason() -> None:
    async def scenario() -> None:
        for answers, attempts, came_of_it in (
            (["00"], 1, outcome.REVERSED),
            (["96", "00"], 2, outcome.REVERSED),
            (["96", "96", "96", "00"], ATTEMPTS, outcome.UNRESOLVED),
        ):
            shop = await given_up()
            shop.acquirer.sent.clear()
            shop.acquirer.script = [declines(code) for code in answers]
            found = await shop.counter.reversal_worker.send_again(shop_sale(shop))
            assert found.details["reversal"] == await state(shop) == outcome.REVERSAL_DUE
            assert (await due(shop), await unresolved(shop)) == ([found.sale], [])
            await shop.work_off()
            assert shop.acquirer.types() == ["0400"] * attempts
            assert await state(shop) == came_of_it
            assert len(await unresolved(shop)) == (came_of_it == outcome.UNRESOLVED)
            assert [entry.body["reason"] for entry in shop.journal.of(kinds.REVERSAL_QUEUED)] == ["98", "98"]

    finish(scenario())


def test_it_can_be_asked_for_again_and_again() -> None:
    async def scenario() -> None:
        shop = await given_up()
        for rounds in (1, 2):
            shop.acquirer.script = [silent] * ATTEMPTS
            await shop.counter.reversal_worker.send_again(shop_sale(shop))
            await shop.work_off()
            given = [entry.body["attempt"] for entry in shop.journal.of(kinds.REVERSAL_UNRESOLVED)]
            assert given == [ATTEMPTS] * (1 + rounds)
        await shop.counter.reversal_worker.send_again(shop_sale(shop))
        await shop.work_off()
        assert await state(shop) == outcome.REVERSED

    finish(scenario())


def test_the_worker_sends_it_at_once() -> None:
    async def scenario() -> None:
        shop = await given_up()
        worker = asyncio.create_task(shop.counter.reversal_worker.run())
        await settle()
        shop.acquirer.sent.clear()
        await shop.counter.reversal_worker.send_again(shop_sale(shop))
        await until(lambda: bool(shop.journal.of(kinds.REVERSAL_SETTLED)))
        assert shop.acquirer.types() == ["0400"]
        await end(worker)

    finish(scenario())


def test_it_is_written_down_before_it_is_due_and_only_once() -> None:
    async def scenario() -> None:
        shop = await given_up()
        shop.journal.full.add(kinds.REVERSAL_QUEUED)
        await fails(JournalError, shop.counter.reversal_worker.send_again(shop_sale(shop)))
        assert (await due(shop), len(await unresolved(shop))) == ([], 1)
        shop.journal.full.clear()
        asked = [asyncio.create_task(shop.counter.reversal_worker.send_again(shop_sale(shop))) for _ in range(5)]
        for each in asked:
            assert (await each).details["reversal"] == outcome.REVERSAL_DUE
        assert len(shop.journal.of(kinds.REVERSAL_QUEUED)) == 2
        await shop.counter.reversal_worker.send_again(shop_sale(shop), AMOUNT)
        assert len(shop.journal.of(kinds.REVERSAL_QUEUED)) == 2

    finish(scenario())


def test_anything_but_an_unresolved_reversal_of_the_whole_is_refused_with_the_reason() -> None:
    async def scenario() -> None:
        shop = await given_up()
        for amount in (1, AMOUNT - 1, AMOUNT + 1):
            error = await fails(ReversalRefusedError, shop.counter.reversal_worker.send_again(shop_sale(shop), amount))
            assert "only the whole 18.80 can be reversed" in str(error)
        approved = await shop.sell("till/2", 1)
        shop.acquirer.script = [declines("51")]
        declined = await shop.sell("till/3", 2)
        shop.acquirer.script = [silent]
        reversed_ = await shop.sell("till/4", 3)
        await shop.work_off()
        shop.case.is_open = True
        refused = await shop.sell("till/5", 4)
        before = len(shop.journal.entries)
        for found, why in (
            (approved, "it is approved"), (declined, "it is declined"), (reversed_, "its reversal is settled"),
            (refused, "it is refused"),
        ):  # fmt: skip
            error = await fails(ReversalRefusedError, shop.counter.reversal_worker.send_again(found.sale))
            assert str(error) == "sale {}: {}; only an unresolved reversal can be sent again".format(found.sale, why)
        for nobody in ("", "nobody", "till/1"):
            await fails(NoSuchSaleError, shop.counter.reversal_worker.send_again(nobody))
        assert len(shop.journal.entries) == before

    finish(scenario())


def test_nothing_is_queued_while_a_new_binding_is_on_trial() -> None:
    async def scenario() -> None:
        shop = await given_up()
        shop.gate.on_trial = True
        await fails(BusyError, shop.counter.reversal_worker.send_again(shop_sale(shop)))
        assert (await due(shop), len(await unresolved(shop))) == ([], 1)
        shop.gate.on_trial = False
        await shop.counter.reversal_worker.send_again(shop_sale(shop))
        assert len(await due(shop)) == 1

    finish(scenario())


def test_settlement_clears_it_by_hand_with_who_and_why() -> None:
    async def scenario() -> None:
        shop = await given_up("till/1", "till/2")
        settling = Unresolved(shop.journal)
        found = await settling.clear(shop_sale(shop), "Li Lei: the statement of 23 November has no such charge")
        assert found.details["reversal"] == await state(shop) == outcome.CLEARED
        assert found.details["reversal_why"] == "Li Lei: the statement of 23 November has no such charge"
        assert found.result == outcome.UNKNOWN, "what became of the sale does not change"
        left = await unresolved(shop)
        assert [each.details["till"] for each in left] == ["till/2"]
        again = await opened(shop.journal.cut(len(shop.journal.entries)))
        assert (await state(again), len(await unresolved(again)), await due(again)) == (outcome.CLEARED, 1, [])
        await again.work_off()
        assert again.acquirer.sent == []

    finish(scenario())


def test_only_an_unresolved_one_is_cleared_and_a_cleared_one_is_not_sent_again() -> None:
    async def scenario() -> None:
        shop = await given_up()
        settling = Unresolved(shop.journal)
        await shop.counter.reversal_worker.send_again(shop_sale(shop))
        error = await fails(ReversalRefusedError, settling.clear(shop_sale(shop), "who"))
        assert str(error).endswith(": its reversal is due; only an unresolved reversal can be cleared")
        shop.acquirer.script = [silent] * ATTEMPTS
        await shop.work_off()
        await settling.clear(shop_sale(shop), "who")
        before = len(shop.journal.entries)
        await fails(ReversalRefusedError, settling.clear(shop_sale(shop), "who"))
        await fails(ReversalRefusedError, shop.counter.reversal_worker.send_again(shop_sale(shop)))
        await fails(NoSuchSaleError, settling.clear("nobody", "who"))
        approved = await shop.sell("till/2")
        assert approved.warnings == [], "a charge that is cleared up is no double one"
        await fails(ReversalRefusedError, settling.clear(approved.sale, "who"))
        assert [entry.kind for entry in shop.journal.entries[before:]] == [
            kinds.SALE_AUTHORISING, kinds.SALE_ANSWERED, kinds.SALE_FINISHED,
        ]  # fmt: skip

    finish(scenario())


def test_an_acquirer_that_cannot_be_reached_is_no_attempt_this_time_either() -> None:
    async def scenario() -> None:
        shop = await given_up()
        await shop.counter.reversal_worker.send_again(shop_sale(shop))
        shop.acquirer.send_problems = [AcquirerUnreachableError("no route") for _ in range(ATTEMPTS + 2)]
        await shop.work_off()
        assert shop.journal.body(kinds.REVERSAL_SETTLED)["attempt"] == 1

    finish(scenario())


def test_wherever_the_power_is_cut_it_is_either_due_or_unresolved_and_ends() -> None:
    async def scenario() -> None:
        shop = await given_up()
        shop.acquirer.script = [silent] * ATTEMPTS
        await shop.counter.reversal_worker.send_again(shop_sale(shop))
        await shop.work_off()
        await shop.counter.reversal_worker.send_again(shop_sale(shop))
        await shop.work_off()
        states = []
        for length in shop.journal.commits:
            again = await opened(shop.journal.cut(length))
            if not again.journal.of(kinds.REVERSAL_QUEUED):
                continue
            made = repeated_since_queued(again.journal)
            is_due, listed, told = len(await due(again)), len(await unresolved(again)), await state(again)
            states.append(told)
            assert (is_due, listed) == (told == outcome.REVERSAL_DUE, told == outcome.UNRESOLVED), length
            again.acquirer.script = [silent] * 9
            await again.work_off()
            assert again.acquirer.types() == ["0400"] * (ATTEMPTS - made if is_due else 0), length
        assert states.count(outcome.UNRESOLVED) == 2
        assert states.count(outcome.REVERSED) == 1
        assert states.count(outcome.REVERSAL_DUE) > 6

    finish(scenario())


def shop_sale(shop: Shop) -> str:
    """The first sale of the shop."""
    return str(shop.journal.of(kinds.SALE_AUTHORISING)[0].body["sale"])


def repeated_since_queued(journal: "MemoryJournal") -> int:
    """How many attempts the journal tells since the reversal was queued last."""
    queued = journal.of(kinds.REVERSAL_QUEUED)[-1].sequence
    return len([entry for entry in journal.of(kinds.REVERSAL_REPEATED) if entry.sequence > queued])
