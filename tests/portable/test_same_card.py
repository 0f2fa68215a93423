"""The same card with the same amount again: told or refused, by what the journal holds and what the clocks can tell."""

from agent import signals
from agent.binding import reasons
from agent.errors import AcquirerUnreachableError
from agent.sale import kinds, outcome
from agent.sale.past import latest
from agent.sale.running import SaleRequest
from agent.sale.same_card import OFF, REFUSE, WARN
from tests.portable.helpers import finish
from tests.portable.ports.acquirer import declines, silent
from tests.portable.ports.journal import MemoryJournal
from tests.portable.ports.reader import tapped
from tests.portable.shop import AMOUNT, Shop, opened, told
from tests.portable.test_card_flow import (
    GPO,
    GPO_NOTHING,
    RECORD_1,
    SELECT_VISA,
    VISA,
    VISA_TRACK2,
    ScriptedCard,
    selected,
    unionpay,
    visa,
)

SAME = [outcome.SAME_CARD_AND_AMOUNT]


def visa_card(track2: str = VISA_TRACK2) -> ScriptedCard:
    """A card of another scheme."""
    answers = {command: answer.replace(VISA_TRACK2, track2) for command, answer in visa().items()}
    answers[SELECT_VISA] = selected(VISA, "")
    answers[GPO_NOTHING] = answers[GPO]
    return ScriptedCard(answers)


def unionpay_card(pan: str) -> ScriptedCard:
    """A UnionPay card of the number `pan`."""
    card = tapped()
    card.answers.update(ScriptedCard({RECORD_1: unionpay()[RECORD_1].replace("6212345678901232", pan)}).answers)
    return card


async def warnings(shop: Shop, till: str = "till/again", amount: int = AMOUNT) -> "list[str]":
    """What the next sale warns of; it must be approved."""
    found = await shop.sell(till, amount)
    assert told(found) == (outcome.APPROVED, "00")
    return found.warnings


async def sold(ago_ms: int = 0, same_card: str = WARN) -> Shop:
    """A shop that sold once, `ago_ms` before now."""
    shop = await opened(None, same_card)
    shop.journal.ago_ms = ago_ms
    assert (await shop.sell()).warnings == []
    shop.journal.ago_ms = 0
    return shop


def test_the_same_card_and_amount_again_is_told_to_the_till_and_in_the_journal() -> None:
    async def scenario() -> None:
        shop = await sold()
        assert await warnings(shop, "till/2") == SAME
        assert shop.journal.of(kinds.SALE_AUTHORISING)[-1].body["warnings"] == SAME
        found = await shop.counter.status("till/2")
        assert found is not None and found.warnings == SAME
        assert await warnings(shop, "till/3") == SAME
        shop.assert_no_card_data()

    finish(scenario())


def test_it_stands_beside_what_the_gate_warns_of() -> None:
    async def scenario() -> None:
        shop = await sold()
        shop.clock.synced = False
        assert await warnings(shop) == [reasons.CLOCK_UNSYNCED] + SAME  # noqa: RUF005 - MicroPython has no [*a]

    finish(scenario())


def test_another_amount_card_or_scheme_is_another_payment() -> None:
    async def scenario() -> None:
        shop = await sold()
        assert await warnings(shop, "till/2", AMOUNT + 1) == []
        shop.reader.card = visa_card()
        assert await warnings(shop, "till/3") == []
        shop.reader.card = visa_card("6212345678901232D2912201")
        assert await warnings(shop, "till/6") == []
        shop.reader.card = unionpay_card("6212345678901240")
        assert await warnings(shop, "till/4") == []
        # Only what may be kept of a number is compared.
        shop.reader.card = unionpay_card("6212343400091232")
        assert await warnings(shop, "till/5") == SAME

    finish(scenario())


