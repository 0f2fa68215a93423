"""Signing what was signed before: earlier content of a terminal, or a broken terminal's content for another one.

Always as a new version: a lower one is never installed. Done again, it hands out what it signed.
"""

from typing import Any

from provisioning.errors import SigningError
from provisioning.keys import Signer
from provisioning.registry import Registry, Writing
from provisioning.registry_entry import Entry, content
from provisioning.signing import Order, Signed, close, sign_content


def restore(serial: str, version: int, registry: Writing, signer: Signer, order: Order) -> Signed:
    """Sign the content that `serial` had as `version`. Raises SigningError and RegistryError."""
    wanted, live = entry_of(registry, serial, version), registry.live(serial)
    if live and live.version == version:
        raise SigningError(f"{serial}: version {version} is in force; nothing is to be restored")
    return _signed(wanted.document, wanted.application, registry, signer, order)


def replace(old: str, new: str, registry: Writing, signer: Signer, order: Order) -> Signed:
    """Close the binding of `old`, and sign its content for `new`. Raises SigningError and RegistryError."""
    last = entry_of(registry, old)
    if new == old:
        raise SigningError(f"{old}: a terminal does not replace itself; name the blank one as NEW")
    if registry.live(old):
        close(old, f"{order.change}; replaced by {new}", registry, signer, order.by)
    return _signed(last.document | {"serial": new}, last.application, registry, signer, order)


def entry_of(registry: Registry, serial: str, version: int = 0) -> Entry:
    """The entry with the binding of `serial` of that version, 0: of the last one. Raises SigningError."""
    for sealed in reversed(registry.entries):
        entry = sealed.entry
        if entry.serial == serial and entry.binding and version in (0, entry.version):
            return entry
    what = f"version {version}" if version else "binding"
    raise SigningError(f"{serial}: the registry has no {what} of it; see `jumpguard provision registry`")


def _signed(document: dict[str, Any], application: str, registry: Writing, signer: Signer, order: Order) -> Signed:
    live = registry.live(str(document["serial"]))
    if live and content(live.document) == content(document) and not order.renew:
        return Signed(live, repeated=True)
    return Signed(sign_content(document, application, registry, signer, order), repeated=False)
