"""Alarms: one entry when a reading crosses its threshold, one when it is over, and no storm at the edge."""

from agent.report import alarms
from agent.report.alarms import CLEARED, RAISED, Alarms, Rule, rules
from tests.portable.helpers import finish
from tests.portable.ports.journal import MemoryJournal
from tests.portable.shop import LIMITS, Shop

HOT = Rule("HOT", "milli_c", 80_000, 75_000, 120, 120)
LOW = Rule("LOW", "kib", 1000, 1250, 0, 60)
FLAG = Rule("FLAG", "flag", 1, 0, 0, 60)


class Watch:
    """Alarms over readings that a test sets, a minute from one look to the next."""

    def __init__(self, *rules: Rule, journal: "MemoryJournal | None" = None) -> None:
        self.journal = journal or MemoryJournal()
        self.alarms = Alarms(self.journal, list(rules))
        self.readings: "dict[str, object]" = {"process_uptime_s": 0, "journal_space_kib": 1000}
        for rule in rules:
            self.readings[rule.reading] = -1

    async def see(self, reading: str, *values: object, step_s: int = 60) -> "list[object]":
        """Look at each value in turn; the kinds of entries and what they are about."""
        before = len(self.journal.entries)
        for value in values:
            self.readings[reading] = value
            await self.alarms.look(self.readings)
            now = self.readings["process_uptime_s"]
            assert isinstance(now, int)
            self.readings["process_uptime_s"] = now + step_s
        return [(entry.kind, entry.body["kind"]) for entry in self.journal.entries[before:]]

    async def restart(self, *rules: Rule) -> "Watch":
        """The same journal after a restart."""
        again = Watch(*rules, journal=self.journal)
        await again.alarms.start()
        return again


def test_a_reading_that_stays_beyond_is_told_once_and_once_when_it_is_over() -> None:
    async def scenario() -> None:
        watch = Watch(HOT)
        assert await watch.see("milli_c", 79_999, 80_000, 90_000) == []
        assert await watch.see("milli_c", 91_000) == [(RAISED, "HOT")]
        assert watch.journal.entries[-1].body == {
            "kind": "HOT", "reading": "milli_c", "value": 91_000, "threshold": 80_000, "raised": ["HOT"],
        }  # fmt: skip
        assert await watch.see("milli_c", 92_000, 80_000, 85_000, 110_000) == []
        assert await watch.see("milli_c", 75_000, 60_000) == []
        assert await watch.see("milli_c", 74_000) == [(CLEARED, "HOT")]
        assert watch.journal.entries[-1].body == {
            "kind": "HOT", "reading": "milli_c", "value": 74_000, "threshold": 80_000, "raised": [],
        }  # fmt: skip
        assert await watch.see("milli_c", 60_000, 60_000, 60_000) == []

    finish(scenario())


def test_a_value_that_wobbles_at_the_edge_makes_no_storm() -> None:
    async def scenario() -> None:
        watch = Watch(HOT)
        assert await watch.see("milli_c", *(80_100, 79_900) * 50) == []
        assert await watch.see("milli_c", 80_000, 80_000, 80_000) == [(RAISED, "HOT")]
        assert await watch.see("milli_c", *(75_100, 80_100, 79_900) * 50) == []
        assert await watch.see("milli_c", *(74_900, 75_100) * 50) == []

    finish(scenario())


def test_a_minimum_duration_is_measured_in_seconds_not_in_looks() -> None:
    async def scenario() -> None:
        watch = Watch(HOT)
        assert await watch.see("milli_c", *[90_000] * 120, step_s=1) == []
        assert await watch.see("milli_c", 90_000) == [(RAISED, "HOT")]

    finish(scenario())


def test_a_falling_reading_is_bad_below_and_over_well_above() -> None:
    async def scenario() -> None:
        watch = Watch(LOW)
        assert await watch.see("kib", 1001) == []
        assert await watch.see("kib", 1000) == [(RAISED, "LOW")]
        assert await watch.see("kib", 1001, 1249, 1001) == []
        assert await watch.see("kib", 1250, 1250) == [(CLEARED, "LOW")]

    finish(scenario())


def test_a_flag_without_a_minimum_duration_is_told_at_once_and_every_dip_keeps_it_up() -> None:
    async def scenario() -> None:
        watch = Watch(FLAG)
        assert await watch.see("flag", True) == [(RAISED, "FLAG")]
        assert watch.journal.entries[-1].body["value"] == 1
        assert await watch.see("flag", *(False, True) * 20) == []
        assert await watch.see("flag", False, False) == [(CLEARED, "FLAG")]

    finish(scenario())


def test_what_is_unknown_changes_nothing() -> None:
    async def scenario() -> None:
        watch = Watch(LOW, HOT)
        assert await watch.see("kib", -1, -1, "") == []
        assert await watch.see("kib", 5) == [(RAISED, "LOW")]
        assert await watch.see("kib", -1, -1, -1, -1) == []
        assert await watch.see("milli_c", 90_000, 90_000, -1, 90_000, 90_000) == []
        assert await watch.see("milli_c", 90_000) == [(RAISED, "HOT")]

    finish(scenario())