def test_another_currency_is_another_payment() -> None:
    async def scenario() -> None:
        shop = await sold()
        card = await shop.cards.read(AMOUNT, "156", "000009", "Asia/Shanghai")
        for currency, found in (("156", True), ("840", False)):
            earlier = await shop.counter.same_card.earlier(SaleRequest("till/2", AMOUNT, currency), card)
            assert (earlier is not None) == found

    finish(scenario())


def test_it_counts_within_the_period_only() -> None:
    async def scenario() -> None:
        for ago_ms, expected in ((0, SAME), (55_000, SAME), (60_001, []), (10_000_000, [])):
            assert await warnings(await sold(ago_ms)) == expected, ago_ms

    finish(scenario())


def test_a_sale_that_charged_nothing_for_certain_does_not_count() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [declines("51")]
        await shop.sell("till/1")
        shop.acquirer.send_problems = [AcquirerUnreachableError("no route")]
        await shop.sell("till/2")
        shop.acquirer.script = [silent]
        assert (await shop.sell("till/3")).result == outcome.UNKNOWN
        await shop.work_off()
        assert len(shop.journal.of(kinds.REVERSAL_SETTLED)) == 1
        assert await warnings(shop) == []

    finish(scenario())


def test_a_sale_that_may_have_charged_counts() -> None:
    async def scenario() -> None:
        for script, works_off in (([silent], False), ([silent] * 4, True), ([declines("11")], False)):
            shop = await opened()
            shop.acquirer.script = list(script)
            await shop.sell("till/1")
            if works_off:
                await shop.work_off()
            assert await warnings(shop) == SAME

    finish(scenario())


def test_one_that_was_declined_does_not_hide_the_one_before() -> None:
    async def scenario() -> None:
        shop = await sold()
        shop.acquirer.script = [declines("51")]
        await shop.sell("till/2")
        assert await warnings(shop) == SAME

    finish(scenario())


def test_a_second_try_under_new_keys_is_the_same_sale_and_keeps_its_warning() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [declines("A0")]
        assert await warnings(shop, "till/1") == []
        shop.acquirer.script = [declines("A0")]
        assert await warnings(shop, "till/2") == SAME

    finish(scenario())


def test_it_is_found_behind_many_other_sales() -> None:
    async def scenario() -> None:
        shop = await sold()
        for number in range(20):
            await shop.sell("other/{}".format(number), 100 + number)
        assert await warnings(shop) == SAME
        shop = await opened()
        for number in range(16):
            await shop.sell("other/{}".format(number), 100 + number)
        assert await warnings(shop) == []

    finish(scenario())


def test_by_the_policy_it_is_refused_before_anything_is_sent() -> None:
    async def scenario() -> None:
        shop = await sold(0, REFUSE)
        found = await shop.sell("till/2")
        assert told(found) == (outcome.REFUSED, outcome.SAME_CARD_AND_AMOUNT)
        assert told(await shop.counter.status("till/2")) == told(await latest(shop.journal)) == told(found)
        assert shop.acquirer.types() == ["0200"]
        assert shop.lights.shown[-1] == signals.REFUSED
        first = shop.journal.body(kinds.SALE_AUTHORISING)
        detail = "as in sale {} (trace {})".format(first["sale"], first["trace"])
        assert shop.journal.body(kinds.SALE_FAILED)["detail"] == detail
        # What was refused was no payment, and another amount is none of it.
        assert await warnings(shop, "till/3", AMOUNT + 1) == []
        shop.assert_no_card_data(found.details)
        assert await warnings(await sold(60_001, REFUSE)) == []

    finish(scenario())


def test_it_can_be_switched_off() -> None:
    async def scenario() -> None:
        assert await warnings(await sold(0, OFF)) == []

    finish(scenario())


async def restarted(shop: Shop, boot_id: str = "boot-1") -> Shop:
    """The terminal after a restart, or with another `boot_id` after a reboot."""
    again = Shop(shop.journal.cut(len(shop.journal.entries)), WARN, boot_id)
    again.clock.now, again.clock.synced = shop.clock.now, shop.clock.synced
    again.journal.clock = again.clock
    return await again.open()


