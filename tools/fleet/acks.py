"""Acknowledgements: the backend's signed word on how far a journal is stored. They are its anchors too.

They are cumulative and idempotent, so each can be sent again whenever a terminal seems to have missed one.
"""

import json

from agent.report.acks import FORMAT
from agent.report.topics import EVENT_ACK, Topics
from provisioning.keys import SigningKey
from tools.fleet.journals import Head


def acknowledgement(head: Head, fleet: str, key: SigningKey) -> tuple[str, bytes]:
    """The topic and the payload that acknowledge `head`, signed with `key` over their canonical bytes (RFC 8785)."""
    document: dict[str, object] = {
        "format": FORMAT,
        "fleet": fleet,
        "terminal": head.terminal,
        "journal_id": head.journal_id,
        "sequence": head.sequence,
        "head_hash": head.hash,
        "key_id": key.id,
    }
    document["signature"] = key.sign(document)
    return Topics(fleet, head.terminal).of(EVENT_ACK), json.dumps(document).encode()
