"""What comes of an installation: everything that a hand-over sheet says, or why there is none."""

from dataclasses import dataclass
from typing import Final, Literal

from provisioning.errors import ProvisioningError
from provisioning.handover.facts import Facts
from provisioning.install.remedies import explained
from provisioning.install.steps import TITLES
from provisioning.texts import _, mark

Terminal = Literal["untouched", "as_before", "journal_kept", "not_seen", "done", "done_unproven", "retired"]
"""How a terminal is after an installation that failed."""
UNTOUCHED: Final = "untouched"
AS_BEFORE: Final = "as_before"
JOURNAL_KEPT: Final = "journal_kept"
NOT_SEEN: Final = "not_seen"
DONE: Final = "done"
DONE_UNPROVEN: Final = "done_unproven"
RETIRED: Final = "retired"

STATES = {
    UNTOUCHED: mark("Nothing was changed on the terminal."),
    AS_BEFORE: mark("The terminal is as it was before."),
    JOURNAL_KEPT: mark(
        "The terminal is as it was before, but for its journal: that is evidence, and the next installation goes on "
        "in it."
    ),
    NOT_SEEN: mark(
        "The terminal puts itself back as it was as soon as it notices, at the latest when it starts; nobody could "
        "look whether it has. Run the same command again: it looks first."
    ),
    DONE: mark("The terminal is fully installed: it had committed already. Nothing is to be done again."),
    DONE_UNPROVEN: mark(
        "What was to be done to the terminal is done and counts; it was not proven to the end. Run the same command "
        "again: it goes on where it stopped."
    ),
    RETIRED: mark(
        "The terminal is retired and takes no payment any more, but still has its keys. Run the same command again: "
        "it goes on where it stopped."
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """Which step failed, why (`code`, and `detail` for people), how the terminal is now, and what else to know."""

    step: str
    code: str
    detail: str
    terminal: Terminal
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """All of it, in the chosen language."""
        why, to_do = explained(self.code, self.detail)
        head = _("step “{step}”: {why}").format(step=_(TITLES[self.step]), why=why)
        lines = [head, to_do, _(STATES[self.terminal]), *self.notes]
        return "\n".join(line for line in lines if line)


class InstallationFailedError(ProvisioningError):
    """An installation is not done, and its terminal as `failure` says."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text())
        self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A terminal that was installed: `facts` are for its hand-over sheet, and the rest is good to know as well.

    `fingerprint` is the SHA-256 of the device key's public half (hexadecimal); `receipt` is that of the test sale, by
    the terminal's own names (`merchant`, `mid`, `trace`, ...), empty without one; `sequence` the journal's last entry.
    """

    facts: Facts
    address: str
    fingerprint: str
    receipt: dict[str, str]
    sequence: int
    warnings: tuple[str, ...]
