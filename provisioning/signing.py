"""Signing: an application becomes a signed binding at the next version of its terminal, and the registry says so first.

The registry is written before the binding is handed out. A power cut between the two leaves an entry without a file;
signing the same application again hands out that very binding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.binding.record import FORMAT
from agent.canonical import encode
from agent.errors import BindingError, CanonicalError
from board import private_file
from provisioning.application.application import Application
from provisioning.application.money import hundredths
from provisioning.chain import seal
from provisioning.errors import SigningError
from provisioning.issue import issue
from provisioning.keys import Signer
from provisioning.registry import Registry, Writing
from provisioning.registry_entry import CHANGED, CLOSED, ISSUED, RENEWED, Entry
from provisioning.review import PROBLEM, findings
from provisioning.texts import _

SUFFIX = ".binding.json"
DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How to sign: who asks for it, why a merchant is changed ("": none is), and for how long a binding is valid.

    `renew` signs anew what was signed already; `least_version` is for terminals whose earlier bindings were issued
    elsewhere.
    """

    by: str
    change: str = ""
    valid_from: datetime
    days: int = DAYS
    renew: bool = False
    least_version: int = 1


@dataclass(frozen=True, slots=True)
class Signed:
    """A binding as it stands in the registry; `repeated` when it was there before."""

    entry: Entry
    repeated: bool


def objections(applications: Sequence[Application], registry: Registry, order: Order) -> list[str]:
    """Why some of `applications` may not be signed, a line each; [] when all may."""
    found = []
    for application in applications:
        found += [
            f"{application.serial}: {finding.name}: {finding.text}"
            for finding in findings(application, registry)
            if finding.level == PROBLEM
        ]
        before = registry.latest.get(application.serial)
        if before and before.bound != _bound(application) and not order.change:
            said = _("bound to {mid} / {tid} as version {version}; if it is to change, say why: --change WHY")
            said = said.format(mid=before.mid, tid=before.tid, version=before.version)
            found.append(f"{application.serial}: {said}")
    return found + _twice(applications)


def sign(application: Application, registry: Writing, signer: Signer, order: Order) -> Signed:
    """Issue the binding of `application` and write it down. Raises SigningError, and RegistryError.

    What was signed of the same entries, and is in force, is returned as it is, unless `order` renews it.
    """
    against = objections([application], registry, order)
    if against:
        raise SigningError("\n".join(against))
    live = registry.live(application.serial)
    if live and live.application == application.digest and not order.renew:
        return Signed(live, repeated=True)
    before = registry.latest.get(application.serial)
    version = max(before.version + 1 if before else 1, order.least_version)
    try:
        binding = issue(document_of(application, version, order), signer)
    except (BindingError, CanonicalError) as error:
        raise SigningError(f"{application.serial}: {error}") from error
    entry = _entry(registry, application.serial, _bound(application), application.digest, order, signer, binding)
    registry.append(seal(entry, signer))
    return Signed(entry, repeated=False)


def sign_content(
    content: dict[str, object], application: str, registry: Writing, signer: Signer, order: Order
) -> Entry:
    """Issue what the document `content` says anew, as the next version of its terminal from `order.valid_from` on.

    `application` is the digest of the entries that it was made of. Raises SigningError and RegistryError.
    """
    serial, acquirer, mid, tid, uscc = (str(content.get(name)) for name in ("serial", "acquirer", "mid", "tid", "uscc"))
    for name, other in registry.others_with(serial, acquirer, mid, tid):
        if name == "tid" or other.uscc != uscc:
            raise SigningError(f"{serial}: {name}: bound to terminal {other.serial}; close that one first")
    before = registry.latest.get(serial)
    if before and before.bound != (acquirer, mid, tid, uscc) and not order.change:
        raise SigningError(f"{serial}: bound to {before.mid} / {before.tid}; if it is to change, say why")
    version = max(before.version + 1 if before else 1, order.least_version)
    try:
        binding = issue(content | {"version": version} | _validity(order), signer)
    except (BindingError, CanonicalError) as error:
        raise SigningError(f"{serial}: {error}") from error
    entry = _entry(registry, serial, (acquirer, mid, tid, uscc), application, order, signer, binding)
    registry.append(seal(entry, signer))
    return entry


