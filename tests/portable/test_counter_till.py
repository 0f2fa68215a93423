"""What a till may do beside a sale: call it off, ask again, ask for another; and a journal that fails meanwhile."""

import asyncio

from agent import messages
from agent.errors import BusyError, JournalError, RequestError
from agent.sale import kinds, outcome
from tests.portable.helpers import fails, finish, settle
from tests.portable.ports.acquirer import answer, declines, says, silent
from tests.portable.ports.binding import MID, OTHER_MID
from tests.portable.shop import AMOUNT, opened, sale_at_the_acquirer, sale_at_the_card, told

JUMPS = says({messages.MID: OTHER_MID})


def test_a_sale_can_be_called_off_until_its_message_leaves() -> None:
    async def scenario() -> None:
        shop = await opened()
        assert not shop.counter.abort()
        selling = await sale_at_the_card(shop)
        assert shop.counter.abort()
        assert told(await selling) == (outcome.FAILED, outcome.CANCELLED)
        assert not shop.counter.abort()
        assert (shop.reader.apdus(), shop.acquirer.sent) == (0, [])

        shop = await opened()
        selling = await sale_at_the_acquirer(shop)
        assert not shop.counter.abort()
        assert shop.acquirer.held is not None
        shop.acquirer.held.set()
        assert told(await selling) == (outcome.APPROVED, "00")

    finish(scenario())


def test_a_sale_that_is_called_off_during_the_sign_on_asks_for_no_card() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.held = asyncio.Event()
        selling = asyncio.create_task(shop.sell())
        await shop.acquirer.asked.wait()
        assert shop.counter.abort()
        shop.acquirer.held.set()
        assert told(await selling) == (outcome.FAILED, outcome.CANCELLED)
        assert shop.reader.calls == []

    finish(scenario())


def test_whenever_it_is_called_off_it_is_not_charged_or_the_call_is_refused() -> None:
    call_off_at(list(range(0, 120, 2)))


def test_in_between_as_well() -> None:
    call_off_at(list(range(1, 120, 2)))


def call_off_at(moments: "list[int]") -> None:
    async def scenario() -> None:
        seen = []
        for moment in moments:
            shop = await opened()
            selling = asyncio.create_task(shop.sell())
            for _ in range(moment):
                await asyncio.sleep(0)
            held = shop.counter.abort()
            found = await selling
            assert (found.code == outcome.CANCELLED) == held, moment
            assert bool(shop.acquirer.sent) == (not held), moment
            seen.append(held)
        assert True in seen[:10]
        assert False in seen

    finish(scenario())


def test_one_sale_at_a_time() -> None:
    async def scenario() -> None:
        shop = await opened()
        selling = await sale_at_the_card(shop)
        assert shop.counter.busy
        await fails(BusyError, shop.sell("till/2"))
        shop.reader.present()
        assert told(await selling) == (outcome.APPROVED, "00")
        assert not shop.counter.busy
        assert told(await shop.sell("till/2")) == (outcome.APPROVED, "00")
        assert await shop.counter.status("till/3") is None

    finish(scenario())


def test_the_same_id_joins_the_sale_under_way() -> None:
    async def scenario() -> None:
        shop = await opened()
        selling = await sale_at_the_card(shop)
        joined = asyncio.create_task(shop.sell())
        await settle()
        assert told(await shop.counter.status("till/1")) == (outcome.RUNNING, "")
        await fails(RequestError, shop.sell("till/1", AMOUNT + 1))
        shop.reader.present()
        first, second = await selling, await joined
        assert told(first) == told(second) == (outcome.APPROVED, "00")
        assert first.sale == second.sale
        assert shop.acquirer.types() == ["0200"]

    finish(scenario())


def test_the_same_id_again_gets_what_became_of_it() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [says({}), declines("51"), silent]
        firsts = [await shop.sell("till/0")]
        firsts.append(await shop.sell("till/1"))
        firsts.append(await shop.sell("till/2"))
        shop.case.is_open = True
        firsts.append(await shop.sell("till/3"))
        shop.case.is_open = False
        sent = len(shop.acquirer.sent)
        for n, first in enumerate(firsts):
            again = await shop.sell("till/{}".format(n))
            assert (again.sale, told(again)) == (first.sale, told(first))
            assert told(await shop.counter.status("till/{}".format(n))) == told(first)
            await fails(RequestError, shop.sell("till/{}".format(n), AMOUNT + 1))
            await fails(RequestError, shop.sell("till/{}".format(n), merchant=MID))
        assert len(shop.acquirer.sent) == sent
        restarted = await opened(shop.journal.cut(len(shop.journal.entries)))
        assert told(await restarted.sell("till/0")) == (outcome.APPROVED, "00")
        assert restarted.acquirer.sent == []

    finish(scenario())


def test_without_a_journal_nothing_is_sent() -> None:
    async def scenario() -> None:
        shop = await opened()
        await shop.sell("till/1")
        shop.journal.full.add(kinds.SALE_AUTHORISING)
        await fails(JournalError, shop.sell("till/2"))
        assert shop.acquirer.types() == ["0200"]
        assert not shop.counter.busy
        shop.journal.full.clear()
        assert await shop.counter.status("till/2") is None
        assert told(await shop.sell("till/2")) == (outcome.APPROVED, "00")
        assert shop.acquirer.types() == ["0200", "0200"]

    finish(scenario())


def test_a_journal_that_fails_behind_the_message_charges_nothing_twice() -> None:
    async def scenario() -> None:
        for full, script in (
            (kinds.SALE_ANSWERED, says({})),
            (kinds.SALE_ANSWERED, JUMPS),
            (kinds.SALE_UNKNOWN, silent),
            (kinds.ANSWER_IGNORED, lambda request: [answer(request, {messages.TRACE: "999999"})]),
        ):
            shop = await opened()
            shop.acquirer.script = [script]
            shop.journal.full.add(full)
            await fails(JournalError, shop.sell())
            assert shop.steps() == [kinds.SALE_AUTHORISING]
            shop.journal.full.clear()
            # The till asks again under the same id: it hears that the outcome is unknown, and nothing is sent again.
            assert told(await shop.sell()) == (outcome.UNKNOWN, outcome.NO_ANSWER)
            assert shop.acquirer.types() == ["0200"]
            await shop.work_off()
            assert shop.acquirer.types() == ["0200", "0400"]
            assert told(await shop.sell("till/2")) == (outcome.APPROVED, "00")

    finish(scenario())


def test_an_answer_on_disk_is_what_the_till_hears_although_the_journal_failed_behind_it() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.journal.full.add(kinds.SALE_FINISHED)
        await fails(JournalError, shop.sell())
        assert told(await shop.counter.status("till/1")) == (outcome.RUNNING, "")
        shop.journal.full.clear()
        assert told(await shop.sell()) == (outcome.APPROVED, "00")
        assert shop.acquirer.types() == ["0200"]
        assert shop.unreversed() == 0

    finish(scenario())


def test_who_joined_a_sale_without_an_outcome_is_told_to_ask() -> None:
    async def scenario() -> None:
        shop = await opened()
        selling = await sale_at_the_card(shop)
        joined = asyncio.create_task(fails(BusyError, shop.sell()))
        await settle()
        shop.journal.full.add("*")
        shop.reader.present()
        try:
            await selling
            raise AssertionError("nothing could be written down, and the sale went on")
        except JournalError:
            pass
        assert "ask for its status" in str(await joined)

    finish(scenario())
