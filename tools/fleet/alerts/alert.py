"""An alert as the store has it, and what it is raised for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from tools.fleet.alerts.tables import alerts

# Asked for at once: what one transaction looks at stays short, the rest is for the next one.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that is up at a terminal now, since when, and when it was seen last; `numbers` are its open alarms'."""

    terminal: str
    kind: str
    detail: str
    since: str
    last_at: str
    numbers: tuple[int, ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        """What there is one open alert of."""
        return self.terminal, self.kind


@dataclass(slots=True)
class Alert:
    """A row of `alerts`."""

    id: int
    terminal: str
    kind: str
    severity: str
    detail: str
    raised_at: str
    last_at: str
    times: int
    flaps: int
    newest: int
    quiet_since: str | None
    cleared_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    assignee: str | None
    hidden_by: int | None
    why: str | None

    @property
    def place(self) -> tuple[str, str]:
        """What there is one open alert of."""
        return self.terminal, self.kind

    def count(self, cause: Cause) -> int:
        """How many of the alarms behind `cause` this alert has not counted yet."""
        return sum(number > self.newest for number in cause.numbers)

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.cleared_at is None


OPEN = alerts.c.cleared_at.is_(None)


def find(connection: Connection, which: ColumnElement[bool]) -> list[Alert]:
    """The alerts `which`, as they were raised."""
    return [Alert(**row._mapping) for row in connection.execute(select(alerts).where(which).order_by(alerts.c.id))]


def lately(
    connection: Connection, terminals: Collection[str], kinds: ColumnElement[bool], since: str
) -> Sequence[Alert]:
    """The alerts of `terminals` and `kinds` that are open, or were over after `since` (UTC)."""
    up = OPEN | (alerts.c.cleared_at > since)
    return find(connection, alerts.c.terminal.in_(terminals) & kinds & up) if terminals else []
