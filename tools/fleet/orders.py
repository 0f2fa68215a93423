"""What the operator orders: commands to terminals, and the configuration that each shall have.

An order is a row of the store before anything is sent, so that whoever runs the backend sends it, today or after a
restart. Counters and versions never fall, not even when the store is restored from a copy: they follow the clock.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql import func

from tools.fleet.contract import check_name
from tools.fleet.errors import OrderError
from tools.fleet.tables import commands, configurations

OPEN = "open"
UNANSWERED = "unanswered"
ENDS = ("succeeded", "failed", UNANSWERED)
LASTS_S = 300
MOST_S = 7 * 86_400


def order_command(connection: Connection, terminal: str, kind: str, args: dict[str, object], lasts_s: int) -> str:
    """Order `kind` with `args` of `terminal`, to begin within `lasts_s` seconds; returns its id.

    Raises ContractError for a name that is none, OrderError for a time that is none.
    """
    check_name(terminal)
    if not 1 <= lasts_s <= MOST_S:
        raise OrderError(f"command: {lasts_s} s is not 1 to {MOST_S}")
    # A letter first: digits alone may look like a card number, which a terminal does not say again.
    now, name = datetime.now(UTC), f"c{secrets.token_hex(8)}"
    last = connection.execute(select(func.max(commands.c.counter)).where(commands.c.terminal == terminal)).scalar()
    row = {
        "id": name,
        "terminal": terminal,
        "type": kind,
        "args": json.dumps(args),
        "counter": max(milliseconds(now), (last or 0) + 1),
        "issued": _second(now),
        "deadline": _second(now + timedelta(seconds=lasts_s)),
        "state": OPEN,
        "code": "",
        "progress": 0,
        "result": "{}",
        "changed_at": _second(now),
    }
    connection.execute(insert(commands), row)
    return name


def desire(connection: Connection, terminal: str, document: dict[str, object]) -> int:
    """Order that `terminal` shall have the configuration `document`; returns its version. Raises ContractError."""
    check_name(terminal)
    now = datetime.now(UTC)
    known = connection.execute(select(configurations).where(configurations.c.terminal == terminal)).first()
    version = max(milliseconds(now), 0 if known is None else max(known.version, known.reported) + 1)
    values = {
        "version": version,
        "document": json.dumps(document),
        "issued": _second(now),
        "state": OPEN,
        "reason": "",
        "detail": "",
    }
    if known is None:
        connection.execute(insert(configurations), {"terminal": terminal, "reported": 0, **values})
    else:
        connection.execute(update(configurations).where(configurations.c.terminal == terminal).values(values))
    return version


def second_now() -> str:
    """Now in UTC to the second, as orders say it."""
    return _second(datetime.now(UTC))


def milliseconds(moment: datetime) -> int:
    """`moment` in milliseconds since 1970: where a counter begins that never falls."""
    return int(moment.timestamp() * 1000)


def _second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
