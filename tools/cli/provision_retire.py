"""`jumpguard provision retire`: the end of a terminal; and of its binding, where the signer's key is at hand."""

import getpass
import shlex
from pathlib import Path
from typing import Annotated

import typer

from provisioning import registry as registries
from provisioning.install.steps import RETIRE_STEPS
from provisioning.texts import _
from provisioning.upkeep.retire import Retire, Retirement
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
    Yes,
    run,
    told_plainly,
)
from tools.cli.install_screen import Screen
from tools.cli.language import Tongue, speak
from tools.cli.provision_keys import LABEL, KeyFile, Module, PinFile, TokenKeyLabel, TokenLabel, signer
from tools.desk import desk as desk_of


def retire(
    serial: TerminalSerial,
    why: Annotated[str, typer.Option(help="Why: for the journal, the registry and the audit trail.")],
    desk: DeskFile,
    over: Over = "",
    identity: IdentityFiles = None,
    host_key: HostKey = "",
    known_hosts: KnownHosts = KNOWN_HOSTS,
    root: Root = ROOT,
    journal: Annotated[
        Path | None, typer.Option(help="Write the terminal's whole journal to this file as well.", dir_okay=False)
    ] = None,
    lose: Annotated[
        int, typer.Option(min=0, help="How many journal entries may be lost to the backend without asking.")
    ] = 0,
    key: KeyFile = None,
    module: Module = None,
    token: TokenLabel = "",
    token_key: TokenKeyLabel = LABEL,
    pin_file: PinFile = None,
    yes: Yes = False,
    by: Technician = "",
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Retire a terminal for good: all is reported, then keys and token are destroyed and its certificates revoked.

    The journal stays on its disk. Keys are overwritten and removed: nobody finds them in the file system any more, but
    a flash card may keep old cells that only its chips show; end the master key at the acquirer too, and shred a card
    that must give nothing away. Cut off, it is completed by running it again. With the signer's key the binding is
    closed in the registry too. Exit code 0 retired, 1 not, 130 called off.
    """
    speak(language)
    screen = Screen(RETIRE_STEPS)
    with told_plainly(screen):
        who, place = by or getpass.getuser(), desk_of(desk)
        order = Retirement(serial=serial, technician=who, why=why, lose=lose, journal=journal)
        way = Way(over, root, identity, known_hosts, host_key)
        run(Retire(order, place, way.reach, None if yes else screen), way, screen, ask=not yes, as_json=as_json)
        registry = place.settings.registry
        if registry and registries.reading(registry).live(serial):
            if key or module:
                # Here and not above: a terminal has no such thing, and may retire itself.
                from provisioning import signing

                with signer(key, module, token, token_key, pin_file) as found, registries.writing(registry) as book:
                    signing.close(serial, why, book, found, who)
            elif not as_json:
                command = f"jumpguard provision close {serial} --why {shlex.quote(why)} --registry {registry} --key KEY"
                typer.echo(_("Have the signer's desk close its binding: {command}").format(command=command))
        if not as_json:
            typer.echo(_("{serial} is retired.").format(serial=serial))
