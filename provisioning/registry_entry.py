"""Entries of the registry: who issued which binding for whom and when, in a chain of signed entries."""

from typing import Annotated, Any, Final, Literal

import msgspec

from provisioning.chain import Link

ISSUED: Final = "issued"
RENEWED: Final = "renewed"
# To another merchant or terminal number: a switch. The binding before it is closed by it.
CHANGED: Final = "changed"
# Nothing is bound to the terminal's numbers from here on.
CLOSED: Final = "closed"


# What each version of a binding has of its own.
_OF_VERSION = ("version", "valid_from", "valid_to")


def content(document: dict[str, Any]) -> dict[str, Any]:
    """What the binding `document` says beside what each version has of its own."""
    return {name: value for name, value in document.items() if name not in _OF_VERSION}


class Entry(Link, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happened to the binding of `serial`. `binding` is the signed record as a terminal takes it, {} when closed.

    `by` is who says to have done it; the signature is of whoever had the key. `closes` is the version that ended by it,
    0 for none; `switches` counts the changes of this terminal so far, `application` names the entries it was made of.
    """

    format: Literal["jumpguard.registry/1"] = "jumpguard.registry/1"
    time: str
    by: str
    action: Literal["issued", "renewed", "changed", "closed"]
    why: str
    serial: str
    version: Annotated[int, msgspec.Meta(ge=1)]
    acquirer: str
    mid: str
    tid: str
    uscc: str
    application: str
    binding: dict[str, object]
    closes: int
    switches: int

    @property
    def document(self) -> dict[str, Any]:
        """What its binding says; {} when closed."""
        found = self.binding.get("document", {})
        return found if isinstance(found, dict) else {}

    @property
    def bound(self) -> tuple[str, str, str, str]:
        """What the terminal was bound to: another one is a switch."""
        return self.acquirer, self.mid, self.tid, self.uscc
