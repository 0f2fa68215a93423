"""The readings of now: fixed keys, and what cannot be known says so."""

from agent.binding import reasons
from agent.clock import NEVER
from agent.errors import CardError
from agent.journal.entry import Record
from agent.sale import outcome
from tests.portable.helpers import finish
from tests.portable.ports.journal import MemoryJournal
from tests.portable.shop import Shop, opened

CORE = (
    "lifecycle", "tamper", "binding_version", "binding_reason", "clock", "clock_unsynced_s", "link_round_trip_ms",
    "link_reconnects", "journal_kib", "journal_space_kib", "outbox_depth", "outbox_age_s", "sale_age_s", "sale_result",
    "sale_code",
)  # fmt: skip


async def read(shop: Shop, *names: str) -> "list[object]":
    readings = await shop.readings.read()
    return [readings[name] for name in names]


def test_the_keys_are_fixed_whatever_can_be_read() -> None:
    async def scenario() -> None:
        shop = Shop()
        expected = sorted(list(shop.machine.readings) + list(CORE))
        assert sorted(await shop.readings.read()) == expected
        shop.store.stored = None
        shop.clock.synced = False
        shop.disk.free = -1
        shop.journal.full.add("read")
        assert sorted(await shop.readings.read()) == expected

    finish(scenario())


def test_the_machine_s_own_readings_go_along() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.machine.readings["cpu_temperature_milli_c"] = 61_000
        assert await read(shop, "cpu_temperature_milli_c", "uptime_s") == [61_000, 900]

    finish(scenario())


def test_standing_is_lifecycle_tamper_and_the_proven_binding() -> None:
    async def scenario() -> None:
        shop = await opened()
        names = ("lifecycle", "tamper", "binding_version", "binding_reason")
        assert await read(shop, *names) == ["active", False, 3, ""]
        shop.case.is_open = True
        shop.mark.mark = 4
        assert await read(shop, *names) == ["active", True, 0, reasons.BINDING_VERSION_OLDER]

    finish(scenario())


def test_the_clock_s_age_counts_from_its_last_setting_or_else_from_boot() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.clock.since_sync_s = 17
        assert await read(shop, "clock", "clock_unsynced_s") == ["synced", 17]
        shop.clock.synced = False
        assert shop.clock.synced_s() == NEVER
        assert await read(shop, "clock", "clock_unsynced_s") == ["unsynced", 900]

    finish(scenario())


def test_space_is_what_may_still_be_written_before_sales_end() -> None:
    async def scenario() -> None:
        shop = Shop()
        for free, space in ((1_000_000, 983_616), (16_385, 1), (16_384, 0), (0, 0), (-1, -1)):
            shop.disk.free = free
            assert await read(shop, "journal_space_kib") == [space], free

    finish(scenario())


def test_the_outbox_is_as_deep_as_what_the_backend_lacks_and_as_old_as_its_oldest() -> None:
    async def scenario() -> None:
        shop = Shop()
        assert await read(shop, "outbox_depth", "outbox_age_s") == [0, 0]
        await shop.journal.append(Record("test.happened", {}), Record("test.happened", {}))
        shop.clock.now = "2026-11-23T03:05:05.678Z"
        await shop.journal.append(Record("test.happened", {}))
        shop.clock.now = "2026-11-23T03:06:05.000Z"
        assert await read(shop, "outbox_depth", "outbox_age_s") == [3, 120]
        shop.journal.anchored = 2
        assert await read(shop, "outbox_depth", "outbox_age_s") == [1, 60]
        shop.journal.anchored = 3
        assert await read(shop, "outbox_depth", "outbox_age_s") == [0, 0]

    finish(scenario())


def test_an_age_that_no_clock_saw_whole_is_unknown() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.clock.synced = False
        await shop.journal.append(Record("test.happened", {}))
        shop.clock.now = "2026-11-25T03:04:05.678Z"
        shop.clock.synced = True
        age = (await read(shop, "outbox_age_s"))[0]
        # The entry's time is not to be trusted; the monotonic clock of the same boot is.
        assert isinstance(age, int) and age >= 0 and age != 2 * 86_400
        shop.machine.boot_id = "boot-2"
        assert await read(shop, "outbox_depth", "outbox_age_s") == [1, -1]

    finish(scenario())


def test_an_entry_from_the_future_is_not_of_negative_age() -> None:
    async def scenario() -> None:
        shop = Shop()
        await shop.journal.append(Record("test.happened", {}))
        shop.clock.now = "2026-11-23T03:04:00.000Z"
        assert await read(shop, "outbox_age_s") == [0]

    finish(scenario())


def test_the_last_sale_s_result_code_and_age() -> None:
    async def scenario() -> None:
        shop = await opened()
        names = ("sale_result", "sale_code", "sale_age_s")
        assert await read(shop, *names) == ["", "", -1]
        await shop.sell("till/1")
        assert await read(shop, *names) == [outcome.APPROVED, "00", 0]
        shop.clock.now = "2026-11-23T04:04:05.678Z"
        assert await read(shop, *names) == [outcome.APPROVED, "00", 3600]
        await shop.sell("till/2", merchant="898000000000000")
        assert await read(shop, *names) == [outcome.REFUSED, reasons.MERCHANT_OTHER, 0]
        shop.reader.faults["wait"] = [CardError("CARD_UNSUPPORTED", "no payment card")]
        await shop.sell("till/3")
        assert await read(shop, *names) == [outcome.FAILED, "CARD_UNSUPPORTED", 0]

    finish(scenario())


def test_the_link_tells_its_round_trip_and_reconnects_since_the_start() -> None:
    async def scenario() -> None:
        shop = Shop()
        assert await read(shop, "link_round_trip_ms", "link_reconnects") == [7, 0]
        for connections, reconnects in ((1, 0), (2, 1), (5, 4)):
            shop.reporter.connections = connections
            assert await read(shop, "link_reconnects") == [reconnects]

    finish(scenario())


def test_a_journal_that_cannot_be_read_leaves_the_other_readings() -> None:
    async def scenario() -> None:
        shop = Shop(MemoryJournal())
        shop.journal.full.add("read")
        names = ("journal_kib", "outbox_depth", "outbox_age_s", "sale_age_s", "sale_result")
        assert await read(shop, *names) == [-1, -1, -1, -1, ""]
        assert await read(shop, "binding_version", "uptime_s") == [3, 900]

    finish(scenario())
