"""The clock steps while the terminal runs: nothing fires, nothing breaks off, and it goes on as before afterwards."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from agent.binding import reasons
from agent.report.topics import EVENT_ACK, VITALS
from agent.sale import kinds
from agent.terminal import HELP_WANTED
from board.virtual import environment
from tests.conftest import wait_until_prepared
from tests.faults.selling import sell
from tools.brokers.setup import Engine
from tools.rig.files import FLEET, SERIAL
from tools.rig.rig import Rig

# libfaketime 0.9.10 refuses clock_nanosleep on a monotonic clock that it leaves alone, and Python sleeps by that.
_SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select((), (), (), seconds) and None\n"
MINUTE_S = 60
DAY_S = 86_400
STEPS = {"a day back": -DAY_S, "ten years on": 3_653 * DAY_S, "1970": DAY_S - int(time.time())}
# What of the alarms goes by time: short enough to be over, or to have begun, while somebody watches.
HELD_FOR = ("undervoltage_quiet_s", "outbox_age_s", "clock_unsynced_s", "reader_failing_s")
RECONNECTS_WITHIN_S = 30.0
# With waits that double from a second there are some six in 45 seconds; a storm would be hundreds.
ATTEMPTS = 30


class SteppedClock:
    """The wall clock of the agent, moved by libfaketime; its monotonic clock stays."""

    def __init__(self, rig: Rig) -> None:
        self._file = rig.directory / "clock"
        found = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        assert found, "libfaketime is not installed: run `sudo apt-get install faketime`"
        rig.directory.joinpath("sitecustomize.py").write_text(_SLEEP)
        self.variables = {
            "PYTHONPATH": os.pathsep.join([str(rig.directory), environment(rig.files.board)["PYTHONPATH"]]),
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        self.step(0)

    def step(self, seconds: int) -> None:
        """Move it `seconds` away from the right time."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}")
        new.replace(self._file)


class Listener:
    """Counts what the terminal publishes, by the end of the topic; acknowledgements are the backend's."""

    def __init__(self, port: int) -> None:
        self.counts: Counter[str] = Counter()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(f"jumpguard/1/{FLEET}/{SERIAL}/#")
        self._client.on_message = lambda _client, _user, message: self._count(message.topic)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _count(self, topic: str) -> None:
        name = topic.split("/", 4)[4]
        if name != EVENT_ACK:
            self.counts[name] += 1


@pytest.fixture
def clock(own_rig: Rig) -> SteppedClock:
    """The clock of the agent of `own_rig`, which sends its vitals every second."""
    clock = SteppedClock(own_rig)
    own_rig.agent.stop()
    own_rig.write_settings(link={"vitals_period_s": 1}, alarms=dict.fromkeys(HELD_FOR, 2))
    own_rig.start_agent(**clock.variables)
    wait_until_prepared(own_rig)
    return clock


@pytest.fixture
def listener(own_rig: Rig, clock: SteppedClock) -> Iterator[Listener]:
    listener = Listener(own_rig.processes["broker"].ready["port"])
    own_rig.wait_until(lambda: listener.counts[VITALS] >= 2, "vitals")
    yield listener
    listener.stop()


def watched(rig: Rig, listener: Listener, watched_s: float) -> tuple[Counter[str], list[str]]:
    """What is published and written down in the next seconds."""
    before, head = Counter(listener.counts), rig.journal()[-1].sequence
    time.sleep(watched_s)  # what is looked for is that nothing happens
    return listener.counts - before, [entry.kind for entry in rig.journal(head)]


def ask_for_help(rig: Rig) -> float:
    """Press the button, and return the time that the backend then hears, in seconds from 1970."""
    before = told(rig, HELP_WANTED)
    rig.board.press("help")
    rig.wait_until(lambda: told(rig, HELP_WANTED) > before, "the call for help")
    rig.wait_until_stored()
    return datetime.fromisoformat(rig.stored_events()[-1].time).timestamp()


def session(rig: Rig) -> int:
    """The number of the terminal's connection, as it told the backend."""
    with closing(rig.reader()) as reader:
        return max((known.session or 0 for known in reader.terminals()), default=0)


