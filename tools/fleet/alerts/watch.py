"""Where alerts are looked after: with every batch that comes in, and now and then for what only time brings."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, exists, select

from agent.report.topics import STATE, VITALS
from tools.fleet.alerts import absence, causes, hiding, outage
from tools.fleet.alerts.alert import MOST, OPEN, find, lately
from tools.fleet.alerts.outage import BROKER_DOWN, Link
from tools.fleet.alerts.rules import Rules
from tools.fleet.alerts.settle import settle
from tools.fleet.alerts.tables import alerts
from tools.fleet.contract import Event, Report
from tools.fleet.refusals import Refused
from tools.fleet.rows import Terminal
from tools.fleet.tables import alarms, terminals

# Looking through all terminals is no matter of the half second.
_ABSENCE_SECONDS = 2.0


def take(
    connection: Connection,
    rules: Rules,
    batch: Sequence[Event | Report | Refused],
    known: Iterable[Terminal],
    now: str,
) -> None:
    """Bring the alerts of the terminals in `batch` up to date; `known` are these, as they are now."""
    names = {message.terminal for message in batch}
    told = {message.terminal for message in batch if isinstance(message, Report) and message.channel in (STATE, VITALS)}
    before = lately(connection, names, causes.OF_ALARMS | causes.OF_STANDING, rules.flap_ago(now))
    noted = causes.of_alarms(connection, names)
    said = causes.of_standing((terminal for terminal in known if terminal.terminal in told), now)
    if before or noted or said:
        # Of those that said nothing of themselves, what they said before goes on.
        judged = [alert for alert in before if causes.is_of_alarms(alert) or alert.terminal in told]
        settle(connection, rules, judged, [*noted, *said], now)


class Lookout:
    """Looks at the whole fleet, of which the backend hears over `link`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._begun = False
        self._looked = 0.0

    def look(self, connection: Connection, rules: Rules, now: str) -> None:
        """Bring all alerts up to date at `now` (UTC); the caller commits."""
        if not self._begun:
            _all_that_stands(connection, rules, now)
        _alarms_changed(connection, rules, now)
        _quiet(connection, rules, now)
        if self._link.clock() - self._looked >= _ABSENCE_SECONDS or not self._begun:
            self._presence(connection, rules, now)
            self._looked = self._link.clock()
        hiding.look(connection, rules, now)
        self._begun = True

    def _presence(self, connection: Connection, rules: Rules, now: str) -> None:
        since = rules.flap_ago(now)
        down = outage.causes(connection, rules, self._link.down_s, now)
        settle(connection, rules, lately(connection, [""], alerts.c.kind == BROKER_DOWN, since), down, now)
        settle(connection, rules, absence.back(connection), [], now)
        heard_s = self._link.up_s
        if heard_s < rules.lost_s:
            return
        for found in (absence.lost(connection, rules, now), absence.silent(connection, rules, heard_s, now)):
            names = {cause.terminal for cause in found}
            settle(connection, rules, lately(connection, names, absence.kinds_of(found), since), found, now)


def _all_that_stands(connection: Connection, rules: Rules, now: str) -> None:
    """What terminals said of themselves while no backend took alerts out of it."""
    known = [Terminal(**row._mapping) for row in connection.execute(select(terminals))]
    up = OPEN | (alerts.c.cleared_at > rules.flap_ago(now))
    settle(connection, rules, find(connection, causes.OF_STANDING & up), causes.of_standing(known, now), now)


def _alarms_changed(connection: Connection, rules: Rules, now: str) -> None:
    """Alarms that no batch brought: raised by looking, or closed by a person."""
    same = (alerts.c.terminal == alarms.c.terminal) & (alerts.c.kind == alarms.c.kind)
    alarm_is_open = alarms.c.cleared_at.is_(None)
    noted = exists().where(same & OPEN & alerts.c.quiet_since.is_(None) & (alerts.c.newest >= alarms.c.id))
    new = select(alarms.c.terminal).where(alarm_is_open & ~noted)
    over = select(alerts.c.terminal).where(OPEN & causes.OF_ALARMS & ~exists().where(same & alarm_is_open))
    names = connection.execute(new.union(over.where(alerts.c.quiet_since.is_(None))).limit(MOST)).scalars().all()
    if names:
        before = lately(connection, names, causes.OF_ALARMS, rules.flap_ago(now))
        settle(connection, rules, before, causes.of_alarms(connection, names), now)


def _quiet(connection: Connection, rules: Rules, now: str) -> None:
    """What came back before, and was quiet for long enough since."""
    settle(connection, rules, find(connection, OPEN & (alerts.c.quiet_since <= rules.flap_ago(now))), [], now)
