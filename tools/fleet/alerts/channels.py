"""Channels: who is told of alerts, and how; administrators see to them. Their addresses are shown to nobody."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from provisioning.texts import LANGUAGES
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note
from tools.fleet.alerts import address as addresses
from tools.fleet.alerts.queue import DROPPED, WAITING
from tools.fleet.alerts.tables import channels, notifications
from tools.fleet.alerts.words import SEVERITIES
from tools.fleet.errors import MissingError, OrderError

LONGEST_NAME = 64
MOST_PER_HOUR = 1000


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; `severity` is the least that it is told of, `per_hour` the most messages."""

    id: int
    name: str
    address: str = field(repr=False)
    severity: str
    language: str
    per_hour: int
    enabled: bool


def add(
    connection: Connection, actor: Actor, name: str, address: str, severity: str, language: str, per_hour: int
) -> int:
    """Have alerts of `severity` and worse told to `address`; returns the channel's number.

    Raises ForbiddenError, or OrderError for what is none.
    """
    actor.must_be(Role.ADMINISTRATOR)
    if not (name.strip() and len(name) <= LONGEST_NAME and name.isprintable()):
        raise OrderError(f"channel: a name has 1 to {LONGEST_NAME} printable characters")
    if severity not in SEVERITIES:
        raise OrderError(f"channel {name}: a severity is {', '.join(SEVERITIES)}")
    if language not in LANGUAGES:
        raise OrderError(f"channel {name}: a language is {', '.join(LANGUAGES)}")
    if not 1 <= per_hour <= MOST_PER_HOUR:
        raise OrderError(f"channel {name}: 1 to {MOST_PER_HOUR} messages an hour")
    if connection.execute(select(channels.c.id).where(channels.c.name == name)).first() is not None:
        raise OrderError(f"channel {name}: there is one of that name; remove it first")
    addresses.check(address)
    row = {
        "name": name,
        "address": address,
        "severity": severity,
        "language": language,
        "per_hour": per_hour,
        "enabled": True,
    }
    number: int = connection.execute(insert(channels).returning(channels.c.id), row).scalar_one()
    note(connection, actor, "channel.add", name, severity=severity, language=language, per_hour=per_hour)
    return number


def remove(connection: Connection, actor: Actor, name: str, now: str) -> None:
    """Tell nothing more to the channel `name`, nor what waits for it (UTC `now`).

    Raises ForbiddenError or MissingError.
    """
    actor.must_be(Role.ADMINISTRATOR)
    channel = named(connection, name)
    connection.execute(delete(channels).where(channels.c.id == channel.id))
    waiting = (notifications.c.channel == channel.id) & (notifications.c.state == WAITING)
    gone = {"state": DROPPED, "detail": "removed", "done_at": now}
    connection.execute(update(notifications).where(waiting).values(gone))
    note(connection, actor, "channel.remove", name)


def every(connection: Connection) -> list[Channel]:
    """All channels, by name."""
    return [Channel(**row._mapping) for row in connection.execute(select(channels).order_by(channels.c.name))]


def named(connection: Connection, name: str) -> Channel:
    """The channel `name`. Raises MissingError."""
    for channel in every(connection):
        if channel.name == name:
            return channel
    raise MissingError(f"channel {name!r}: there is none; see `jumpguard fleet channels list`")
