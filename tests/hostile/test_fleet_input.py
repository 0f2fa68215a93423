"""What may come down from the broker, and up to the backend: refused by name, once, and the reporting goes on."""

import json
import threading
from collections.abc import Iterator

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from agent.report.reporter import REFUSED
from tests.hostile.counter import Counter
from tests.leaks.cards import PANS, TRACKS
from tools.rig.files import FLEET, SERIAL

BASE = f"jumpguard/1/{FLEET}/{SERIAL}"
GARBAGE = [
    b"", b"\x00\xff\xfe", b"\xff\xfe{\x00}\x00", b"null", b"[]", b'"text"', b'{"a":NaN}', b"9" * 5000, b"[" * 60_000,
    b'{"a":' * 400 + b"1" + b"}" * 400, b'{"n":1e999}', *(card.encode() for card in (*PANS, *TRACKS)),
]  # fmt: skip
# An object: `info` and `vitals` are free to hold fields that the backend does not know.
OBJECT = json.dumps({"format": TRACKS[0], "detail": PANS[0], "key_id": PANS[0]}).encode()
ACK = {
    "format": "jumpguard.ack/1", "fleet": FLEET, "terminal": SERIAL, "journal_id": "0" * 32, "sequence": 1,
    "counter": 1, "head_hash": "0" * 64, "key_id": PANS[0], "signature": "00" * 64,
}  # fmt: skip


class Intruder:
    """Publishes whatever it likes at the fleet's broker; `state` is what was last said there of the terminal's."""

    def __init__(self, port: int) -> None:
        self.state = b""
        self._client = Client(CallbackAPIVersion.VERSION2)
        subscribed = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe(f"{BASE}/state")
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert subscribed.wait(10)

    def say(self, topic: str, *payloads: bytes, retain: bool = False) -> None:
        """Publish `payloads` on `topic`, and wait until the broker has them."""
        for payload in payloads:
            self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def stop(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self.state = bytes(message.payload)


@pytest.fixture
def intruder(counter: Counter) -> Iterator[Intruder]:
    counter.planted.add("broker")
    intruder = Intruder(int(counter.rig.processes["broker"].ready["port"]))
    yield intruder
    intruder.stop()


def reasons(counter: Counter, head: int) -> list[str]:
    """Why messages from the fleet were refused, as the journal tells."""
    return [entry.body["why"] for entry in counter.told(head, REFUSED)]


def test_what_comes_down_unsigned_is_told_once_a_reason_and_nothing_else(counter: Counter, intruder: Intruder) -> None:
    head = counter.head
    for name in ("event/ack", "config/desired", "cmd/lock/c1", "keys"):
        intruder.say(f"{BASE}/{name}", *GARBAGE, OBJECT)
    intruder.say(f"{BASE}/event/ack", *(json.dumps(ACK | {"sequence": n}).encode() for n in (1, 0, -1, 10**20, 1.5)))
    last = "acknowledgement: not signed by a backend key that the operator vouches for"
    counter.rig.wait_until(lambda: last in reasons(counter, head), "the forged acknowledgement to be refused")
    told = reasons(counter, head)
    assert len(told) == len(set(told))
    assert set(told) >= {f"{what}: not JSON" for what in ("acknowledgement", "configuration", "command", "key set")}
    counter.rig.wait_until_stored()


def test_a_state_that_somebody_else_keeps_for_this_terminal_is_put_right(counter: Counter, intruder: Intruder) -> None:
    head = counter.head
    intruder.say(f"{BASE}/state", *GARBAGE, OBJECT, retain=True)
    counter.sell_whole()
    counter.rig.wait_until(lambda: b'"state":"online"' in intruder.state, "the terminal says its state again")
    counter.rig.wait_until_stored()
    assert [entry.kind for entry in counter.rig.journal(head) if entry.kind == "task.failed"] == []


def test_what_goes_up_in_this_terminals_name_is_refused_and_its_own_events_are_stored(
    counter: Counter, intruder: Intruder
) -> None:
    for name in ("event", "info", "vitals", "config/reported", "cmd/lock/c1/status"):
        intruder.say(f"{BASE}/{name}", *GARBAGE)
    for name in ("event", "state", "config/reported", "cmd/lock/c1/status"):
        intruder.say(f"{BASE}/{name}", OBJECT)
    counter.sell_whole()
    counter.rig.wait_until_stored()
    stored = {(event.sequence, event.hash) for event in counter.rig.stored_events()}
    assert stored == {(entry.sequence, entry.hash) for entry in counter.rig.journal()}
