"""The readings of vitals that are drawn over time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, delete, insert

from agent.report.ports import UNKNOWN
from tools.fleet.forms import Vitals
from tools.fleet.history.tables import samples
from tools.fleet.rows import Terminal

# A terminal that tells more often, whose period was set so or that floods, gets no more samples than this.
APART = timedelta(seconds=10)
# Numbers that mean something from one sample to the next.
CHARTED = (
    "load1_milli",
    "memory_available_kib",
    "cpu_temperature_milli_c",
    "throttled_now",
    "undervoltage",
    "disk_free_kib",
    "rss_kib",
    "wlan_signal_dbm",
    "clock_unsynced_s",
    "link_round_trip_ms",
    "link_reconnects",
    "journal_kib",
    "journal_space_kib",
    "outbox_depth",
    "outbox_age_s",
    "sale_age_s",
    "reader_cards_recent",
    "reader_card_gone_recent",
    "reader_faults_recent",
)
# Where -1 is a value like any other.
_SIGNED = ("cpu_temperature_milli_c", "wlan_signal_dbm")

_encode = msgspec.json.Encoder().encode

Sample = tuple[str, Vitals]


def is_due(terminal: Terminal, now: str) -> bool:
    """Whether what `terminal` tells `now` (UTC) is a sample; a clock that was set back does not end them."""
    if terminal.sampled_at is None:
        return True
    return abs(datetime.fromisoformat(now) - datetime.fromisoformat(terminal.sampled_at)) >= APART


def take(connection: Connection, taken: Sequence[Sample], now: str) -> None:
    """Note the samples `taken` at `now`, one of a terminal; the caller commits."""
    rows = [{"terminal": terminal, "at": now, "readings": _readings(vitals)} for terminal, vitals in taken]
    if rows:
        names = [terminal for terminal, _ in taken]
        # After the clock was set back there may be one of this very moment.
        connection.execute(delete(samples).where(samples.c.at == now, samples.c.terminal.in_(names)))
        connection.execute(insert(samples), rows)


def _readings(vitals: Vitals) -> str:
    told = {name: getattr(vitals, name) for name in CHARTED}
    known = {name: int(value) for name, value in told.items() if isinstance(value, int)}
    return _encode({name: value for name, value in known.items() if value != UNKNOWN or name in _SIGNED}).decode()
