"""`jumpguard provision install`: from a signed binding and a blank terminal to a first verified sale."""

import getpass
from pathlib import Path

from provisioning.install.installation import Installation
from provisioning.install.proof import read
from provisioning.install.work import Order
from tools.cli.at_terminal import (
    KNOWN_HOSTS,
    ROOT,
    AsJson,
    Binding,
    DeskFile,
    HostKey,
    IdentityFiles,
    KnownHosts,
    Out,
    Over,
    Root,
    Sale,
    Technician,
    Way,
    Why,
    Yes,
    hand_over,
    run,
    told_plainly,
)
from tools.cli.install_screen import Screen
from tools.cli.language import Tongue, speak
from tools.desk import desk as desk_of


def install(
    binding: Binding,
    desk: DeskFile,
    over: Over = "",
    identity: IdentityFiles = None,
    host_key: HostKey = "",
    known_hosts: KnownHosts = KNOWN_HOSTS,
    root: Root = ROOT,
    sale: Sale = True,
    yes: Yes = False,
    by: Technician = "",
    why: Why = "",
    out: Out = Path(),
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Install a blank terminal for the merchant of BINDING, and prove it by a sale.

    Whatever fails or is called off, the terminal is put back as it was. Exit code 0 installed, 1 not, 130 called off.
    """
    speak(language)
    screen = Screen()
    with told_plainly(screen):
        order = Order(
            signed=read(binding), technician=by or getpass.getuser(), why=why, sale=sale, by_person=not yes
        )  # fmt: skip
        way = Way(over, root, identity, known_hosts, host_key)
        installation = Installation(order, desk_of(desk), way.reach, screen)
        run(installation, way, screen, ask=not yes, as_json=as_json)
        assert installation.installed is not None
        hand_over(installation.installed, screen, out, as_json=as_json)
