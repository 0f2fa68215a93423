"""The facts of an installation for its hand-over sheet (`provisioning.handover`)."""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.binding.record import Binding
from agent.sale.money import minor_units
from provisioning.doctor.finding import Finding
from provisioning.doctor.meanings import CHECKS as DOCTORS
from provisioning.handover.facts import Check, Facts, TestSale
from provisioning.texts import CHINESE, mark, said_in

# What was checked, in the order in which it is.
CHECKS = {
    "label": mark("Serial, as the terminal itself names it"),
    "reader": mark("Card reader and its firmware"),
    "lights": mark("Lights and buzzer, seen and heard"),
    "case": mark("Case opened and closed"),
    "clock": mark("Clock in step"),
    "broker": mark("Way to the fleet's broker"),
    "acquirer": mark("Way to the acquirer"),
    "sale": mark("Test sale under the bound merchant"),
    "fleet": mark("Heard by the fleet"),
}
# The doctor's checks that those above say already, or that matter to a technician alone: a page has no room for all.
_SEEN_ABOVE = ("reader", "lines", "clock", "brokers", "acquirer", "names", "software", "dumps", "system")


Level = Literal["ok", "warning", "problem", "unknown"]


class Seen(msgspec.Struct, kw_only=True):
    """What an installation saw as it went: each check by its name with what was found."""

    checks: dict[str, str] = {}
    warnings: list[str] = []
    address: str = ""
    model: str = ""
    software: str = ""
    fingerprint: str = ""
    request: bytes = b""
    certificate: bytes = b""
    till: str = ""
    findings: list[Finding] = []
    receipt: dict[str, str] = {}
    head: dict[str, Any] = {}
    acknowledged: bool = False


def prove_facts(binding: Binding, technician: str) -> None:
    """Raises HandoverError where there will be no sheet for `binding`, or for this name of a technician."""
    nothing, now = "0" * 64, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    Facts(
        binding=binding.document, hardware="", software="", certificate=nothing, certificate_end=now, till="",
        sale=None, journal_id="", head=nothing, acknowledged=False, checks=tuple(_checks(Seen())),
        technician=technician, time=now,
    )  # fmt: skip


def facts_of(binding: Binding, seen: Seen, technician: str) -> Facts:
    """The facts as they are handed over now. Raises HandoverError."""
    certificate = x509.load_pem_x509_certificate(seen.certificate)
    return Facts(
        binding=binding.document,
        hardware=seen.model,
        software=seen.software,
        certificate=certificate.fingerprint(hashes.SHA256()).hex(),
        certificate_end=f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
        till=seen.till,
        sale=_sale(seen.receipt) if seen.receipt else None,
        journal_id=seen.head["journal_id"],
        head=seen.head["hash"],
        acknowledged=seen.acknowledged,
        checks=tuple(_checks(seen)),
        technician=technician,
        time=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )


def _sale(receipt: dict[str, str]) -> TestSale:
    # DE 39 of what was approved.
    return TestSale(
        amount=minor_units(receipt["amount"]), card=receipt["card"], reference=receipt["reference"],
        trace=receipt["trace"], approved=True, code="00",
    )  # fmt: skip


def _checks(seen: Seen) -> list[Check]:
    """What was done here, then what the doctor found beyond it."""
    here = [_check(text, _level(name, seen), seen.checks.get(name, "")) for name, text in CHECKS.items()]
    beyond = [found for found in seen.findings if found.check not in _SEEN_ABOVE]
    return [*here, *(_check(DOCTORS[found.check], found.level.value, "") for found in beyond)]


def _level(name: str, seen: Seen) -> Level:
    """A terminal whose serial nothing and nobody named may be another one: a warning."""
    if name in seen.checks:
        return "ok"
    return "warning" if name == "label" else "unknown"


def _check(text: str, level: Level, detail: str) -> Check:
    return Check(english=text, chinese=said_in(CHINESE, text), level=level, detail=detail)
