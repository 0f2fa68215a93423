"""`jumpguard provision clear`: a tamper latch, lock or suspension ends at the terminal, after an inspection."""

import getpass
import sys
from typing import Annotated

import typer

from provisioning.errors import InstallError
from provisioning.install.steps import CLEAR_STEPS
from provisioning.texts import _
from provisioning.upkeep.clear import Clear
from tools.cli.at_terminal import (
    KNOWN_HOSTS,
    ROOT,
    AsJson,
    DeskFile,
    HostKey,
    IdentityFiles,
    KnownHosts,
    Over,
    Root,
    Technician,
    TerminalSerial,
    Way,
    run,
    told_plainly,
)
from tools.cli.install_screen import Screen
from tools.cli.language import Tongue, speak
from tools.desk import desk as desk_of


def clear(
    serial: TerminalSerial,
    why: Annotated[str, typer.Option(help="What the inspection found: for the journal and the audit trail.")],
    desk: DeskFile,
    over: Over = "",
    identity: IdentityFiles = None,
    host_key: HostKey = "",
    known_hosts: KnownHosts = KNOWN_HOSTS,
    root: Root = ROOT,
    by: Technician = "",
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """End tampered, locked or suspended, once a person has inspected the terminal and says so to each question.

    Where the backend disowned its journal a new one is begun, and the old one kept. Exit code 0 cleared, 1 not, 130
    called off.
    """
    speak(language)
    screen = Screen(CLEAR_STEPS)
    with told_plainly(screen):
        if not sys.stdin.isatty():
            raise InstallError("NOBODY", "")
        way = Way(over, root, identity, known_hosts, host_key)
        attempt = Clear(serial, by or getpass.getuser(), why, desk_of(desk), way.reach, screen)
        run(attempt, way, screen, ask=True, as_json=as_json)
        if not as_json:
            typer.echo(_("{serial} is cleared.").format(serial=serial))
