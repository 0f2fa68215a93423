"""A roll-out goes alike in SQLite and in PostgreSQL, whatever terminals say."""

from pathlib import Path

import msgspec

from tests.tools.fleet.postgresql import READY, PostgreSQL
from tests.tools.fleet.rollouts.fleet import PERIOD, PING, Fleet, named
from tools.fleet.contract import COMMAND_STATUS, Report
from tools.fleet.forms import CommandStatus
from tools.fleet.place import Place
from tools.fleet.rollouts.changes import return_
from tools.fleet.rollouts.plan import Plan
from tools.fleet.views.found import Page
from tools.fleet.views.rollouts import its_targets, listed

ALL = Plan(canary=1, percents=(100,), soak_s=0, most_failures=9)
# What JSON can spell and a database may not take.
HARD = "\x00 \ud800 '; DROP TABLE rollouts; -- %s :x"


def story(fleet: Fleet) -> object:
    """Two roll-outs, one of them returned, and what is shown of them."""
    one, two, three = named(3)
    fleet.join(one, two, three)
    number = fleet.begin(PERIOD, [one, two, three], ALL)
    fleet.look()
    for name in (one, two, three):
        if name in fleet.wave(1):
            fleet.report(name)
    fleet.look()
    fleet.look()
    for name in fleet.wave(2):
        fleet.report(name, "rejected", "SETTING_FIXED")
    fleet.look()
    fleet.look()
    fleet.do(return_, number)
    fleet.look()
    fleet.report(fleet.wave(1)[0])
    fleet.look()
    other = fleet.begin(PING, [one], ALL, "second")
    fleet.look()
    command = fleet.command(one)
    said = CommandStatus("jumpguard.command-status/1", "ping", command.id, "failed", "NO", 100, {"detail": HARD})
    text = msgspec.json.encode(said.state).decode()
    fleet.store.take([Report(one, COMMAND_STATUS, text, False, said)], fleet.now)
    fleet.look()
    fleet.jump(one)
    with fleet.engine.begin() as connection:
        shown = [(r.id, r.state, r.why, r.waves) for r in listed(connection, Page()).items]
        told = [
            (target.terminal, target.wave, target.state, target.code, target.detail)
            for each in (number, other)
            for target in its_targets(connection, each, Page()).items
        ]
    return shown, told


def test_a_rollout_is_the_same_in_both(postgresql: PostgreSQL, tmp_path: Path) -> None:
    Place(tmp_path / "postgresql").name_database(postgresql.database(READY))
    told = []
    for directory in ("sqlite", "postgresql"):
        fleet = Fleet(tmp_path / directory).start()
        told.append(story(fleet))
        fleet.stop()
    assert told[0] == told[1]
    assert "returned" in str(told[0]) and "DROP TABLE" in str(told[0])