def reconnect(rig: Rig) -> float:
    """Take the broker away and bring it back; the seconds until the terminal is connected again."""
    before = session(rig)
    rig.processes["broker"].kill()
    rig.start_broker()
    start = time.monotonic()
    rig.wait_until(lambda: session(rig) > before, "the next session", RECONNECTS_WITHIN_S)
    return time.monotonic() - start


# Retention looks every minute; every other timer fires several times in the short one.
@pytest.mark.timeout(400)
@pytest.mark.parametrize("watched_s", [2.5, pytest.param(65.0, marks=pytest.mark.sweep)])
def test_a_clock_that_steps_while_the_terminal_runs_disturbs_nothing(
    own_rig: Rig, clock: SteppedClock, listener: Listener, watched_s: float
) -> None:
    rig = own_rig
    assert sell(rig.board, rig.till, "before") == "Success"
    rig.wait_until_stored()
    connection, signed_on = session(rig), told(rig, kinds.SIGNING_ON)
    for name, seconds in STEPS.items():
        clock.step(seconds)
        seen, written = watched(rig, listener, watched_s)
        assert (set(seen), written) == ({VITALS}, []), name
        assert seen[VITALS] <= watched_s + 2, name
        assert abs(ask_for_help(rig) - time.time() - seconds) < MINUTE_S, name
    assert session(rig) == connection
    assert sell(rig.board, rig.till, "in 1970") == reasons.BINDING_NOT_YET_VALID
    clock.step(0)
    # Neither the connection to the acquirer nor the keys have suffered.
    assert sell(rig.board, rig.till, "after") == "Success"
    assert told(rig, kinds.SIGNING_ON) == signed_on
    assert session(rig) == connection


def test_a_terminal_that_lost_its_line_while_the_clock_was_wrong_reconnects_soon_after(
    own_rig: Rig, clock: SteppedClock
) -> None:
    for seconds in STEPS.values():
        clock.step(seconds)
        own_rig.processes["broker"].kill()
        time.sleep(0.5)
        clock.step(0)
        assert reconnect(own_rig) < RECONNECTS_WITHIN_S
    assert sell(own_rig.board, own_rig.till, "after") == "Success"
    own_rig.wait_until_stored()
    assert own_rig.alarms() == []


@pytest.mark.parametrize(
    ("seconds", "wrong_s"),
    [
        pytest.param(STEPS["1970"], 12.0, id="1970"),
        *(pytest.param(by, 45.0, id=f"{name}, longer", marks=pytest.mark.sweep) for name, by in STEPS.items()),
    ],
)
def test_an_encrypted_line_is_back_soon_after_a_clock_that_was_wrong_for_long(
    short_dir: Path, seconds: int, wrong_s: float
) -> None:
    """With the waits of a real terminal, and certificates that are valid at the right time alone."""
    with Rig(short_dir, Engine.NATS) as rig:
        clock = SteppedClock(rig)
        rig.wait_until(lambda: session(rig) > 0, "the first session")
        rig.agent.stop()
        rig.write_settings(link={"backoff_base_ms": 1_000, "backoff_cap_ms": 60_000})
        first = session(rig)
        rig.start_agent(**clock.variables)
        rig.wait_until(lambda: session(rig) > first, "a session with the stepped clock")
        before = session(rig)
        clock.step(seconds)
        rig.processes["broker"].kill()
        rig.start_broker()
        time.sleep(wrong_s)  # what is looked for is that it does not connect, and hardly tries
        assert session(rig) == before
        clock.step(0)
        start = time.monotonic()
        rig.wait_until(lambda: session(rig) > before, "the next session", RECONNECTS_WITHIN_S)
        print(f"back after {time.monotonic() - start:.1f} s, {session(rig) - before} attempts")
        assert session(rig) - before <= ATTEMPTS
        rig.wait_until_stored()
        assert rig.alarms() == []


def told(rig: Rig, kind: str) -> int:
    """How many entries of a kind there are."""
    return sum(entry.kind == kind for entry in rig.journal())
