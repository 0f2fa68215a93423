"""Reversals: repeated three times, then kept for settlement; and what settles one."""

import asyncio

from agent import messages
from agent.errors import AcquirerLostError, AcquirerTimeoutError, AcquirerUnreachableError, JournalError
from agent.messages import Message
from agent.sale import kinds, outcome
from agent.sale.reversals import ATTEMPTS
from tests.portable.helpers import end, fails, finish, settle
from tests.portable.ports.acquirer import answer, declines, fails_with, says, silent
from tests.portable.ports.binding import OTHER_MID
from tests.portable.shop import Shop, opened


async def owing() -> Shop:
    """A shop with a sale that was never answered, whose reversal is due."""
    shop = await opened()
    shop.acquirer.script = [silent]
    assert (await shop.sell()).result == outcome.UNKNOWN
    assert shop.unreversed() == 1
    return shop


def test_a_reversal_that_is_taken_is_settled() -> None:
    async def scenario() -> None:
        shop = await owing()
        await shop.work_off()
        assert shop.acquirer.types() == ["0200", "0400"]
        settled = shop.journal.body(kinds.REVERSAL_SETTLED)
        assert (settled["response_code"], settled["attempt"]) == ("00", 1)
        assert await shop.counter.reversals.due() == []

    finish(scenario())


def test_a_sale_that_the_acquirer_does_not_know_may_still_be_on_its_way() -> None:
    async def scenario() -> None:
        for answers, code, attempt in ((["25", "00"], "00", 2), (["25"] * ATTEMPTS, "25", ATTEMPTS)):
            shop = await owing()
            shop.acquirer.script = [declines(answer) for answer in answers]
            await shop.work_off()
            assert shop.acquirer.types() == ["0200"] + ["0400"] * attempt
            settled = shop.journal.body(kinds.REVERSAL_SETTLED)
            assert (settled["response_code"], settled["attempt"]) == (code, attempt)
            assert await shop.counter.reversals.due() == []

    finish(scenario())


def test_a_reversal_names_the_original() -> None:
    async def scenario() -> None:
        shop = await owing()
        await shop.work_off()
        sale, reversal = shop.acquirer.sent
        batch = str(shop.journal.body(kinds.SALE_AUTHORISING)["batch"])
        assert reversal.text(messages.TRACE) == sale.text(messages.TRACE)
        assert reversal.text(messages.AMOUNT) == sale.text(messages.AMOUNT)
        assert reversal.text(messages.ORIGINAL) == batch + sale.text(messages.TRACE) + "1123"
        assert reversal.text(messages.RESPONSE_CODE) == "98"
        assert messages.TRACK2 not in reversal.fields
        assert messages.ICC_DATA not in reversal.fields
        shop.assert_no_card_data()

    finish(scenario())


def test_after_three_attempts_it_is_left_to_settlement() -> None:
    async def scenario() -> None:
        for script, why in (
            (silent, "acquirer: no message came"),
            (fails_with(AcquirerLostError("broke off")), "broke off"),
            (fails_with(AcquirerTimeoutError("too long")), "too long"),
            (declines("96"), "the acquirer answers 96"),
            (declines(""), "the acquirer answers "),
        ):
            shop = await owing()
            shop.acquirer.script = [script] * 9
            await shop.work_off()
            assert shop.acquirer.types() == ["0200"] + ["0400"] * ATTEMPTS
            bodies = [entry.body for entry in shop.journal.of(kinds.REVERSAL_REPEATED)]
            assert [(body["attempt"], body["why"]) for body in bodies] == [(1, why), (2, why)]
            unresolved = shop.journal.body(kinds.REVERSAL_UNRESOLVED)
            assert (unresolved["attempt"], unresolved["why"]) == (ATTEMPTS, why)
            assert await shop.counter.reversals.due() == []
            assert (await shop.sell("till/2")).result != outcome.FAILED, "the counter goes on"

    finish(scenario())