def test_it_works_across_a_restart() -> None:
    async def scenario() -> None:
        for ago_ms, expected in ((0, SAME), (60_001, [])):
            shop = await sold(ago_ms)
            # Within one boot the monotonic clock tells: neither an unset clock nor a step of it matters.
            for now, synced in (
                ("2026-11-23T03:04:05.678Z", True),
                ("2026-11-23T03:24:05.678Z", False),
                ("2026-11-23T03:44:05.678Z", True),
                ("2026-11-23T03:00:00.000Z", True),
            ):
                shop.clock.now, shop.clock.synced = now, synced
                found = await warnings(await restarted(shop))
                assert [code for code in found if code != reasons.CLOCK_UNSYNCED] == expected, (ago_ms, now)

    finish(scenario())


def test_across_a_reboot_the_stored_times_tell() -> None:
    async def scenario() -> None:
        for now, expected in (
            ("2026-11-23T03:04:15.678Z", SAME),
            ("2026-11-23T03:05:05.678Z", SAME),
            ("2026-11-23T03:05:05.679Z", []),
            ("2026-11-23T03:59:00.000Z", []),
        ):
            # A monotonic clock that began anew tells nothing: neither that it is old, nor that it is not.
            for ago_ms in (-500_000, 0, 500_000):
                shop = await sold(ago_ms)
                shop.clock.now = now
                assert await warnings(await restarted(shop, "boot-2")) == expected, (now, ago_ms)

    finish(scenario())


def test_across_a_reboot_nobody_guesses_that_it_is_long_ago() -> None:
    async def scenario() -> None:
        for synced_then, synced_now, now in (
            (False, True, "2026-11-23T03:59:00.000Z"),
            (True, False, "2026-11-23T03:59:00.000Z"),
            (False, False, "2026-11-23T03:59:00.000Z"),
            (True, True, "2026-11-23T03:00:00.000Z"),  # set back
        ):
            shop = await opened()
            shop.clock.synced = synced_then
            await shop.sell()
            shop.clock.synced, shop.clock.now = synced_now, now
            again = await restarted(shop, "boot-2")
            assert outcome.SAME_CARD_AND_AMOUNT in await warnings(again), (synced_then, synced_now, now)
            # Once the period has gone by since the start, it is older than that.
            again = await restarted(shop, "boot-2")
            again.counter.same_card.started_ms -= 60_001
            assert outcome.SAME_CARD_AND_AMOUNT not in await warnings(again), (synced_then, synced_now, now)

    finish(scenario())


def test_what_came_before_a_sale_of_an_earlier_boot_is_older_than_that_one() -> None:
    async def scenario() -> None:
        for before_ms, expected in ((30_000, SAME), (60_001, [])):
            shop = await sold(before_ms)
            await shop.sell("till/2", AMOUNT + 1)
            shop.clock.synced = False
            found = await warnings(await restarted(shop, "boot-2"))
            assert [code for code in found if code != reasons.CLOCK_UNSYNCED] == expected, before_ms

    finish(scenario())


def test_a_boot_without_a_name_is_no_boot_that_is_known() -> None:
    async def scenario() -> None:
        shop = await Shop(None, WARN, "").open()
        shop.journal.ago_ms = 500_000
        await shop.sell()
        shop.journal.ago_ms = 0
        await shop.sell("till/2", AMOUNT + 1)
        shop.clock.now = "2026-11-23T03:59:00.000Z"
        assert await warnings(await restarted(shop, "")) == []
        shop.clock.now = "2026-11-23T03:04:06.000Z"
        assert await warnings(await restarted(shop, "")) == SAME

    finish(scenario())


def test_an_empty_journal_and_one_without_sales_hold_none() -> None:
    async def scenario() -> None:
        assert await warnings(await opened(MemoryJournal())) == []

    finish(scenario())
