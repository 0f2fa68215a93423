"""The vitals: the latest in a bounded ring, and how much the counts grew over it."""

import asyncio

from tests.portable.helpers import end, finish, until
from tests.portable.shop import Shop

RECENT = ("recent_s", "reader_cards_recent", "reader_card_gone_recent", "reader_faults_recent")


async def taken(shop: Shop) -> "list[object]":
    """Take readings and return the counts of late."""
    await shop.vitals.take()
    return [shop.vitals.ring[-1][name] for name in RECENT]


def test_the_counts_of_late_are_what_grew_over_the_ring() -> None:
    async def scenario() -> None:
        shop = Shop()
        counts = shop.machine.readings
        counts.update({"process_uptime_s": 100, "reader_cards": 7, "reader_faults": 2})
        assert await taken(shop) == [0, 0, 0, 0]
        counts.update({"process_uptime_s": 160, "reader_cards": 9, "reader_card_gone": 1, "reader_faults": 2})
        assert await taken(shop) == [60, 2, 1, 0]
        counts["reader_faults"] = -1
        assert await taken(shop) == [60, 2, 1, -1]

    finish(scenario())


def test_the_ring_is_bounded_and_forgets_the_oldest() -> None:
    async def scenario() -> None:
        shop = Shop()
        for number in range(200):
            shop.machine.readings.update({"process_uptime_s": number * 60, "reader_cards": number})
            await shop.vitals.take()
        assert len(shop.vitals.ring) == 60
        # The newest is compared with the oldest that was kept when it came.
        assert [shop.vitals.ring[-1][name] for name in RECENT[:2]] == [3600, 60]

    finish(scenario())


def test_readings_go_on_without_a_connection_and_with_a_journal_that_fails() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.vitals.period_ms = 1
        shop.journal.full.update(("read", "*"))
        running = asyncio.create_task(shop.vitals.run())
        await until(lambda: len(shop.vitals.ring) > 3)
        assert shop.vitals.ring[-1]["outbox_depth"] == -1
        assert shop.link.published == []
        await end(running)

    finish(scenario())
