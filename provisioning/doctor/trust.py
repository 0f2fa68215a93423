"""What the terminal proves itself and others by: key set, binding, device certificate."""

from datetime import UTC, datetime

from cryptography import x509

from agent.binding.gate import Verdict
from agent.clock import seconds_between
from agent.report.alarms import CERTIFICATE_ENDING
from board.certificate import whole_days_until
from board.device_key import subject
from board.errors import IdentityError
from board.main.link import identity
from provisioning.doctor import codes
from provisioning.doctor.finding import Finding, ok, problem, unknown, warning
from provisioning.doctor.patient import Patient

# A binding is issued anew by people, who have to be asked in time.
BINDING_DAYS = 30
_DAY_S = 86_400


async def keys(patient: Patient) -> Finding:
    """The operator root has signed the key set that counts here."""
    ring = patient.state.keys
    ring.load()
    if ring.problem:
        return problem(codes.KEYS_UNPROVEN, why=ring.problem)
    return ok(version=ring.version)


async def binding(patient: Patient) -> Finding:
    """The merchant record is proven, as before each sale, whatever the state of the terminal."""
    verdict = patient.gate.prove()
    if not verdict.allowed:
        return problem(verdict.reason, why=verdict.detail)
    facts, days = _about(verdict, patient.state.clock.utc())
    # That the clock is not set is found by the check of the clock.
    if days < BINDING_DAYS:
        return warning(codes.BINDING_ENDING, **facts)
    return ok(**facts)


def _about(verdict: Verdict, now: str) -> tuple[dict[str, str | int], int]:
    found = verdict.binding
    assert found is not None
    days = seconds_between(now, found.valid_to) // _DAY_S
    facts: dict[str, str | int] = {
        "merchant": found.name,
        "mid": found.mid,
        "tid": found.tid,
        "version": found.version,
        "ends": found.valid_to,
    }
    return facts, days


async def certificate(patient: Patient) -> Finding:
    """The certificate by which brokers know this terminal is its own, is for its key, and is valid for long enough."""
    settings = patient.settings
    if settings.link.ca_file is None:
        return warning(codes.LINK_NOT_ENCRYPTED, broker=settings.link.host)
    try:
        pem, _ = identity(settings).in_use()
    except IdentityError as error:
        if any(found.code == codes.FILES_EXPOSED for found in patient.findings):
            return unknown(codes.NOT_EXAMINED, because="files")
        return problem(codes.DEVICE_CERTIFICATE_UNUSABLE, why=str(error))
    found = x509.load_pem_x509_certificate(pem)
    end = found.not_valid_after_utc
    facts = {
        "name": found.subject.rfc4514_string(),
        "issuer": found.issuer.rfc4514_string(),
        "ends": f"{end:%Y-%m-%dT%H:%M:%SZ}",
    }
    now = datetime.now(UTC)
    if found.subject != subject(settings.terminal.fleet, settings.terminal.serial):
        return problem(codes.DEVICE_CERTIFICATE_OTHER, **facts)
    if now >= end:
        return problem(codes.DEVICE_CERTIFICATE_EXPIRED, **facts)
    if now < found.not_valid_before_utc:
        return problem(codes.DEVICE_CERTIFICATE_EARLY, **facts)
    if whole_days_until(end) < settings.alarms.certificate_days:
        return warning(CERTIFICATE_ENDING, **facts)
    return ok(**facts)
