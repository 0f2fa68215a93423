"""Acknowledgements: the backend's signed word on how far a journal is stored. They are its anchors too.

They are cumulative and idempotent, so each can be said again whenever a terminal seems to have missed one. Its counter
tells a terminal which of two was signed later, in whatever order they come and whoever plays one again.
"""

from agent.report.acks import FORMAT
from agent.report.topics import EVENT_ACK, Topics
from provisioning.keys import SigningKey
from tools.fleet.journals import Head
from tools.fleet.letter import Letter, signed_letter, unsigned


def acknowledgements(head: Head, fleet: str, key: SigningKey) -> list[Letter]:
    """The message that acknowledges `head`, and behind it the one that names what else is held, if any is."""
    topics, content = Topics(fleet, head.terminal), _content(head)
    contents = [content, {**content, "held": head.held}] if head.held else [content]
    return [signed_letter(topics, EVENT_ACK, key, FORMAT, each) for each in contents]


def signed_part(head: Head, fleet: str, key_id: str) -> dict[str, object]:
    """What the key `key_id` signed when it acknowledged `head`."""
    return unsigned(Topics(fleet, head.terminal), key_id, FORMAT, _content(head))


def _content(head: Head) -> dict[str, object]:
    return {
        "journal_id": head.journal_id,
        "sequence": head.sequence,
        "counter": head.counter,
        "head_hash": head.hash,
    }
