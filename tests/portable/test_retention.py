"""How long the journal keeps what the backend holds, whatever the clock says, and what goes when space is short."""

import asyncio

from agent.journal.device import NoDevice
from agent.journal.entry import Record
from agent.journal.pruning import AGE, PRUNED, SPACE
from agent.report.retention import Retention
from agent.sale import kinds
from tests.portable.helpers import end, finish, until
from tests.portable.ports.journal import MemoryJournal
from tests.portable.ports.machine import Disk, ManualClock

SHORT_KIB = 1000


class Till:
    """Implements `agent.report.retention.Busy`."""

    def __init__(self) -> None:
        self.busy = False


class Shelf:
    """A journal and what prunes it: three entries a step, the four newest stay, ten days' retention."""

    def __init__(self) -> None:
        self.clock = ManualClock("2026-11-01T12:00:00.000Z")
        self.journal = MemoryJournal(self.clock)
        self.disk = Disk()
        self.till = Till()
        self.retention = Retention(
            self.journal, self.clock, self.disk, self.till, kinds.PENDING, 10, SHORT_KIB, NoDevice()
        )
        self.retention.pause_ms = 1
        self.retention.step_size = 3
        self.retention.least = 4

    async def write(self, day: str, count: int, synced: bool = True) -> None:
        """Write `count` entries on `day` (`MM-DD`); the backend acknowledges them."""
        self.at(day, synced)
        for _ in range(count):
            await self.journal.append(Record("test.counted", {}))
        self.journal.anchored = await self.journal.head()

    def at(self, day: str, synced: bool = True) -> None:
        self.clock.now = "2026-{}T12:00:00.000Z".format(day)
        self.clock.synced = synced

    async def steps(self) -> "list[str]":
        """Prune until nothing more may go; why each step was taken."""
        taken = []
        why = await self.retention.step()
        while why:
            taken.append(why)
            why = await self.retention.step()
        return taken

    async def left(self) -> "list[int]":
        """The entries that are left behind the checkpoint, checkpoints left out."""
        behind = await self.journal.after(await self.journal.pruned(), 1000)
        return [entry.sequence for entry in behind if entry.kind != PRUNED]


def test_what_is_older_than_the_retention_goes_in_whole_steps() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("11-01", 8)
        await shelf.write("11-05", 8)
        shelf.at("11-10")
        assert await shelf.steps() == []
        shelf.at("11-11")  # ten days to the minute
        assert await shelf.steps() == [AGE, AGE]
        assert await shelf.left() == list(range(7, 17))
        told = [(entry.body["from"], entry.body["to"], entry.body["why"]) for entry in shelf.journal.of(PRUNED)]
        assert told == [(1, 3, AGE), (4, 6, AGE)]

    finish(scenario())


def test_what_the_backend_has_not_acknowledged_stays_however_old_it_is() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("11-01", 20)
        shelf.journal.anchored = 6
        shelf.at("11-20")
        shelf.disk.free = 0
        assert await shelf.steps() == [AGE]
        assert await shelf.left() == list(range(4, 21))
        shelf.journal.anchored = 7
        assert await shelf.steps() == [AGE]

    finish(scenario())


def test_the_newest_entries_stay_whatever_the_clock_says() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("11-01", 10)
        shelf.clock.now = "2036-11-20T12:00:00.000Z"
        assert await shelf.steps() == [AGE, AGE]
        assert await shelf.left() == [7, 8, 9, 10]

    finish(scenario())


def test_when_space_is_short_entries_go_earlier_but_not_those_that_a_till_may_ask_for_again() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("11-01", 4)
        await shelf.write("11-08", 6)
        await shelf.write("11-11", 10)
        shelf.at("11-12")
        assert await shelf.steps() == [AGE]
        shelf.disk.free = SHORT_KIB
        assert await shelf.steps() == []
        shelf.disk.free = -1  # not known
        assert await shelf.steps() == []
        shelf.disk.free = SHORT_KIB - 1
        assert await shelf.steps() == [SPACE, SPACE]
        assert await shelf.left() == list(range(10, 21))
        told = shelf.journal.of(PRUNED)[-1].body
        assert (told["from"], told["to"], told["why"]) == (7, 9, SPACE)

    finish(scenario())


def test_a_clock_that_was_set_back_makes_nothing_old() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("11-15", 20)
        shelf.disk.free = 0
        for now in ("1970-01-02T00:00:00.000Z", "2026-11-14T12:00:00.000Z", "2026-11-15T12:00:00.000Z"):
            shelf.clock.now = now
            assert await shelf.steps() == []

    finish(scenario())


def test_entries_from_a_clock_that_ran_ahead_do_not_hold_up_the_rest() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("11-01", 3)
        await shelf.write("12-20", 2)  # ahead by weeks
        await shelf.write("11-02", 9)
        shelf.at("11-14")
        assert await shelf.steps() == [AGE] * 4

    finish(scenario())


def test_entries_of_an_unset_clock_are_as_old_as_those_behind_them() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("01-01", 6, synced=False)
        await shelf.write("11-10", 8)
        shelf.at("11-12")
        assert await shelf.steps() == []  # they say January, and may be of this week
        shelf.at("11-21")
        assert await shelf.steps() == [AGE] * 4

    finish(scenario())


def test_a_clock_that_was_never_set_counts_by_itself() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("11-01", 10, synced=False)
        shelf.at("11-10", synced=False)
        assert await shelf.steps() == []
        shelf.at("11-12", synced=False)
        assert await shelf.steps() == [AGE, AGE]

    finish(scenario())


def test_a_long_time_without_a_set_clock_is_looked_through() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("01-01", 240, synced=False)
        await shelf.write("11-01", 1)
        await shelf.write("11-20", 9)
        assert len(await shelf.steps()) == 80

    finish(scenario())


def test_no_sale_waits_for_a_step_that_could_wait_for_the_sale() -> None:
    async def scenario() -> None:
        shelf = Shelf()
        await shelf.write("11-01", 10)
        shelf.at("11-20")
        shelf.till.busy = True
        running = asyncio.create_task(shelf.retention.run())
        await asyncio.sleep(0.02)
        assert shelf.journal.of(PRUNED) == []
        shelf.till.busy = False
        await until(lambda: len(shelf.journal.of(PRUNED)) == 2)
        await end(running)

    finish(scenario())