def test_a_restart_raises_nothing_twice_and_clears_what_is_over() -> None:
    async def scenario() -> None:
        watch = Watch(LOW, FLAG)
        await watch.see("kib", 5)
        await watch.see("flag", True)
        assert watch.alarms.raised == ["LOW", "FLAG"]
        again = await watch.restart(LOW, FLAG)
        assert again.alarms.raised == ["LOW", "FLAG"]
        again.readings["kib"] = 5
        assert await again.see("flag", True, True) == []
        assert await again.see("flag", False, False) == [(CLEARED, "FLAG")]
        third = await again.restart(LOW, FLAG)
        assert third.alarms.raised == ["LOW"]
        assert await third.see("kib", 9000, 9000) == [(CLEARED, "LOW")]
        assert (await third.restart(LOW, FLAG)).alarms.raised == []

    finish(scenario())


def test_a_kind_that_no_rule_has_any_more_is_forgotten() -> None:
    async def scenario() -> None:
        watch = Watch(LOW, FLAG)
        await watch.see("kib", 5)
        await watch.see("flag", True)
        again = await watch.restart(FLAG)
        assert await again.see("flag", False, False) == [(CLEARED, "FLAG")]
        assert again.journal.entries[-1].body["raised"] == []

    finish(scenario())


def test_what_cannot_be_written_down_is_told_with_a_later_look() -> None:
    async def scenario() -> None:
        watch = Watch(LOW, FLAG)
        watch.journal.full.add(RAISED)
        assert await watch.see("kib", 5, 5) == []
        assert watch.alarms.raised == []
        watch.journal.full.clear()
        assert await watch.see("kib", 5) == [(RAISED, "LOW")]

    finish(scenario())


def test_the_space_that_is_left_for_reversals_is_not_used() -> None:
    async def scenario() -> None:
        watch = Watch(LOW)
        watch.readings["journal_space_kib"] = 0
        assert await watch.see("kib", 5, 5) == []
        watch.readings["journal_space_kib"] = -1  # unknown: an alarm that is not told helps nobody
        assert await watch.see("kib", 5) == [(RAISED, "LOW")]

    finish(scenario())


def test_every_rule_raises_and_clears_at_its_levels() -> None:
    # kind: a reading that is good enough not to raise, the threshold, between the two, and over.
    levels = {
        alarms.TEMPERATURE_HIGH: (79_999, 80_000, 75_001, 75_000),
        alarms.DISK_LOW: (262_145, 262_144, 327_679, 327_680),
        alarms.MEMORY_LOW: (65_537, 65_536, 81_919, 81_920),
        alarms.UNDERVOLTAGE: (False, True, True, False),
        alarms.OUTBOX_OLD: (3_599, 3_600, 1_801, 1_800),
        alarms.CLOCK_UNSET: (14_399, 14_400, 7_201, 7_200),
        alarms.READER_FAILING: (False, True, True, False),
        alarms.CERTIFICATE_ENDING: (31, 30, 30, 31),
    }
    assert sorted(levels) == sorted(alarms.KINDS) == sorted(rule.kind for rule in rules(LIMITS))

    async def scenario() -> None:
        for rule in rules(LIMITS):
            good, bad, between, over = levels[rule.kind]
            watch = Watch(rule)
            assert await watch.see(rule.reading, good, good, step_s=1000) == [], rule.kind
            assert await watch.see(rule.reading, bad, bad, step_s=1000) == [(RAISED, rule.kind)]
            assert await watch.see(rule.reading, between, between, step_s=1000) == [], rule.kind
            assert await watch.see(rule.reading, over, over, step_s=1000) == [(CLEARED, rule.kind)]

    finish(scenario())


def test_every_rule_s_reading_is_one_that_is_taken_and_the_raised_kinds_go_along() -> None:
    async def scenario() -> None:
        shop = Shop()
        await shop.vitals.take()
        for rule in rules(LIMITS):
            assert rule.reading in shop.vitals.ring[-1], rule.reading
        assert [readings["alarms"] for readings in shop.vitals.ring] == [""]
        shop.machine.readings.update({"undervoltage": True, "disk_free_kib": 100})
        await shop.vitals.take()
        shop.machine.readings["process_uptime_s"] = 150
        await shop.vitals.take()
        assert [readings["alarms"] for readings in shop.vitals.ring[1:]] == ["UNDERVOLTAGE", "UNDERVOLTAGE DISK_LOW"]
        assert len(shop.journal.of(RAISED)) == 2

    finish(scenario())


def test_a_terminal_that_starts_knows_what_was_raised() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.machine.readings["undervoltage"] = True
        await shop.vitals.take()
        again = Shop(shop.journal.cut(len(shop.journal.entries)))
        again.machine.readings["undervoltage"] = True
        await again.terminal.start()
        assert again.alarms.raised == [alarms.UNDERVOLTAGE]
        await again.vitals.take()
        assert len(again.journal.of(RAISED)) == 1
        await again.terminal.stop(1000)

    finish(scenario())
