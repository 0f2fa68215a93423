"""Checks who signed the checkpoints of terminals' journals: the place of entries that were taken out.

A checkpoint carries the certificate of the device key that signed it (`agent.journal.pruning`). It counts when the
devices authority signed that for this very terminal of this fleet. Whether it has ended or was revoked since is not
asked: the broker asked that when it let the message in, and a checkpoint may have waited for days since it was signed.
"""

import logging
from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from agent.errors import CanonicalError
from agent.journal.pruning import DEVICE, PRUNED, signed_part
from board.device import verify
from board.device_key import subject
from provisioning.authority import Authority
from provisioning.errors import CertificateError
from tools.fleet.contract import Event
from tools.fleet.rows import Alarm

# The checkpoint is not signed by this terminal's device key, although it has one.
CHECKPOINT_UNPROVEN = "checkpoint_unproven"

log = logging.getLogger("jumpguard.fleet")

_MALFORMED = (ValueError, TypeError, KeyError, x509.InvalidVersion, UnsupportedAlgorithm, CanonicalError)


class Checkpoints:
    """Holds checkpoints against the certificates of `authority`; without one nothing is checked."""

    def __init__(self, authority: Authority | None) -> None:
        self._authority = authority

    def alarms(self, events: Iterable[Event], now: str) -> list[Alarm]:
        """An alarm for each checkpoint among `events` that is not proven, also for want of the authority's files."""
        raised = []
        for event in events:
            why = self.fault(event) if event.entry.kind == PRUNED else ""
            if why:
                where = (event.terminal, event.entry.journal_id, CHECKPOINT_UNPROVEN, event.entry.sequence)
                raised.append(Alarm(*where, f"checkpoint {event.entry.sequence}: {why}", now))
        return raised

    def fault(self, event: Event) -> str:
        """What is wrong with the checkpoint `event`, in words of our own; "" when nothing is."""
        if self._authority is None:
            return ""
        try:
            return _fault(event, self._authority)
        except (CertificateError, OSError) as error:
            log.error("checkpoints cannot be checked now: %s", error)
            return "it cannot be checked; see the backend's log"


def _fault(event: Event, authority: Authority) -> str:
    device = event.entry.body.get(DEVICE)
    signed = device if isinstance(device, dict) else {}
    authority_itself = authority.devices()
    certificate, signature = signed.get("certificate"), signed.get("signature")
    if not certificate and not signature:
        known = event.terminal in authority.register.good()
        return "it is not signed, and the terminal has a certificate" if known else ""
    try:
        shown = x509.load_pem_x509_certificate(str(certificate).encode())
        shown.verify_directly_issued_by(authority_itself)
        if shown.subject != subject(authority.fleet, event.terminal):
            return "it is signed by somebody else's device key"
        key = shown.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise TypeError  # as with any certificate that is none of ours
        verify(key, str(signature), signed_part(event.entry.journal_id, event.entry.body))
    except InvalidSignature:
        return "the signature of the device key, or that of its certificate, is not right"
    except _MALFORMED:
        return "its certificate is not one of the devices authority, or the signature is malformed"
    return ""
