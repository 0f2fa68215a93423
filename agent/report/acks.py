"""Acknowledgements: the backend's signed word that it has stored the journal up to an entry. They anchor it too."""

from agent.binding.ports import Keys
from agent.report.signed import read_signed
from agent.report.topics import Topics

FORMAT = "jumpguard.ack/1"
ACKNOWLEDGEMENT = "acknowledgement"


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

    Raises RefusedMessageError naming what is wrong, in words of our own only; such a message changes nothing.
    """
    texts = ("journal_id", "head_hash")
    document = read_signed(ACKNOWLEDGEMENT, FORMAT, payload, topics, keys, texts, ("sequence",))
    sequence = document["sequence"]
    assert isinstance(sequence, int)
    return Ack(
        str(document["journal_id"]),
        sequence,
        str(document["head_hash"]),
        str(document["key_id"]),
        str(document["signature"]),
    )
