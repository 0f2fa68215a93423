"""Anchors: journal heads that the backend has countersigned."""


class Anchor:
    """The backend's signature under the journal up to `sequence`, whose entry has the hash `head_hash`.

    With the names of fleet, terminal and journal, which whoever holds the journal knows, this is all that was signed.
    `counter` rises with each one that the backend signs for a journal.
    """

    def __init__(self, sequence: int, head_hash: str, counter: int, key_id: str, signature: str) -> None:
        self.sequence = sequence
        self.head_hash = head_hash
        self.counter = counter
        self.key_id = key_id
        self.signature = signature

    def fields(self) -> "dict[str, object]":
        """What a checkpoint says of it."""
        return {
            "sequence": self.sequence,
            "head_hash": self.head_hash,
            "counter": self.counter,
            "key_id": self.key_id,
            "signature": self.signature,
        }


def anchor_of(fields: "dict[str, object]") -> Anchor:
    """The anchor with these `fields`. Raises KeyError or ValueError when they are none."""
    return Anchor(
        int(str(fields["sequence"])),
        str(fields["head_hash"]),
        int(str(fields["counter"])),
        str(fields["key_id"]),
        str(fields["signature"]),
    )