def test_an_acquirer_that_cannot_be_reached_is_waited_for_however_long() -> None:
    async def scenario() -> None:
        shop = await owing()
        shop.acquirer.send_problems = [AcquirerUnreachableError("no route") for _ in range(ATTEMPTS + 2)]
        await shop.work_off()
        assert shop.journal.of(kinds.REVERSAL_REPEATED) == []
        assert shop.journal.body(kinds.REVERSAL_SETTLED)["attempt"] == 1

    finish(scenario())


def test_the_next_attempt_gets_a_new_connection() -> None:
    async def scenario() -> None:
        shop = await owing()
        before = shop.acquirer.closed
        shop.acquirer.script = [silent]
        await shop.work_off()
        assert shop.acquirer.closed == before + 1

    finish(scenario())


def test_attempts_go_on_counting_after_a_restart() -> None:
    async def scenario() -> None:
        shop = await owing()
        shop.acquirer.script = [silent, silent]
        await shop.work_off()
        for repeated in (1, 2):
            at = [entry.sequence for entry in shop.journal.of(kinds.REVERSAL_REPEATED)][repeated - 1]
            again = await opened(shop.journal.cut(at))
            assert len(await again.counter.reversals.due()) == 1
            again.acquirer.script = [silent] * 9
            await again.work_off()
            assert again.acquirer.types() == ["0400"] * (ATTEMPTS - repeated)
            assert again.journal.body(kinds.REVERSAL_UNRESOLVED)["attempt"] == ATTEMPTS

    finish(scenario())


def test_a_late_answer_to_the_sale_does_not_settle_its_reversal() -> None:
    async def scenario() -> None:
        shop = await owing()
        sale = shop.acquirer.sent[0]

        def late(request: Message) -> "list[Message | Exception]":
            return [answer(sale), answer(request)]

        shop.acquirer.script = [late]
        await shop.work_off()
        assert shop.journal.body(kinds.ANSWER_IGNORED)["why"] == "other_type"
        assert shop.journal.body(kinds.REVERSAL_SETTLED)["attempt"] == 1

    finish(scenario())


def test_a_host_that_refuses_our_mac_is_signed_on_to_again() -> None:
    async def scenario() -> None:
        shop = await owing()
        assert len(shop.acquirer.signed_on) == 1
        shop.acquirer.script = [declines("A0")]
        await shop.work_off()
        assert len(shop.acquirer.signed_on) == 2
        assert shop.journal.body(kinds.REVERSAL_SETTLED)["attempt"] == 2

    finish(scenario())


def test_the_reversal_is_sent_although_the_binding_is_gone() -> None:
    async def scenario() -> None:
        shop = await owing()
        shop.store.stored = None
        await shop.work_off()
        assert shop.journal.body(kinds.REVERSAL_SETTLED)["attempt"] == 1

    finish(scenario())


def test_the_worker_waits_until_something_is_due() -> None:
    async def scenario() -> None:
        for script in (silent, says({messages.MID: OTHER_MID}), says({messages.TID: None}), declines("11")):
            shop = await opened()
            worker = asyncio.create_task(shop.counter.reversal_worker.run())
            await settle()
            assert shop.acquirer.sent == []
            shop.acquirer.script = [script]
            await shop.sell()
            await settle()
            assert shop.acquirer.types() == ["0200", "0400"]
            await end(worker)

    finish(scenario())


def test_the_worker_hears_of_a_sale_that_was_recovered_while_it_waits() -> None:
    async def scenario() -> None:
        shop = await opened()
        worker = asyncio.create_task(shop.counter.reversal_worker.run())
        shop.journal.full.add(kinds.SALE_ANSWERED)
        await fails(JournalError, shop.sell("till/1"))
        shop.journal.full.clear()
        shop.reader.in_time = False
        await shop.sell("till/2")
        await settle()
        assert shop.acquirer.types() == ["0200", "0400"]
        await end(worker)

    finish(scenario())
