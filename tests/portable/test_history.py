"""What the journal remembers of bindings: versions, switches, and how far the clock had come."""

from agent.binding import history
from agent.binding.record import parse
from agent.journal.entry import Record
from agent.lifecycle import CLOCK_FLOOR, STARTED
from agent.sale import outcome
from tests.portable.helpers import finish
from tests.portable.ports.binding import OTHER_MID, altered, document
from tests.portable.ports.journal import MemoryJournal
from tests.portable.ports.machine import ManualClock
from tests.portable.shop import Shop, opened, told

DIGESTS = ["{:064x}".format(number) for number in range(4)]


def test_a_switch_is_another_merchant_or_terminal_and_the_first_binding_is_none() -> None:
    async def scenario() -> None:
        clock = ManualClock()
        journal = MemoryJournal(clock)
        known = history.History(journal, clock)
        await known.start()
        for number, (changes, switches) in enumerate(
            (({}, 0), ({"address": "elsewhere"}, 0), ({"mid": OTHER_MID}, 1), ({"tid": "50019999"}, 2))
        ):
            binding = parse(altered(dict(changes, version=number + 3)))
            await known.take_up(binding, DIGESTS[number])
            assert len(known.switches) == switches, changes
        again = history.History(journal, clock)
        await again.start()
        assert (again.version, again.switches) == (6, known.switches)
        assert again.knows(DIGESTS[3]) and not again.knows(DIGESTS[2])

    finish(scenario())


def test_the_floor_is_the_time_of_the_last_entry() -> None:
    async def scenario() -> None:
        clock = ManualClock()
        journal = MemoryJournal(clock)
        await journal.append(Record("one", {}))
        clock.now = "2026-11-24T00:00:00.000Z"
        await journal.append(Record("two", {}))
        known = history.History(journal, clock)
        await known.start()
        assert known.floor == "2026-11-24T00:00:00.000Z"

    finish(scenario())


def test_a_run_whose_clock_nobody_set_raises_the_floor_and_never_lowers_it() -> None:
    async def scenario() -> None:
        clock = ManualClock()
        journal = MemoryJournal(clock)
        for day, synced, floor in (
            (23, True, "2026-11-23"), (20, False, "2026-11-23"), (20, False, "2026-11-23"), (27, False, "2026-11-27"),
            (20, False, "2026-11-27"), (24, True, "2026-11-24"), (20, False, "2026-11-24"),
        ):  # fmt: skip
            known = history.History(journal, clock)
            await known.start()
            clock.now, clock.synced = "2026-11-{}T03:04:05.678Z".format(day), synced
            await journal.append(Record(STARTED, {"software": "0.1.0", CLOCK_FLOOR: known.floor}))
            again = history.History(journal, clock)
            await again.start()
            assert again.floor[:10] == floor, (day, synced)

    finish(scenario())


def test_a_run_that_did_not_write_its_floor_down_leaves_that_of_its_end() -> None:
    async def scenario() -> None:
        clock = ManualClock(synced=False)
        journal = MemoryJournal(clock)
        await journal.append(Record(STARTED, {"software": "0.0.9"}))
        known = history.History(journal, clock)
        await known.start()
        assert known.floor == clock.now

    finish(scenario())


def test_a_new_journal_has_no_floor_and_no_version() -> None:
    async def scenario() -> None:
        clock = ManualClock()
        known = history.History(MemoryJournal(clock), clock)
        await known.start()
        assert (known.floor, known.version, known.switches) == ("", 0, [])

    finish(scenario())


def test_a_binding_that_comes_into_force_is_written_down_once_before_its_first_sale() -> None:
    async def scenario() -> None:
        shop = await opened()
        for till in ("till/1", "till/2"):
            assert told(await shop.sell(till)) == (outcome.APPROVED, "00")
        assert [entry.body["version"] for entry in shop.journal.of(history.TAKEN_UP)] == [3]
        again = Shop(shop.journal)
        await again.open()
        await again.sell("till/3")
        assert len(again.journal.of(history.TAKEN_UP)) == 1
        again.store.put(altered({"version": 4}), again.keys)
        await again.sell("till/4")
        assert len(again.journal.of(history.TAKEN_UP)) == 1, "not before the mark has followed"
        again.mark.mark = 4
        await again.sell("till/5")
        assert [entry.body["version"] for entry in again.journal.of(history.TAKEN_UP)] == [3, 4]

    finish(scenario())


def test_a_store_and_a_mark_that_were_put_back_together_are_noticed() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.store.put(altered({"version": 5}), shop.keys)
        shop.mark.mark = 5
        await shop.sell("till/1")
        shop.store.put(document(), shop.keys)
        shop.mark.mark = 3
        assert told(await shop.sell("till/2")) == (outcome.REFUSED, "HIGH_WATER_FELL")

    finish(scenario())
