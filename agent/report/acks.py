"""Acknowledgements: the backend's signed word that it has stored the journal up to an entry. They anchor it too."""

from agent.binding.ports import Keys
from agent.errors import RefusedMessageError
from agent.journal.anchor import Anchor, anchor_of
from agent.report.signed import read_signed
from agent.report.topics import Topics

FORMAT = "jumpguard.ack/1"
ACKNOWLEDGEMENT = "acknowledgement"


class Ack:
    """The backend holds everything of `journal_id` up to where `anchor` says, which is 0 when it holds nothing.

    `held` are hashes of entries that it keeps beside those, of another line of the same journal. One that names some
    says nothing else, and anchors nothing: an anchor is all that was signed.
    """

    def __init__(self, journal_id: str, anchor: Anchor, held: "list[str]") -> None:
        self.journal_id = journal_id
        self.anchor = anchor
        self.held = held


def read_ack(payload: bytes, topics: Topics, keys: Keys) -> Ack:
    """Return the acknowledgement in `payload` once its form, addressee and signature are right.

    Raises RefusedMessageError naming what is wrong, in words of our own only; such a message changes nothing.
    """
    texts = ("journal_id", "head_hash")
    document = read_signed(ACKNOWLEDGEMENT, FORMAT, payload, topics, keys, texts, ("counter",), counts=("sequence",))
    return Ack(str(document["journal_id"]), anchor_of(document), _held(document.get("held", [])))


def _held(value: object) -> "list[str]":
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise RefusedMessageError("{}: what is held is no list of hashes".format(ACKNOWLEDGEMENT))
    return value
