"""Pruning: what of a journal stays when its oldest entries are taken out, and the checkpoint that carries the chain on.

A checkpoint is a journal entry like any other: it names the last entry that was taken out and its hash, so that the
first one behind still has something to follow, and the acknowledgement by which the backend countersigned the journal
beyond that place. That signature says that what was taken out lies there, whoever wrote the checkpoint.

The terminal signs it with its device key, over what `signed_part` says. A third party needs nothing from the terminal
to check that: the checkpoint carries the certificate of the key, which names fleet and terminal and is signed by the
operator's devices authority, whose own certificate is public. The signature says that this terminal took the entries
out, not who ordered that: root on the terminal has the key. A terminal without a certificate signs nothing, and its
checkpoints have an empty certificate and signature.
"""

from agent.canonical import encode, sha256_hex
from agent.journal.anchor import Anchor
from agent.journal.device import Device
from agent.journal.entry import GENESIS, Entry, Record

PRUNED = "journal.pruned"
FORMAT = "jumpguard.checkpoint/1"
DEVICE = "device"

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

    def record(self, journal_id: str, first: int, why: str, anchor: Anchor, device: Device) -> Record:
        """The entry of the journal `journal_id` that says so, signed by `device`.

        `first` is the oldest one that this pruning looked at, `anchor` the latest anchor. Raises JournalError when the
        device cannot sign.
        """
        body: "dict[str, object]" = {
            "from": first,
            "to": self.to,
            "hash": self.digest,
            "why": why,
            "kept_hash": self.kept_digest,
            "anchor": anchor.fields(),
        }
        certificate, signature = device.sign(signed_part(journal_id, body))
        body[DEVICE] = {"certificate": certificate, "signature": signature}
        return Record(PRUNED, body)


def signed_part(journal_id: str, body: "dict[str, object]") -> bytes:
    """What the device key signs of a checkpoint: its body without `device`, and the journal that it is of.

    The format in it keeps the signature from meaning anything else: the same key proves who connects (TLS 1.3) and asks
    for certificates (PKCS 10). Raises CanonicalError.
    """
    signed = {name: value for name, value in body.items() if name != DEVICE}
    signed["format"] = FORMAT
    signed["journal_id"] = journal_id
    return encode(signed)


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
