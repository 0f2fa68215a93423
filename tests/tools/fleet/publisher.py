"""A terminal's reporting side for these tests: own chain, own canonical bytes, the real paho client."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.contract.witness import see
from tools.contract.document import RECEIVE

FLEET = "demo"
# Until a test gives up. A disk that stands still for 5 s has nats-server end connections, which begin again.
SECONDS = 30.0

# What a terminal publishes on `info` and on `config/reported`.
INFO: dict[str, Any] = {"hardware": "desk", "software": "0.1.0", "python": "3.11.2", "commands": ["ping", "lock"]}
CONFIG: dict[str, Any] = {
    "format": "jumpguard.config-reported/1",
    "version": 7,
    "state": "committed",
    "reason": "",
    "detail": "",
    "binding_version": 3,
    "binding_digest": "ab" * 32,
}


def canonical(value: object) -> bytes:
    """RFC 8785 for the plain values of these tests, independent of the code under test."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(entry: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(entry)).hexdigest()


def utc(seconds: float | None = None) -> str:
    """Now, or a time in seconds since 1970, as the journal writes it."""
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def state(word: str, session: int) -> dict[str, Any]:
    """What a terminal publishes on `state`."""
    return {
        "state": word,
        "session": session,
        "lifecycle": "active",
        "boot_id": "boot-1",
        "journal_id": "0" * 32,
    }


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {SECONDS} s: {what}"
        time.sleep(0.01)


@dataclass
class Journal:
    """A terminal's journal: entries in a chain, and the events that carry them."""

    terminal: str
    journal_id: str = field(default_factory=lambda: secrets.token_hex(16))
    entries: list[dict[str, Any]] = field(default_factory=list)

    def add(self, **changes: object) -> dict[str, Any]:
        """Append an entry to the chain and return it; `changes` replace its fields."""
        entry: dict[str, Any] = {
            "journal_id": self.journal_id,
            "sequence": len(self.entries) + 1,
            "time": utc(),
            "clock": "synced",
            "boot_id": "boot-1",
            "monotonic_ms": 1000 + len(self.entries),
            "kind": "sale.approved",
            "body": {"amount": 1250, "name": "海岛茶馆", "reversed": False},
            "previous": digest(self.entries[-1]) if self.entries else "0" * 64,
        }
        entry.update(changes)
        self.entries.append(entry)
        return entry

    def event(self, entry: dict[str, Any], **changes: object) -> dict[str, Any]:
        """The CloudEvents envelope around `entry`; `changes` forge its attributes."""
        sequence = f"{entry['sequence']:012d}"
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": f"{entry['journal_id']}/{sequence}",
            "source": f"jumpguard/1/{FLEET}/{self.terminal}",
            "type": f"jumpguard.{entry['kind']}",
            "time": entry["time"],
            "datacontenttype": "application/json",
            "journalid": entry["journal_id"],
            "sequence": sequence,
            "bootid": entry["boot_id"],
            "clock": entry["clock"],
            "data": entry,
        }
        event.update(changes)
        return event


@dataclass(frozen=True)
class Ack:
    document: dict[str, Any]

    @property
    def sequence(self) -> int:
        sequence = self.document["sequence"]
        assert isinstance(sequence, int)
        return sequence

    def verify(self, public: Ed25519PublicKey) -> None:
        """Raises InvalidSignature."""
        signed = {name: value for name, value in self.document.items() if name != "signature"}
        public.verify(bytes.fromhex(self.document["signature"]), canonical(signed))


class Publisher:
    """Publishes as `terminal` and hears its acknowledgements, over one connection after another when it is cut."""

    def __init__(self, port: int, terminal: str) -> None:
        self.terminal = terminal
        self.acks: SimpleQueue[Ack] = SimpleQueue()
        self.lost = False
        self._port = port
        self._subscribed: SimpleQueue[None] = SimpleQueue()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(1000)

    def start(self) -> "Publisher":
        """Connect and subscribe. Raises OSError or queue.Empty when the broker is not there."""
        self._client.on_connect = lambda client, *_: client.subscribe(self.topic("event/ack"))
        self._client.on_subscribe = lambda *_: self._subscribed.put(None)
        self._client.on_message = self._on_message
        self._client.on_disconnect = lambda *_: setattr(self, "lost", True)
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        try:
            self._subscribed.get(timeout=SECONDS)
        except Empty:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def topic(self, channel: str) -> str:
        return f"jumpguard/1/{FLEET}/{self.terminal}/{channel}"

    def send(self, channel: str, document: object, retain: bool = False) -> None:
        self.send_raw(self.topic(channel), json.dumps(document).encode(), retain)

    def send_raw(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain)

    def send_entries(self, journal: Journal, *entries: dict[str, Any]) -> None:
        for entry in entries:
            self.send("event", journal.event(entry))

    def wait_for_ack(self, sequence: int) -> Ack:
        """The first acknowledgement of `sequence` or more among those not looked at yet, all held to the contract."""
        deadline = time.monotonic() + SECONDS
        while True:
            ack = self.acks.get(timeout=max(0.0, deadline - time.monotonic()))
            see(self.topic("event/ack"), json.dumps(ack.document).encode(), RECEIVE)
            if ack.sequence >= sequence:
                return ack

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self.acks.put(Ack(json.loads(message.payload)))
