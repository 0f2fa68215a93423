"""The operator's key sets: passed on to the terminals until each has told that it has the newest, and who has which.

A set is signed by the operator root, which is nowhere near: the backend can pass one on or withhold it. It needs no
signature of the backend's for that, whose own key may be the one that is replaced.
"""

import json

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql import func

from agent.keys.key_set import KeySet
from agent.report.topics import KEYS, Topics
from tools.fleet.alarms import raise_alarm
from tools.fleet.errors import OrderError
from tools.fleet.letter import Letter
from tools.fleet.orders import OPEN
from tools.fleet.presence import ONLINE
from tools.fleet.rows import Alarm
from tools.fleet.tables import configurations, key_sets, terminal_keys, terminals

# The terminal tells of an older key set than it told of before, or trusts none: its files were put back.
KEYS_ROLLED_BACK = "keys_rolled_back"


def give(connection: Connection, fleet: str, key_set: KeySet, now: str) -> None:
    """Have every terminal of `fleet` take `key_set`. Raises OrderError unless it is newer than what was given before.

    What was given already changes nothing.
    """
    text = json.dumps(key_set.signed)
    known = connection.execute(select(key_sets).where(key_sets.c.version == key_set.version)).first()
    newest = connection.execute(select(func.max(key_sets.c.version))).scalar() or 0
    if known is not None and (known.fleet, known.signed) == (fleet, text):
        return
    if key_set.version <= newest:
        raise OrderError(f"key set {key_set.version}: {newest} was given already; have the newer one signed after that")
    row = {"version": key_set.version, "fleet": fleet, "signed": text, "given_at": now}
    connection.execute(insert(key_sets).values(row))


def due(connection: Connection, fleet: str) -> dict[tuple[str, str | int], Letter]:
    """The newest set for each terminal that is online and has told that it has an older one, by terminal and name."""
    mine = select(key_sets).where(key_sets.c.fleet == fleet).order_by(key_sets.c.version.desc()).limit(1)
    newest = connection.execute(mine).first()
    if newest is None:
        return {}
    behind = (
        select(terminals.c.terminal)
        .join(terminal_keys, terminal_keys.c.terminal == terminals.c.terminal)
        .where(terminal_keys.c.version < newest.version, terminals.c.presence == ONLINE)
    )
    payload = newest.signed.encode()
    return {
        (name, f"{KEYS} {newest.version}"): Letter(Topics(fleet, name).of(KEYS), payload, retain=True)
        for name in connection.execute(behind).scalars()
    }


def take(connection: Connection, terminal: str, version: int, now: str) -> None:
    """`terminal` tells that it has the key set `version`, 0 when it trusts none."""
    mine = terminal_keys.c.terminal == terminal
    known = connection.execute(select(terminal_keys).where(mine)).first()
    if known is None:
        connection.execute(insert(terminal_keys).values(terminal=terminal, version=version, highest=version))
        return
    if known.version == version:
        return
    highest = max(known.highest, version)
    connection.execute(update(terminal_keys).where(mine).values(version=version, highest=highest))
    if version < highest:
        detail = f"it tells of key set {version} and told of {highest} before"
        raise_alarm(connection, Alarm(terminal, "", KEYS_ROLLED_BACK, version, detail, now))
        return
    # What the broker keeps for it may be signed by a key that the new set retires: it is sent once more.
    connection.execute(update(configurations).where(configurations.c.terminal == terminal).values(state=OPEN))
