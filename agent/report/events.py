"""Events: journal entries in the CloudEvents 1.0 envelope in which they travel to the backend."""

from agent.canonical import encode
from agent.journal.entry import Entry

# CloudEvents' `sequence` extension is compared as text, so it is padded with zeros.
SEQUENCE_DIGITS = 12


def padded(sequence: int) -> str:
    """`sequence` as the text in which it travels."""
    return "{:0{}d}".format(sequence, SEQUENCE_DIGITS)


def cloud_event(entry: Entry, source: str) -> bytes:
    """The event for `entry`, as JSON. The backend recomputes the entry's hash from `data` (CloudEvents 1.0, 3)."""
    fields = entry.fields
    sequence = padded(entry.sequence)
    # Canonical as a whole: the names around `data`, which are sorted before and behind it, and its bytes as they are.
    before = encode({"bootid": fields["boot_id"], "clock": fields["clock"]})
    behind = encode(
        {
            "datacontenttype": "application/json",
            "id": "{}/{}".format(fields["journal_id"], sequence),
            "journalid": fields["journal_id"],
            "sequence": sequence,
            "source": source,
            "specversion": "1.0",
            "time": fields["time"],
            "type": "jumpguard.{}".format(entry.kind),
        }
    )
    return before[:-1] + b',"data":' + entry.data + b"," + behind[1:]
