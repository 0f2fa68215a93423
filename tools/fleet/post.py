"""What the backend sends of its orders, and when: at once, at every new session of the terminal, and every 30 seconds
until it is answered or its time is over.

Commands of one terminal go out in the order of their counters, the next once the one before was answered or is over: a
terminal takes no counter that is not above the last one.
"""

import json
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from agent.command.order import FORMAT as COMMAND_FORMAT
from agent.config.desired import FORMAT as CONFIG_FORMAT
from agent.report.topics import Topics
from provisioning.keys import SigningKey
from tools.fleet import key_sets
from tools.fleet.letter import Letter, signed_letter
from tools.fleet.orders import ENDS, OPEN, UNANSWERED
from tools.fleet.signers import Signers
from tools.fleet.tables import commands, configurations

RESEND_S = 30.0
# What a terminal began and never ended is given up so long after its deadline.
GIVEN_UP_AFTER = timedelta(days=1)
_FINAL = ("committed", "rejected")


class Post:
    """Signs what is due with the key that `signers` choose.

    What was sent when is remembered here alone: after a restart it is sent again.
    """

    def __init__(self, fleet: str, signers: Signers, resend_s: float = RESEND_S) -> None:
        self._fleet = fleet
        self._signers = signers
        self._resend_s = resend_s
        self._sent: dict[tuple[str, str | int], float] = {}

    def due(self, connection: Connection, now: str, greeted: Iterable[str]) -> list[Letter]:
        """What to send now (UTC `now`); the terminals `greeted` have begun a new session. The caller commits."""
        _give_up(connection, now)
        again = set(greeted)
        waiting = _waiting(connection)
        unheard = connection.execute(select(configurations).where(configurations.c.state.not_in(_FINAL))).all()
        keys = self._signers.of(connection, (row.terminal for row in (*waiting, *unheard)))
        orders = key_sets.due(connection, self._fleet)
        for row in waiting:
            orders[row.terminal, row.id] = self._command(row, keys[row.terminal])
        for row in unheard:
            orders[row.terminal, row.version] = self._configuration(row, keys[row.terminal])
        self._sent = {name: at for name, at in self._sent.items() if name in orders}
        return [letter for name, letter in orders.items() if self._is_due(name, again)]

    def _is_due(self, name: tuple[str, str | int], greeted: set[str]) -> bool:
        now, last = time.monotonic(), self._sent.get(name)
        if last is not None and name[0] not in greeted and now - last < self._resend_s:
            return False
        self._sent[name] = now
        return True

    def _command(self, row: Row[Any], key: SigningKey) -> Letter:
        content = {name: getattr(row, name) for name in ("type", "id", "counter", "issued", "deadline")}
        content["args"] = json.loads(row.args)
        topics = Topics(self._fleet, row.terminal)
        return signed_letter(topics, f"cmd/{row.type}/{row.id}", key, COMMAND_FORMAT, content)

    def _configuration(self, row: Row[Any], key: SigningKey) -> Letter:
        content = {"version": row.version, "issued": row.issued, "document": json.loads(row.document)}
        topics = Topics(self._fleet, row.terminal)
        return signed_letter(topics, "config/desired", key, CONFIG_FORMAT, content, retain=True)


def _give_up(connection: Connection, now: str) -> None:
    long_ago = (datetime.fromisoformat(now) - GIVEN_UP_AFTER).isoformat().replace("+00:00", "Z")
    never_taken = (commands.c.state == OPEN) & (commands.c.deadline < now)
    never_ended = commands.c.state.not_in(ENDS) & (commands.c.deadline < long_ago)
    given_up = update(commands).where(never_taken | never_ended)
    connection.execute(given_up.values(state=UNANSWERED, changed_at=now))


def _waiting(connection: Connection) -> list[Row[Any]]:
    """The commands that a terminal took and has not ended, and the first of each terminal that it has not taken."""
    not_ended = select(commands).where(commands.c.state.not_in(ENDS)).order_by(commands.c.counter)
    rows, first = connection.execute(not_ended).all(), dict[str, Row[Any]]()
    for row in rows:
        if row.state == OPEN:
            first.setdefault(row.terminal, row)
    return [row for row in rows if row.state != OPEN or first[row.terminal] is row]
