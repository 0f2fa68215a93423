"""What was ordered of terminals, and what became of it: the latest first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from tools.fleet.errors import MissingError
from tools.fleet.tables import commands as ordered
from tools.fleet.tables import configurations as desired
from tools.fleet.views.found import Found, Page, found
from tools.fleet.views.json_text import read


@dataclass(frozen=True, slots=True)
class Command:
    """A command; `state` is open, as the terminal says, or unanswered."""

    id: str
    terminal: str
    type: str
    args: dict[str, Any]
    issued: str
    deadline: str
    state: str
    code: str
    progress: int
    result: dict[str, Any]
    changed_at: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a terminal shall have; `reported` is the highest version that it told of, `state` what it told of it."""

    terminal: str
    version: int
    document: dict[str, Any]
    issued: str
    reported: int
    state: str
    reason: str
    detail: str


def commands(
    connection: Connection, page: Page, terminal: str | None = None, state: str | None = None
) -> Found[Command]:
    """The commands to `terminal` and in `state`; None is any."""
    query = select(ordered).order_by(ordered.c.issued.desc(), ordered.c.counter.desc(), ordered.c.id)
    for column, wanted in ((ordered.c.terminal, terminal), (ordered.c.state, state)):
        if wanted is not None:
            query = query.where(column == wanted)
    return found(connection, query, _command, page)


def command(connection: Connection, name: str) -> Command:
    """The command `name`. Raises MissingError."""
    row = connection.execute(select(ordered).where(ordered.c.id == name)).first()
    if row is None:
        raise MissingError(f"command {name}: there is none")
    return _command(row)


def configurations(connection: Connection, page: Page, state: str | None = None) -> Found[Configuration]:
    """What terminals shall have, by terminal; those in `state`, None is any."""
    query = select(desired).order_by(desired.c.terminal)
    if state is not None:
        query = query.where(desired.c.state == state)
    return found(connection, query, _configuration, page)


def configuration(connection: Connection, terminal: str) -> Configuration:
    """What `terminal` shall have. Raises MissingError."""
    row = connection.execute(select(desired).where(desired.c.terminal == terminal)).first()
    if row is None:
        raise MissingError(f"configuration: none was ordered of {terminal}")
    return _configuration(row)


def _command(row: Row[Any]) -> Command:
    known = row._asdict()
    del known["counter"]
    return Command(**known | {"args": read(row.args), "result": read(row.result)})


def _configuration(row: Row[Any]) -> Configuration:
    return Configuration(**row._asdict() | {"document": read(row.document)})
