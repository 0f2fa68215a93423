"""The link: a full outbox drained to the backend's acknowledgement, beside plain paho to the broker's PUBACK.

Both on one rig, one behind the other, several times: a busy machine slows both.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from agent.journal.entry import Record
from agent.report.delivery import WINDOW
from agent.report.events import cloud_event
from agent.report.topics import EVENT_ACK, STATE, Topics
from board.main.parts import Parts
from board.settings.file import load
from tools.bench.counter import Progress
from tools.bench.errors import BenchError
from tools.bench.figure import Figure, Row, Target, middle
from tools.rig.files import FLEET, SERIAL
from tools.rig.rig import Rig

TITLE = "Draining a full outbox to the backend's acknowledgement, beside plain paho to its PUBACK"
EVENTS = 10_000
ROUNDS = 3
KIND = "bench.happened"
_PER_COMMIT = 500
_PATIENCE_S = 300.0
_TOPICS = Topics(FLEET, SERIAL)


def measure(rig: Rig, events: int, rounds: int, done: Progress) -> Figure:
    """Drain `events` and publish as many, `rounds` times."""
    agent, rival = [], []
    file = rig.directory / "events.jsonl"
    for _ in range(rounds):
        rig.agent.stop()
        asyncio.run(_fill(rig, events, file))
        with _Listener(rig) as listener:
            rig.start_agent()
            agent.append(events / listener.drained_s(rig.journal()[-1].sequence))
        done(1)
        rival.append(events / _published_s(rig, file))
        done(1)
    ratios = [ours / theirs for ours, theirs in zip(agent, rival, strict=True)]
    rows: dict[str, Row] = {
        "agent beside paho": middle(ratios),
        "agent, events a second": middle(agent),
        "paho, events a second": middle(rival),
    }
    return Figure(
        "drain",
        TITLE,
        "ratio, 1/s",
        events,
        f"events a round, {rounds} rounds",
        rows,
        Target("median", 0.5, at_least=True),
        [
            f"both with {WINDOW} in flight at the rig's nats-server",
            "paho's end is the broker's PUBACK; the agent's is a signed word that the backend has committed",
        ],
    )


def steps(rounds: int) -> int:
    """How much `measure` reports as done in all."""
    return 2 * rounds


class _Listener:
    """Hears when the terminal's session begins and how far it is acknowledged."""

    def __init__(self, rig: Rig) -> None:
        self._online_at = 0.0
        self._acknowledged: dict[int, float] = {}
        self._heard = threading.Condition()
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(
            [(_TOPICS.of(STATE), 0), (_TOPICS.of(EVENT_ACK), 0)]
        )
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._port = int(rig.processes["broker"].ready["port"])

    def __enter__(self) -> "_Listener":
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        if not self._subscribed.wait(10.0):
            raise BenchError("link: the broker does not answer the listener")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def drained_s(self, head: int) -> float:
        """Seconds from the session's beginning to the acknowledgement of entry `head`. Raises BenchError."""
        with self._heard:
            if not self._heard.wait_for(lambda: max(self._acknowledged, default=0) >= head, _PATIENCE_S):
                raise BenchError(f"link: entry {head} was not acknowledged within {_PATIENCE_S:.0f} s")
            return min(at for sequence, at in self._acknowledged.items() if sequence >= head) - self._online_at

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        document, now = json.loads(message.payload), time.monotonic()
        with self._heard:
            if message.topic == _TOPICS.of(EVENT_ACK):
                self._acknowledged.setdefault(document["sequence"], now)
            elif document["state"] == "online" and not message.retain:
                self._online_at = now
            self._heard.notify_all()


async def _fill(rig: Rig, events: int, file: Path) -> None:
    """Write `events` more into the journal of the agent, which does not run, and their messages into `file`."""
    journal = Parts(load(rig.files.settings)).state.journal
    await journal.start()
    with file.open("wb") as lines:
        for start in range(0, events, _PER_COMMIT):
            records = [Record(KIND, _body(number)) for number in range(start, min(start + _PER_COMMIT, events))]
            for entry in await journal.append(*records):
                lines.write(cloud_event(entry, _TOPICS.source) + b"\n")
    await journal.stop()


def _body(number: int) -> dict[str, object]:
    return {"number": number, "text": "as long as what a sale says of itself" * 4}


def _published_s(rig: Rig, file: Path) -> float:
    port = str(rig.processes["broker"].ready["port"])
    command = [sys.executable, "-P", "-m", "tools.bench.children.paho_publish", port, str(WINDOW), str(file)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    if run.returncode:
        raise BenchError(f"link: plain paho failed: {run.stderr.strip()[-500:]}")
    return float(json.loads(run.stdout)["seconds"])
