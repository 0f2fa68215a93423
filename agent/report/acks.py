"""Acknowledgements: the backend's signed word that it has stored the journal up to an entry. They anchor it too."""

import binascii
import json

from agent.binding.ports import Keys
from agent.canonical import encode
from agent.errors import CanonicalError, LinkError
from agent.report.topics import Topics

FORMAT = "jumpguard.ack/1"
BACKEND = "backend"
_TEXTS = ("format", "fleet", "terminal", "journal_id", "head_hash", "key_id", "signature")


class Ack:
    """The backend holds everything of `journal_id` up to `sequence`, whose entry has the hash `head_hash`."""

    def __init__(self, journal_id: str, sequence: int, head_hash: str, key_id: str, signature: str) -> None:
        self.journal_id = journal_id
        self.sequence = sequence
        self.head_hash = head_hash
        self.key_id = key_id
        self.signature = signature


def read_ack(payload: bytes, topics: Topics, keys: Keys) -> Ack:
    """Return the acknowledgement in `payload` once its form, addressee and signature are right.

    Raises LinkError naming what is wrong, in words of our own only; such a message changes nothing.
    """
    document = _parsed(payload)
    if document["format"] != FORMAT:
        raise LinkError("acknowledgement: its format is not {!r}".format(FORMAT))
    if (document["fleet"], document["terminal"]) != (topics.fleet, topics.terminal):
        raise LinkError("acknowledgement: for another terminal")
    sequence = document["sequence"]
    assert isinstance(sequence, int)
    ack = Ack(
        str(document["journal_id"]),
        sequence,
        str(document["head_hash"]),
        str(document["key_id"]),
        str(document["signature"]),
    )
    _check_signature(document, ack, keys)
    return ack


def _parsed(payload: bytes) -> "dict[str, object]":
    try:
        document = json.loads(payload)
    except (ValueError, RuntimeError):  # the latter for what is nested too deep
        raise LinkError("acknowledgement: not JSON")
    if not isinstance(document, dict) or not all(isinstance(document.get(name), str) for name in _TEXTS):
        raise LinkError("acknowledgement: a field is missing or no text")
    sequence = document.get("sequence")
    if sequence is True or sequence is False or not isinstance(sequence, int) or sequence < 1:
        raise LinkError("acknowledgement: the sequence is no whole number from 1")
    return document


def _check_signature(document: "dict[str, object]", ack: Ack, keys: Keys) -> None:
    signed = {name: value for name, value in document.items() if name != "signature"}
    try:
        right = keys.verify(BACKEND, ack.key_id, binascii.unhexlify(ack.signature), encode(signed))
    except (ValueError, RuntimeError, CanonicalError):
        raise LinkError("acknowledgement: the signature is not hexadecimal, or the content not canonical")
    if not right:
        raise LinkError("acknowledgement: not signed by a backend key that the operator vouches for")
