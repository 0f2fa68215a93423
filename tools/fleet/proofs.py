"""What proves where a journal goes on whose beginning nobody has: this store lost it, the terminal had pruned it.

The terminal's checkpoint names the place, the hash of the last entry that was taken out, and an acknowledgement of the
backend's own for an entry behind it. That is taken for true when the backend did sign that, and, where the terminal has
a certificate, its device key the checkpoint. What follows must then lead to the very entry that was acknowledged.
"""

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from agent.canonical import encode
from tools.fleet.acks import signed_part
from tools.fleet.checkpoints import Checkpoints
from tools.fleet.contract import Event
from tools.fleet.forms import Pruned
from tools.fleet.journals import Head
from tools.fleet.signers import Signers


class Proofs:
    """Knows again what the backend of `fleet` acknowledged with the keys of `signers`, and terminals' `checkpoints`."""

    def __init__(self, fleet: str, signers: Signers, checkpoints: Checkpoints) -> None:
        self._fleet = fleet
        self._signers = signers
        self._checkpoints = checkpoints

    def prove(self, connection: Connection, event: Event) -> Pruned | None:
        """What the checkpoint `event` says; None when that is not proven."""
        try:
            pruned = msgspec.convert(event.entry.body, Pruned)
        except msgspec.ValidationError:
            return None
        anchor = pruned.anchor
        head = Head(event.terminal, event.entry.journal_id, anchor.sequence, anchor.head_hash, anchor.counter, [])
        public = self._signers.public(connection).get(anchor.key_id, "")
        signed = encode(signed_part(head, self._fleet, anchor.key_id))
        if not public or not _is_right(public, anchor.signature, signed) or self._checkpoints.fault(event):
            return None
        return pruned if pruned.to < anchor.sequence < event.entry.sequence else None


def _is_right(public: str, signature: str, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), signed)
    except InvalidSignature:
        return False
    return True
