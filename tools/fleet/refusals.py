"""Messages that break the contract: counted by topic and reason, and an alarm as long as they hold something up.

A terminal sends an event again until it is acknowledged, and nothing that comes behind it: a refused one holds up its
whole outbox. That is over once the journal is stored further than it was and nothing was refused for a while.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql import func

from tools.fleet import gaps
from tools.fleet.alarms import clear, open_alarms, raise_alarm
from tools.fleet.rows import Alarm
from tools.fleet.tables import alarms, journals, refusals

EVENT_REFUSED = "event_refused"
# What a terminal tells of itself, or on a topic that is none: no event waits for it.
REPORT_REFUSED = "report_refused"


@dataclass(frozen=True, slots=True)
class Refused:
    """A message on `topic` that breaks the contract; its payload is gone already.

    `terminal` is "" where the topic names none, and `holds_up` says that it was one of its events. Where they were too
    many to be looked at, it stands for `count`.
    """

    topic: str
    reason: str
    terminal: str = ""
    holds_up: bool = False
    count: int = 1


def take(connection: Connection, refused: Sequence[Refused], now: str) -> None:
    """Count `refused`, and raise an alarm for each terminal that has none open; the caller commits."""
    for message in _summed(refused):
        _count(connection, message, now)
        kind = EVENT_REFUSED if message.holds_up else REPORT_REFUSED
        if open_alarms(connection, [kind], message.terminal):
            continue
        journal, sequence = _waiting(connection, message.terminal)
        if not message.holds_up:
            # Nothing tells that it is over: closed by hand, the next one is another alarm.
            journal, sequence = "", _how_many(connection, message.terminal)
        detail = f"{message.topic}: {message.reason}"
        raise_alarm(connection, Alarm(message.terminal, journal, kind, sequence, detail, now))


def look(connection: Connection, now: str) -> None:
    """Clear the alarms of outboxes that have moved on (UTC `now`); the caller commits."""
    for alarm in open_alarms(connection, [EVENT_REFUSED]):
        topic = alarm.detail.partition(": ")[0]
        last = connection.execute(select(func.max(refusals.c.last_at)).where(refusals.c.topic == topic)).scalar_one()
        quiet = datetime.fromisoformat(now) - datetime.fromisoformat(last) >= gaps.GRACE
        if quiet and _waiting(connection, alarm.terminal) != (alarm.journal_id, alarm.sequence):
            clear(connection, alarms.c.id == alarm.id, now)


def _summed(refused: Sequence[Refused]) -> Iterator[Refused]:
    """`refused`, each that came several times but once: of a flood it is the number that counts."""
    counts: Counter[Refused] = Counter()
    for message in refused:
        counts[replace(message, count=0)] += message.count
    for message, count in counts.items():
        yield replace(message, count=count)


def _count(connection: Connection, message: Refused, now: str) -> None:
    same = (refusals.c.topic == message.topic) & (refusals.c.reason == message.reason)
    if connection.execute(select(refusals.c.count).where(same)).first() is None:
        row = {
            "topic": message.topic,
            "reason": message.reason,
            "count": message.count,
            "first_at": now,
            "last_at": now,
        }
        connection.execute(insert(refusals).values(row))
    else:
        connection.execute(update(refusals).where(same).values(count=refusals.c.count + message.count, last_at=now))


def _waiting(connection: Connection, terminal: str) -> tuple[str, int]:
    """The journal that `terminal` was last heard of in, and the entry of it that is to be stored next."""
    mine = select(journals).where(journals.c.terminal == terminal).order_by(journals.c.last_seen.desc())
    journal = connection.execute(mine).first()
    return ("", 1) if journal is None else (journal.journal_id, journal.stored_sequence + 1)


def _how_many(connection: Connection, terminal: str) -> int:
    mine = (alarms.c.terminal == terminal) & (alarms.c.kind == REPORT_REFUSED)
    return len(connection.execute(select(alarms.c.id).where(mine)).all())
