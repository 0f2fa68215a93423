"""What the commands are called that a person gives, what they do, and what they have to be told."""

from typing import NamedTuple

from agent.command import types
from provisioning.texts import mark


class Argument(NamedTuple):
    """What a command has to be told; a number is of `unit`."""

    name: str
    label: str
    is_number: bool = False
    unit: str = ""


class Words(NamedTuple):
    """A command in a person's words; `is_grave` is asked again before it is ordered."""

    name: str
    what: str
    arguments: tuple[Argument, ...] = ()
    is_grave: bool = False


_REASON = Argument("reason", mark("Who and why"))
WORDS = {
    types.PING: Words(mark("Ping"), mark("It answers, to show that the way down and up is open.")),
    types.DIAGNOSIS: Words(mark("Diagnosis"), mark("It asks itself what is wrong.")),
    types.DIAGNOSTICS: Words(mark("Diagnostics"), mark("It collects what a technician needs, without card data.")),
    types.SIGN_ON: Words(mark("Sign on"), mark("It signs on to the acquirer anew, between two sales.")),
    types.LOCK: Words(mark("Lock"), mark("It takes no payment until it is unlocked."), (_REASON,), is_grave=True),
    types.UNLOCK: Words(
        mark("Unlock"), mark("It takes payments again; a tamper latch is cleared on site only."), (_REASON,)
    ),
    types.SET_VITALS_PERIOD: Words(
        mark("Set the period of vitals"),
        mark("It reports vitals this often until its next start."),
        (Argument("seconds", mark("Every"), is_number=True, unit=mark("s")),),
    ),
    types.RESTART: Words(mark("Restart"), mark("It ends after the sale under way, and starts again."), is_grave=True),
    types.RENEW_CERTIFICATE: Words(mark("Renew certificate"), mark("It makes a new key and asks for a certificate.")),
    types.UPDATE: Words(
        mark("Update"),
        mark("It fetches this release, tries it, and goes back if it fails."),
        (Argument("version", mark("Version")),),
        is_grave=True,
    ),
}
