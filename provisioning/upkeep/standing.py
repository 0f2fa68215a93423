"""How an installed terminal stands, as it says itself, and what speaks against working on it."""

from typing import Any

import msgspec

from agent.lifecycle import RETIRED
from provisioning.errors import InstallError
from provisioning.hand import requests as ask
from provisioning.install.line import Line


class Standing(msgspec.Struct, frozen=True):
    """What a terminal's own record says (`provisioning.hand.record`), and what it is.

    `document` is the merchant record in its store, {} for none; `switches` are those of the last `switch_days`;
    `taken_up` is the entry by which a binding came into force last, 0 for none; `secrets` are the files of keys and
    token, `certificate` is PEM, "" where it has none. `unfinished` sales are still worked on, those `unresolved` were
    given up.
    """

    serial: str
    fleet: str
    lifecycle: str
    reason: str
    document: dict[str, Any]
    switches: int
    most_switches: int
    switch_days: int
    unfinished: tuple[str, ...]
    unresolved: tuple[str, ...]
    journal_id: str
    sequence: int
    taken_up: int
    acknowledged: int
    secrets: int
    certificate: str
    till: str
    model: str
    software: str
    running: bool

    @property
    def version(self) -> int:
        """The version of its binding, 0 for none."""
        return int(self.document.get("version", 0))

    @property
    def numbers(self) -> tuple[str, str, str]:
        """What a terminal counts a switch by: acquirer, MID, TID."""
        acquirer, mid, tid = (str(self.document.get(name, "")) for name in ("acquirer", "mid", "tid"))
        return acquirer, mid, tid


async def stands(line: Line, serial: str, fleet: str, *, may_be_retired: bool = False) -> Standing:
    """How the terminal at the other end of `line` stands. Raises HandError, and InstallError for another than `serial`.

    It has to be installed, of `fleet`, not retired, and whoever asks has to be allowed to change it.
    """
    found = await line.ask(ask.Look())
    if not found["may_write"]:
        raise InstallError("NOT_ALLOWED", "")
    if not found["service"]["loaded"]:
        raise InstallError("NO_SOFTWARE", "jumpguard.service")
    if not found["serial"]:
        raise InstallError("BLANK", "")
    if found["serial"] != serial:
        raise InstallError("OTHER_TERMINAL", f"{found['serial']}, {serial}")
    said = await line.ask(ask.Record())
    about = {"serial": serial, "model": found["model"], "software": found["software"]}
    standing = msgspec.convert({**said, **about, "running": found["service"]["active"]}, Standing)
    if standing.fleet != fleet:
        raise InstallError("FLEET_OTHER", f"{standing.fleet}, {fleet}")
    if standing.lifecycle == RETIRED and not may_be_retired:
        raise InstallError("LIFECYCLE_RETIRED", serial)
    return standing


def refuse_unfinished(standing: Standing) -> None:
    """Raises InstallError where a sale or a reversal is still worked on."""
    if standing.unfinished:
        raise InstallError("UNFINISHED", ", ".join(standing.unfinished))
