"""What terminals say, as it comes to the backend's store without a broker."""

import json

from tests.tools.fleet.publisher import FLEET, Journal, state
from tools.fleet.contract import Event, Report, parse


def events(journal: Journal, *sequences: int) -> list[Event | Report]:
    """The events of the entries `sequences`."""
    return [_said(journal, "event", journal.event(journal.entries[sequence - 1])) for sequence in sequences]


def greeting(journal: Journal, session: int = 1) -> Event | Report:
    """The terminal says that it is online with this journal."""
    return _said(journal, "state", state("online", session) | {"journal_id": journal.journal_id})


def _said(journal: Journal, channel: str, document: object) -> Event | Report:
    topic = f"jumpguard/1/{FLEET}/{journal.terminal}/{channel}"
    return parse(topic, json.dumps(document).encode(), FLEET)
