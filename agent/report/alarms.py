"""Alarms: a reading that crosses its threshold is told once, and once more when that is over.

A rule waits until the reading has been beyond its threshold for a while, and again until it has been back at a second
level for a while: a value that wobbles at the edge makes no storm of entries.
"""

from agent.errors import JournalError
from agent.journal.entry import Record
from agent.journal.newest import newest
from agent.journal.ports import Journal
from agent.report.ports import UNKNOWN

RAISED = "vitals.raised"
CLEARED = "vitals.cleared"

TEMPERATURE_HIGH = "TEMPERATURE_HIGH"
DISK_LOW = "DISK_LOW"
MEMORY_LOW = "MEMORY_LOW"
UNDERVOLTAGE = "UNDERVOLTAGE"
OUTBOX_OLD = "OUTBOX_OLD"
CLOCK_UNSET = "CLOCK_UNSET"
READER_FAILING = "READER_FAILING"
CERTIFICATE_ENDING = "CERTIFICATE_ENDING"
KINDS = (
    TEMPERATURE_HIGH,
    DISK_LOW,
    MEMORY_LOW,
    UNDERVOLTAGE,
    OUTBOX_OLD,
    CLOCK_UNSET,
    READER_FAILING,
    CERTIFICATE_ENDING,
)

# How far a temperature has to fall below its threshold before the alarm is over.
_COOLER_C = 5


class Thresholds:
    """Where readings become alarms; what each is for stands with the settings (`jumpguard settings explain alarms`)."""

    def __init__(
        self,
        temperature_c: int,
        disk_free_mib: int,
        memory_available_mib: int,
        undervoltage_quiet_s: int,
        outbox_age_s: int,
        clock_unsynced_s: int,
        reader_failing_s: int,
        certificate_days: int,
        hold_s: int,
    ) -> None:
        self.temperature_c = temperature_c
        self.disk_free_mib = disk_free_mib
        self.memory_available_mib = memory_available_mib
        self.undervoltage_quiet_s = undervoltage_quiet_s
        self.outbox_age_s = outbox_age_s
        self.clock_unsynced_s = clock_unsynced_s
        self.reader_failing_s = reader_failing_s
        self.certificate_days = certificate_days
        self.hold_s = hold_s


class Rule:
    """The alarm `kind` is due once `reading` has reached `threshold` for `raise_s`.

    It is over once the reading has been back at `over_at` for `clear_s`. Which side is the bad one follows from the two
    levels. Both are in the reading's own unit; True counts as 1.
    """

    def __init__(self, kind: str, reading: str, threshold: int, over_at: int, raise_s: int, clear_s: int) -> None:
        self.kind = kind
        self.reading = reading
        self.threshold = threshold
        self.over_at = over_at
        self.raise_s = raise_s
        self.clear_s = clear_s

    def is_due(self, value: int) -> bool:
        """Whether `value` is bad."""
        return value >= self.threshold if self.threshold > self.over_at else value <= self.threshold

    def is_over(self, value: int) -> bool:
        """Whether `value` is clearly good; between the two levels it is neither."""
        return value <= self.over_at if self.threshold > self.over_at else value >= self.over_at


def rules(limits: Thresholds) -> "list[Rule]":
    """The rules for `limits`. A falling reading is over a quarter above its threshold, an age at half of it."""
    hold = limits.hold_s
    hot, disk = limits.temperature_c * 1000, limits.disk_free_mib * 1024
    memory, days = limits.memory_available_mib * 1024, limits.certificate_days
    return [
        Rule(TEMPERATURE_HIGH, "cpu_temperature_milli_c", hot, hot - _COOLER_C * 1000, hold, hold),
        Rule(DISK_LOW, "disk_free_kib", disk, disk * 5 // 4, hold, hold),
        Rule(MEMORY_LOW, "memory_available_kib", memory, memory * 5 // 4, hold, hold),
        # At once: a dip lasts milliseconds, and one is enough to corrupt a memory card.
        Rule(UNDERVOLTAGE, "undervoltage", 1, 0, 0, limits.undervoltage_quiet_s),
        Rule(OUTBOX_OLD, "outbox_age_s", limits.outbox_age_s, limits.outbox_age_s // 2, hold, hold),
        Rule(CLOCK_UNSET, "clock_unsynced_s", limits.clock_unsynced_s, limits.clock_unsynced_s // 2, hold, hold),
        Rule(READER_FAILING, "reader_failing", 1, 0, limits.reader_failing_s, hold),
        Rule(CERTIFICATE_ENDING, "certificate_days_left", days, days + 1, hold, hold),
    ]


class Alarms:
    """Looks at each set of readings. `raised` holds the kinds that are, oldest first; the journal remembers them."""

    def __init__(self, journal: Journal, rules: "list[Rule]") -> None:
        self.journal = journal
        self.rules = rules
        self.raised: "list[str]" = []
        # Since when, in seconds of the process, a reading has asked for a change that is not told yet.
        self._since: "dict[str, int]" = {}

    async def start(self) -> None:
        """Find what the last run had raised: it is not raised again, and cleared if it is over. Raises JournalError."""
        entry = await newest(self.journal, (RAISED, CLEARED))
        kinds = entry.body["raised"] if entry is not None else []
        assert isinstance(kinds, list)
        self.raised = [rule.kind for rule in self.rules if rule.kind in kinds]

    async def look(self, readings: "dict[str, object]") -> None:
        """Tell what has come up and what is over. What cannot be written down now is tried again with the next look."""
        if readings["journal_space_kib"] == 0:
            return  # what is left belongs to reversals
        now_s = _number(readings["process_uptime_s"])
        for rule in self.rules:
            value = _number(readings[rule.reading])
            if self._has_lasted(rule, value, now_s):
                try:
                    await self._tell(rule, value)
                except JournalError:
                    return

    def _has_lasted(self, rule: Rule, value: int, now_s: int) -> bool:
        raised = rule.kind in self.raised
        if value == UNKNOWN or not (rule.is_over(value) if raised else rule.is_due(value)):
            self._since.pop(rule.kind, None)
            return False
        since_s = self._since.setdefault(rule.kind, now_s)
        return now_s - since_s >= (rule.clear_s if raised else rule.raise_s)

    async def _tell(self, rule: Rule, value: int) -> None:
        raised = [kind for kind in self.raised if kind != rule.kind]
        told = CLEARED
        if rule.kind not in self.raised:
            raised.append(rule.kind)
            told = RAISED
        body: "dict[str, object]" = {
            "kind": rule.kind,
            "reading": rule.reading,
            "value": value,
            "threshold": rule.threshold,
            # All that are raised from here on: the newest entry alone says it, also after a restart.
            "raised": raised,
        }
        await self.journal.append(Record(told, body))
        self.raised = raised
        self._since.pop(rule.kind, None)


def _number(value: object) -> int:
    if value is True or value is False:
        return int(value)
    return value if isinstance(value, int) else UNKNOWN
