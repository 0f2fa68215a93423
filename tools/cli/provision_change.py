"""`jumpguard provision change`: an installed terminal gets another merchant, number, place or term."""

import getpass
from pathlib import Path

from provisioning.install.proof import read
from provisioning.install.steps import CHANGE_STEPS
from provisioning.install.work import Order
from provisioning.upkeep.change import Change
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


def change(
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
    """Bring an installed terminal to BINDING: to another merchant, to another address (a move), or to a renewed one.

    The acquirer is asked on trial first; up to there whatever fails leaves the terminal as it was. Then it counts, and
    is proven by a sale. Journal, keys and certificate stay. Exit code 0 changed and proven, 1 not, 130 called off.
    """
    speak(language)
    screen = Screen(CHANGE_STEPS)
    with told_plainly(screen):
        order = Order(
            signed=read(binding), technician=by or getpass.getuser(), why=why, sale=sale, by_person=not yes
        )  # fmt: skip
        way = Way(over, root, identity, known_hosts, host_key)
        attempt = Change(order, desk_of(desk), way.reach, screen)
        run(attempt, way, screen, ask=not yes, as_json=as_json)
        assert attempt.installed is not None
        hand_over(attempt.installed, screen, out, as_json=as_json)
