"""The fleet's backend: events stored and acknowledged a second, beside a subscriber that only decodes the same ones.

Both find the same events waiting in the session that the broker keeps for each, one behind the other, in turn first.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import func, select

from agent.report.topics import PREFIX
from provisioning import keys
from tools.bench.counter import Progress
from tools.bench.errors import BenchError
from tools.bench.figure import Figure, Target, middle
from tools.bench.fleet_events import Said, Terminals, publish
from tools.broker import Broker
from tools.fleet.place import Place
from tools.fleet.tables import events as stored_events
from tools.rig.files import FLEET
from tools.rig.process import Process

TITLE = "Events stored and acknowledged by the backend, beside a paho subscriber that only decodes their JSON"
EVENTS = 9_000
ROUNDS = 3
TERMINALS = 1_000
_PATIENCE_S = 300.0


def measure(directory: Path, events: int, rounds: int, terminals: int, done: Progress) -> Figure:
    """Drain `events` of `terminals` with both, `rounds` times."""
    backends, rivals = list[float](), list[float]()
    crowd = Terminals(terminals)
    with Broker(directory / "broker") as broker:
        backend = _Backend(directory, broker)
        backend.begin()
        _rival_s(broker, 0)
        for number in range(rounds):
            said = crowd.say(events)
            publish(broker.port, said)
            for one in ("backend", "rival") if number % 2 else ("rival", "backend"):
                if one == "rival":
                    rivals.append(events / _rival_s(broker, events))
                else:
                    backends.append(events / backend.drained_s(said))
                done(1)
    ratios = [ours / theirs for ours, theirs in zip(backends, rivals, strict=True)]
    rows = {
        "backend beside subscriber": middle(ratios),
        "backend, events a second": middle(backends),
        "subscriber, events a second": middle(rivals),
    }
    notes = [
        "each from its first event to its last, which for the backend is the last signed acknowledgement",
        "over MQTT at QoS 1, one ingest process, SQLite written through at each commit",
    ]
    counted = f"events a round of {terminals:,} terminals, {rounds} rounds"
    return Figure("ingest", TITLE, "ratio, 1/s", events, counted, rows, Target("median", 0.5, at_least=True), notes)


def steps(rounds: int) -> int:
    """How much `measure` reports as done in all."""
    return 2 * rounds


class _Backend:
    """`jumpguard fleet ingest`, with a store in `directory`."""

    def __init__(self, directory: Path, broker: Broker) -> None:
        self._broker = broker
        self._place = Place(directory / "store")
        key = directory / "backend.json"
        keys.create(key, keys.BACKEND)
        options = ["--dir", str(self._place.directory), "--fleet", FLEET, "--key", str(key)]
        arguments = ["ingest", *options, "--broker", f"127.0.0.1:{broker.port}"]
        self._process = Process("backend", "tools.fleet", arguments, directory)

    def begin(self) -> None:
        """Have its session begin, and leave."""
        self._process.start()
        self._process.stop()

    def drained_s(self, said: list[Said]) -> float:
        """Seconds from the first event of `said` in its hands to the last acknowledgement. Raises BenchError."""
        before = self._stored()
        with closing(_Acks(self._broker.port, said)) as acks:
            self._process.start()
            end = acks.end()
        self._process.stop()
        if self._stored() != before + len(said):
            raise BenchError(f"fleet: {self._stored() - before} of {len(said)} events were stored")
        return end - self._first_at(before)

    def _stored(self) -> int:
        with closing(self._place.reading().connect()) as connection:
            return int(connection.execute(select(func.count()).select_from(stored_events)).scalar_one())

    def _first_at(self, before: int) -> float:
        """When the first event behind `before` earlier ones came, in seconds since 1970."""
        query = select(stored_events.c.received_at).order_by(stored_events.c.received_at).offset(before).limit(1)
        with closing(self._place.reading().connect()) as connection:
            return datetime.fromisoformat(connection.execute(query).scalar_one()).timestamp()


class _Acks:
    """Hears until the last of `said` is acknowledged for each terminal."""

    def __init__(self, port: int, said: Iterable[Said]) -> None:
        self._left = {one.terminal: one.sequence for one in said}
        self._end = 0.0
        self._done, subscribed = threading.Event(), threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{PREFIX}/{FLEET}/+/event/ack")
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not subscribed.wait(10.0):
            raise BenchError("fleet: the broker does not answer the listener")

    def end(self) -> float:
        """When that was, in seconds since 1970. Raises BenchError."""
        if not self._done.wait(_PATIENCE_S):
            raise BenchError(f"fleet: {len(self._left)} terminals wait for their acknowledgement")
        return self._end

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        terminal, sequence = message.topic.split("/")[3], json.loads(message.payload)["sequence"]
        if sequence >= self._left.get(terminal, sequence + 1):
            del self._left[terminal]
            if not self._left:
                self._end = time.time()
                self._done.set()


def _rival_s(broker: Broker, events: int) -> float:
    command = [sys.executable, "-P", "-m", "tools.bench.children.paho_subscribe", str(broker.port)]
    command += [f"{PREFIX}/{FLEET}/+/event", str(events)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    if run.returncode:
        raise BenchError(f"fleet: the plain subscriber failed: {run.stderr.strip()[-500:]}")
    return float(json.loads(run.stdout)["seconds"])
