"""Pruning: what of a journal stays when its oldest entries are taken out, and the checkpoint that carries the chain on.

A checkpoint is a journal entry like any other: it names the last entry that was taken out and its hash, so that the
first one behind still has something to follow, and the acknowledgement by which the backend countersigned the journal
beyond that place. Who may write the file can write a checkpoint too, until the backend has acknowledged it; the
backend's signature in it says that what was taken out lies there, whoever wrote the checkpoint.
"""

from agent.canonical import encode, sha256_hex
from agent.journal.entry import GENESIS, Entry, Record

PRUNED = "journal.pruned"

# Why entries were taken out: they were older than the retention, or the disk was short of space before they were.
AGE = "age"
SPACE = "space"


class Pending:
    """What a sale must not be pruned for: an entry of kind `opened` and behind it none of the kinds `closed`."""

    def __init__(self, opened: str, closed: "tuple[str, ...]") -> None:
        self.opened = opened
        self.closed = closed

    def holds(self, kinds: "list[str]") -> bool:
        """Whether the sale with entries of `kinds`, in order, is open in this sense."""
        is_open = False
        for kind in kinds:
            is_open = kind == self.opened or (is_open and kind not in self.closed)
        return is_open


class Checkpoint:
    """Entries up to `to`, whose hash is `digest`, were taken out, except those that `kept_digest` names."""

    def __init__(self, to: int, digest: str, kept_digest: str) -> None:
        self.to = to
        self.digest = digest
        self.kept_digest = kept_digest

    def record(self, first: int, why: str, anchor: "tuple[int, str, str, str]") -> Record:
        """The entry that says so; `first` is the oldest one that this pruning looked at, `anchor` the latest anchor."""
        sequence, head_hash, key_id, signature = anchor
        return Record(
            PRUNED,
            {
                "from": first,
                "to": self.to,
                "hash": self.digest,
                "why": why,
                "kept_hash": self.kept_digest,
                "anchor": {
                    "sequence": sequence,
                    "head_hash": head_hash,
                    "key_id": key_id,
                    "signature": signature,
                },
            },
        )


def checkpoint_of(entry: "Entry | None") -> Checkpoint:
    """The checkpoint that `entry` tells; without an entry nothing was taken out.

    Raises ValueError, KeyError or TypeError when it tells none.
    """
    if entry is None:
        return Checkpoint(0, GENESIS, kept_digest([]))
    body = entry.body
    return Checkpoint(int(str(body["to"])), str(body["hash"]), str(body["kept_hash"]))


def kept_digest(kept: "list[tuple[int, str]]") -> str:
    """Names the entries that stayed in front of a checkpoint, given as (sequence, hash) in order."""
    return sha256_hex(encode(kept))


def is_needed(sale: "list[tuple[int, str]]", to: int, pending: "tuple[Pending, ...]") -> bool:
    """Whether the sale with these entries (sequence, kind) must stay: it goes on behind `to`, or it is `pending`."""
    kinds = [kind for _, kind in sale]
    return sale[-1][0] > to or any(each.holds(kinds) for each in pending)


def staying(
    entries: "list[tuple[int, str, str]]", newest: "dict[str, int]", needed: "set[str]"
) -> "list[tuple[int, str, str]]":
    """Of `entries` (sequence, kind, sale), those that stay: the newest of their kind, and sales whole or not at all.

    `newest` is the sequence of each kind's newest entry in the journal, `needed` are the sales that must stay anyway.
    """
    sales = set(needed)
    for sequence, kind, sale in entries:
        if newest[kind] == sequence:
            sales.add(sale)
    sales.discard("")
    return [entry for entry in entries if newest[entry[1]] == entry[0] or entry[2] in sales]
