"""What terminals say, as it comes to the backend's store without a broker."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from tests.tools.fleet.publisher import FLEET, Ack, Journal, state
from tools.fleet.contract import Event, Report, parse


class Out:
    """A connection that notes what is confirmed and sent."""

    def __init__(self) -> None:
        self.confirmed = 0
        self.acks: list[Ack] = []

    def confirm(self, messages: Sequence[Any]) -> None:
        self.confirmed += len(messages)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self.acks.append(Ack(json.loads(payload)))


def message(terminal: str, payload: bytes, qos: int = 1) -> Any:
    """An event as a connection delivers it, whatever its `payload` is."""
    return SimpleNamespace(topic=f"jumpguard/1/{FLEET}/{terminal}/event", payload=payload, qos=qos, retain=False)


def events(journal: Journal, *sequences: int) -> list[Event | Report]:
    """The events of the entries `sequences`."""
    return [_said(journal, "event", journal.event(journal.entries[sequence - 1])) for sequence in sequences]


def greeting(journal: Journal, session: int = 1) -> Event | Report:
    """The terminal says that it is online with this journal."""
    return _said(journal, "state", state("online", session) | {"journal_id": journal.journal_id})


def _said(journal: Journal, channel: str, document: object) -> Event | Report:
    topic = f"jumpguard/1/{FLEET}/{journal.terminal}/{channel}"
    return parse(topic, json.dumps(document).encode(), FLEET)