def close(serial: str, why: str, registry: Writing, signer: Signer, by: str) -> Entry:
    """End the binding in force of `serial` in the registry: its numbers are free. Raises SigningError, RegistryError.

    The terminal hears nothing of it: retire or lock that as well.
    """
    live = registry.live(serial)
    if live is None:
        raise SigningError(f"{serial}: no binding of it is in force; see `jumpguard provision registry`")
    entry = Entry(
        sequence=registry.next_sequence, previous=registry.head, time=_utc(datetime.now(UTC)), by=by, action=CLOSED,
        why=why, serial=serial, version=live.version, acquirer=live.acquirer, mid=live.mid, tid=live.tid,
        uscc=live.uscc, application=live.application, binding={}, closes=live.version, switches=live.switches,
        key_id=signer.id, public=signer.public_hex,
    )  # fmt: skip
    registry.append(seal(entry, signer))
    return entry


def hand_out(signed: Signed, folder: Path) -> Path:
    """Write the binding into `folder`, as `python -m board --install` takes it; returns the file.

    Raises SigningError when it cannot be written; signing again hands it out.
    """
    path = folder / f"{signed.entry.serial}{SUFFIX}"
    try:
        private_file.replace(path, encode(signed.entry.binding) + b"\n")
    except OSError as error:
        raise SigningError(
            f"{path}: cannot be written: {error.strerror}; the registry has the binding: sign again once it can"
        ) from error
    return path


def document_of(application: Application, version: int, order: Order) -> dict[str, object]:
    """The binding of `application`, unsigned."""
    assert application.account is not None
    plain = ("serial", "acquirer", "mid", "tid", "uscc", "address", "region", "timezone", "mcc", "name", "currency")
    document: dict[str, object] = {name: application.get(name) for name in plain}
    if application.get("licence"):
        document["licence"] = application.get("licence")
    return (
        document
        | {
            "format": FORMAT,
            "version": version,
            "account_last4": application.account.last4,
            "account_hash": application.account.hash,
            "limit": hundredths(application.get("limit")),
            "jump_policy": application.get("jump_policy"),
            "fees": {
                "credit_basis_points": hundredths(application.get("credit_rate")),
                "debit_basis_points": hundredths(application.get("debit_rate")),
                "debit_cap": hundredths(application.get("debit_cap")),
            },
        }
        | _validity(order)
    )


def _validity(order: Order) -> dict[str, object]:
    return {
        "valid_from": _utc(order.valid_from),
        "valid_to": _utc(order.valid_from + timedelta(days=order.days)),
    }


def _entry(
    registry: Registry,
    serial: str,
    bound: tuple[str, str, str, str],
    application: str,
    order: Order,
    signer: Signer,
    binding: dict[str, Any],
) -> Entry:
    before, live = registry.latest.get(serial), registry.live(serial)
    switched = before is not None and before.bound != bound
    acquirer, mid, tid, uscc = bound
    return Entry(
        sequence=registry.next_sequence, previous=registry.head, time=_utc(datetime.now(UTC)), by=order.by,
        action=CHANGED if switched else RENEWED if live else ISSUED, why=order.change,
        serial=serial, version=binding["document"]["version"], acquirer=acquirer, mid=mid, tid=tid, uscc=uscc,
        application=application, binding=binding, closes=live.version if live else 0,
        switches=(before.switches if before else 0) + switched, key_id=signer.id, public=signer.public_hex,
    )  # fmt: skip


def _bound(application: Application) -> tuple[str, str, str, str]:
    return application.get("acquirer"), application.get("mid"), application.get("tid"), application.get("uscc")


def _twice(applications: Sequence[Application]) -> list[str]:
    """What two applications of one signing have that only one terminal may."""
    found = []
    seen: dict[tuple[str, ...], Application] = {}
    for one in applications:
        acquirer, mid, tid, uscc = _bound(one)
        for name, key in (("serial", (one.serial,)), ("tid", (acquirer, tid)), ("mid", (acquirer, mid))):
            other = seen.setdefault((name, *key), one)
            if other is not one and not (name == "mid" and other.get("uscc") == uscc):
                said = _("{value} is that of {serial} in the same signing").format(value=key[-1], serial=other.serial)
                found.append(f"{one.serial}: {name}: {said}")
    return found


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
