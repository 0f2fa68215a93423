"""Entries of the audit trail: what a technician did to a terminal, in a chain of signed entries."""

from typing import Annotated, Final, Literal

import msgspec

from agent.binding.identifiers import is_serial
from agent.redact import leak_in, masked
from provisioning.application.tidy import printable
from provisioning.chain import Link
from provisioning.errors import TrailError

INSTALLED: Final = "installed"
ROLLED_BACK: Final = "rolled_back"  # an installation that failed, and left the terminal as it was
CHANGED: Final = "changed"  # another merchant
RENEWED: Final = "renewed"  # the same merchant at the same place, longer or under other terms
MOVED: Final = "moved"  # another place
REPLACED: Final = "replaced"  # another terminal in its stead
RESTORED: Final = "restored"  # earlier content as a new version
LATCH_CLEARED: Final = "latch_cleared"
RETIRED: Final = "retired"
UPDATED: Final = "updated"
BATCH_ROW: Final = "batch_row"  # a row of a batch that was not begun, or what became of it

Action = Literal[
    "installed", "rolled_back", "changed", "renewed", "moved", "replaced", "restored", "latch_cleared", "retired",
    "updated", "batch_row",
]  # fmt: skip
BEGUN: Final = "begun"  # written before the terminal is changed: a deed that was cut off stands there without an end
DONE: Final = "done"
FAILED: Final = "failed"

# An entry is always shorter than what is read of a trail's end to append to it.
_LONGEST = 200


class Deed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was done to the terminal `serial`, and why.

    `by` is who says to have done it; the signature is of whoever had the key. `version` is the binding's, 0 for none,
    `certificate` the SHA-256 of the terminal's certificate (DER, hexadecimal), "" for none; `detail` is what else is
    to be known, such as the step that failed, and `batch` file and row of a batch.
    """

    by: str
    action: Action
    serial: str
    why: str = ""
    version: Annotated[int, msgspec.Meta(ge=0)] = 0
    certificate: Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")] = ""
    outcome: Literal["begun", "done", "failed"] = DONE
    detail: str = ""
    batch: str = ""


class Entry(Link, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A deed in its place of the trail; `time` is when it was written down (UTC)."""

    format: Literal["jumpguard.trail/1"] = "jumpguard.trail/1"
    time: str
    deed: Deed


def expect_fit(deed: Deed) -> None:
    """Raises TrailError naming what of `deed` may not be written down; ask before it is done."""
    if not is_serial(deed.serial):
        raise TrailError(f"serial: {printable(deed.serial)[:40]!r} is not 4 to 32 capitals, digits and dashes")
    if not deed.by.strip():
        raise TrailError("by: nobody is named; say who did it")
    for name, text in (("by", deed.by), ("why", deed.why), ("detail", deed.detail), ("batch", deed.batch)):
        if len(text) > _LONGEST or not text.isprintable():
            raise TrailError(f"{name}: not one printable line of at most {_LONGEST} characters")
        if leak_in(text.encode()) is not None:
            raise TrailError(f"{name}: a card number stands in it, which belongs into no trail")


def told(text: str) -> str:
    """What another program said, such as an error, as a deed's `detail` may hold it."""
    plain = masked(printable(text).encode(errors="replace")).decode(errors="replace")
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
