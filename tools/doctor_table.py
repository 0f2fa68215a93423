"""The READMEs' table of what the doctor looks at, in the language that is spoken."""

from provisioning.doctor.examine import CHECKS
from provisioning.texts import _, mark

_HEADINGS = (mark("check"), mark("all is well when"))

# check: what is so where it is well, as the docstring of the check says.
WELL = {
    "settings": mark("The settings file is there, is TOML, and every key in it is right."),
    "journal": mark("The journal's file is whole, and its chain leads to what the backend has countersigned."),
    "lifecycle": mark("The terminal is in the state in which it takes payments."),
    "files": mark("What the settings name is there, the terminal's user may use it, and secrets are nobody else's."),
    "service": mark(
        "systemd starts the terminal with the machine, it runs, does not start again and again, and is watched."
    ),
    "local_api": mark("The running terminal answers a till that shows the token."),
    "dumps": mark("The kernel writes the memory of the terminal's process, where card data are, to no file."),
    "software": mark("The release that is in force, the package's or a later one in a slot, is the one that runs."),
    "keys": mark("The operator root has signed the key set that counts here."),
    "binding": mark("The merchant record is proven, as before each sale, whatever the state of the terminal."),
    "certificate": mark(
        "The certificate by which brokers know this terminal is its own, is for its key, and is valid for long enough."
    ),
    "reader": mark("The port is there, the full UART, and the terminal's to open; a PN532 answers."),
    "lines": mark("The lights can be driven, the tamper switch can be read, and the case is shut."),
    "system": mark(
        "Nothing is left of what `jumpguard setup` would change: UART, console, watchdog, swap, logs, users."
    ),
    "clock": mark(
        "A time source has set the clock since boot, lately, and it is not behind what the terminal has seen."
    ),
    "supply": mark("The supply holds its voltage, and did so since boot; nothing slows the processor down."),
    "heat": mark("The processor is cooler than where it slows itself down."),
    "memory": mark("Enough of it is available, and none of it goes to a disk."),
    "disk": mark("The journal's disk can be written to and has room."),
    "names": mark("The name service knows every host that the settings name."),
    "brokers": mark("Each node of the broker lets this terminal in, over TLS where the link is encrypted."),
    "acquirer": mark("The acquirer's host takes connections; nothing is said to it."),
    "reporting": mark("The backend has what happened here, or gets it now."),
    "reversals": mark("No charge is in doubt."),
    "ready": mark("The running terminal could take the next sale; where it cannot, no other check found the cause."),
}


def table() -> str:
    """The table in Markdown: each check by its name, and what is so where it is well."""
    rows = [f"| {' | '.join(map(_, _HEADINGS))} |", "|---|---|"]
    rows += [f"| `{check.name}` | {_(WELL[check.name])} |" for check in CHECKS]
    return "\n".join(rows) + "\n"
