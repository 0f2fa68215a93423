"""What terminals answer to their orders; what is late, doubled or answers nothing that was ordered changes nothing."""

import json
from collections.abc import Sequence

from msgspec import UNSET
from sqlalchemy import Connection, select, update

from tools.fleet import key_sets
from tools.fleet.alarms import raise_alarm
from tools.fleet.contract import Report
from tools.fleet.forms import CommandStatus, Info, Reported
from tools.fleet.orders import ENDS
from tools.fleet.plain import plain
from tools.fleet.rows import Alarm
from tools.fleet.tables import commands, configurations

# The terminal tells of a version below one that it told of before: its files were put back, or it is another one.
CONFIG_ROLLED_BACK = "config_rolled_back"
# What the contract allows.
_LONGEST_DETAIL = 1000


def take(connection: Connection, batch: Sequence[Report], now: str) -> None:
    """Note the answers in `batch`, in the order in which they came; the caller commits."""
    for report in batch:
        if isinstance(report.said, CommandStatus):
            _command(connection, report.terminal, report.said, now)
        elif isinstance(report.said, Reported):
            _configuration(connection, report.terminal, report.said, now)
        elif isinstance(report.said, Info) and report.said.keys_version is not UNSET:
            key_sets.take(connection, report.terminal, report.said.keys_version, now)


def _command(connection: Connection, terminal: str, said: CommandStatus, now: str) -> None:
    ended = said.state in ENDS
    mine = (commands.c.id == said.id) & (commands.c.terminal == terminal) & (commands.c.type == said.type)
    # An end is final, and `accepted` after `running` is old news.
    open_ = commands.c.state.not_in(ENDS) & ((commands.c.progress <= said.progress) | ended)
    values = {
        "state": said.state,
        "code": said.code,
        "progress": said.progress,
        "result": json.dumps(said.result),
        "changed_at": now,
    }
    connection.execute(update(commands).where(mine & open_).values(values))


def _configuration(connection: Connection, terminal: str, said: Reported, now: str) -> None:
    mine = configurations.c.terminal == terminal
    known = connection.execute(select(configurations).where(mine)).first()
    if known is None or said.version > known.version:
        return  # of a configuration that nobody ordered
    if said.version < known.reported:
        detail = f"it tells of configuration {said.version} and told of {known.reported} before"
        raise_alarm(connection, Alarm(terminal, "", CONFIG_ROLLED_BACK, said.version, detail, now))
        return
    values: dict[str, object] = {"reported": said.version}
    if said.version == known.version:
        values |= {"state": said.state, "reason": said.reason, "detail": plain(said.detail, _LONGEST_DETAIL)}
    connection.execute(update(configurations).where(mine).values(values))
