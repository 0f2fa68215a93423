"""What came in becomes history in the transaction that stores it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from tools.fleet.contract import Event, Report
from tools.fleet.forms import Info
from tools.fleet.history import connections, sales, samples, stale
from tools.fleet.history.facts import Facts
from tools.fleet.journals import Intake
from tools.fleet.presence import Presence


def take(connection: Connection, batch: Sequence[Event | Report], presence: Presence, intake: Intake, now: str) -> None:
    """Note what `batch`, which `presence` and `intake` have taken at `now` (UTC), tells; the caller commits."""
    connections.take(connection, presence.changes)
    samples.take(connection, presence.samples, now)
    infos = [(report.terminal, report.said) for report in batch if isinstance(report, Report)]
    told = [(terminal, said) for terminal, said in infos if isinstance(said, Info)]
    Facts(connection).take(intake.placed, presence.changes, told)
    sales.take(connection, ((event, now) for event in intake.placed))
    stale.mark(connection, intake.reordered)
