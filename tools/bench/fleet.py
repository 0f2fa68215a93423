"""The fleet's backend: events stored and acknowledged a second, beside a subscriber that only decodes the same ones.

All find the same events waiting at the broker, and take them one behind the other, each round another one first.
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
# A round of these takes less than the minute for which a stream holds its events.
EVENTS = 40_000
ROUNDS = 3
TERMINALS = 1_000
WORKERS = 2
_PATIENCE_S = 300.0
_RIVAL, _WORKERS, _ALONE = "subscriber", f"backend with {WORKERS} workers", "backend in one process"


def measure(directory: Path, events: int, rounds: int, terminals: int, done: Progress) -> Figure:
    """Drain `events` of `terminals` with each of them, `rounds` times."""
    crowd = Terminals(terminals)
    with Broker(directory / "broker") as broker:
        stream = ["--stream", f"127.0.0.1:{broker.events_port}", "--workers", str(WORKERS)]
        backends = {_WORKERS: _Backend(directory / "workers", broker, *stream)}
        backends[_ALONE] = _Backend(directory / "alone", broker)
        for backend in backends.values():
            backend.begin()
        _rival_rate(broker, 0)
        rates: dict[str, list[float]] = {_RIVAL: [], _WORKERS: [], _ALONE: []}
        order = list(rates)
        for _ in range(rounds):
            said = crowd.say(events)
            publish(broker.port, said)
            for one in order:
                rates[one].append(_rival_rate(broker, events) if one == _RIVAL else backends[one].rate(said))
                done(1)
            order = [*order[1:], order[0]]
    ratios = {
        f"{one} beside subscriber": middle(
            [ours / theirs for ours, theirs in zip(rates[one], rates[_RIVAL], strict=True)]
        )
        for one in backends
    }
    rows = ratios | {f"{one}, events a second": middle(values) for one, values in rates.items()}
    notes = [
        "each from its first event to its last, which for a backend is the last signed acknowledgement; what a backend"
        " stores first of all is not counted, since it came before",
        "workers take events from the broker's stream, the other two over MQTT at QoS 1; SQLite is written through at"
        " each commit",
    ]
    counted = f"events a round of {terminals:,} terminals, {rounds} rounds"
    return Figure("ingest", TITLE, "ratio, 1/s", events, counted, rows, Target("median", 0.5, at_least=True), notes)


def steps(rounds: int) -> int:
    """How much `measure` reports as done in all."""
    return 3 * rounds


class _Backend:
    """`jumpguard fleet ingest` with more `options`, and a store in `directory`."""

    def __init__(self, directory: Path, broker: Broker, *options: str) -> None:
        directory.mkdir()
        self._broker = broker
        self._place = Place(directory / "store")
        key = directory / "backend.json"
        keys.create(key, keys.BACKEND)
        given = ["--dir", str(self._place.directory), "--fleet", FLEET, "--key", str(key), *options]
        arguments = ["ingest", *given, "--broker", f"127.0.0.1:{broker.port}"]
        self._process = Process("backend", "tools.fleet", arguments, directory)

    def begin(self) -> None:
        """Have the broker keep for it what comes, and leave."""
        self._process.start()
        self._process.stop()

    def rate(self, said: list[Said]) -> float:
        """How many of `said` a second it stores and acknowledges. Raises BenchError."""
        before = self._stored()
        with closing(_Acks(self._broker.port, said)) as acks:
            self._process.start()
            end = acks.end()
        self._process.stop()
        if self._stored() != before + len(said):
            raise BenchError(f"fleet: {self._stored() - before} of {len(said)} events were stored")
        first_at, first = self._first(before)
        return max(len(said) - first, 1) / (end - first_at)

    def _stored(self) -> int:
        with closing(self._place.reading().connect()) as connection:
            return int(connection.execute(select(func.count()).select_from(stored_events)).scalar_one())

    def _first(self, before: int) -> tuple[float, int]:
        """When the first events behind `before` earlier ones were stored, in seconds since 1970; how many these are."""
        at = stored_events.c.received_at
        with closing(self._place.reading().connect()) as connection:
            first = connection.execute(select(at).order_by(at).offset(before).limit(1)).scalar_one()
            count = connection.execute(select(func.count()).where(at == first)).scalar_one()
        return datetime.fromisoformat(first).timestamp(), count


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


def _rival_rate(broker: Broker, events: int) -> float:
    command = [sys.executable, "-P", "-m", "tools.bench.children.paho_subscribe", str(broker.port)]
    command += [f"{PREFIX}/{FLEET}/+/event", str(events)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    if run.returncode:
        raise BenchError(f"fleet: the plain subscriber failed: {run.stderr.strip()[-500:]}")
    return events / (float(json.loads(run.stdout)["seconds"]) or 1.0)
