"""`jumpguard provision replace`: the numbers of a broken terminal go to another one."""

import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from provisioning import registry as registries
from provisioning import signing_again
from provisioning.errors import InstallError
from provisioning.install.desk import Desk
from provisioning.install.proof import SignedBinding
from provisioning.install.steps import REPLACE_STEPS
from provisioning.install.work import Order
from provisioning.keys import Signer
from provisioning.signing import Order as SigningOrder
from provisioning.upkeep.replace import Replace
from tools.cli.at_terminal import (
    KNOWN_HOSTS,
    ROOT,
    AsJson,
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
    Yes,
    hand_over,
    run,
    told_plainly,
)
from tools.cli.install_screen import Screen
from tools.cli.language import Tongue, speak
from tools.cli.provision_keys import LABEL, KeyFile, Module, PinFile, TokenKeyLabel, TokenLabel, signer
from tools.desk import desk as desk_of


def replace(
    old: Annotated[str, typer.Argument(help="The serial of the broken terminal.")],
    new: Annotated[str, typer.Argument(help="The serial of the blank one.")],
    why: Annotated[str, typer.Option(help="Why: for the registry and the audit trail.")],
    desk: DeskFile,
    over: Over = "",
    identity: IdentityFiles = None,
    host_key: HostKey = "",
    known_hosts: KnownHosts = KNOWN_HOSTS,
    root: Root = ROOT,
    key: KeyFile = None,
    module: Module = None,
    token: TokenLabel = "",
    token_key: TokenKeyLabel = LABEL,
    pin_file: PinFile = None,
    sale: Sale = True,
    yes: Yes = False,
    by: Technician = "",
    out: Out = Path(),
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Give the numbers of the broken terminal OLD to the blank terminal NEW, and install that.

    What OLD leaves open is named, its certificates are revoked. With the signer's key its binding is closed and signed
    for NEW; without, that was done at the signer's desk before. Cut off, run it again. Exit code 0 done, 1 not, 130
    called off.
    """
    speak(language)
    screen = Screen(REPLACE_STEPS)
    with told_plainly(screen):
        who, place = by or getpass.getuser(), desk_of(desk)
        if key or module:
            with signer(key, module, token, token_key, pin_file) as found:
                _sign(place, old, new, found, SigningOrder(by=who, change=why, valid_from=_now()))
        order = Order(
            signed=_signed_for(place, new), technician=who, why=f"{why}; replaces {old}", sale=sale, by_person=not yes
        )  # fmt: skip
        way = Way(over, root, identity, known_hosts, host_key)
        attempt = Replace(old, order, place, way.reach, screen)
        run(attempt, way, screen, ask=not yes, as_json=as_json)
        assert attempt.installation.installed is not None
        hand_over(attempt.installation.installed, screen, out, as_json=as_json)


def _now() -> datetime:
    # The terminal's clock may be a little behind.
    return datetime.now(UTC) - timedelta(minutes=1)


def _registry(place: Desk) -> Path:
    if place.settings.registry is None:
        raise InstallError("NO_REGISTRY", "")
    return place.settings.registry


def _sign(place: Desk, old: str, new: str, found: Signer, order: SigningOrder) -> None:
    with registries.writing(_registry(place)) as book:
        signing_again.replace(old, new, book, found, order)


def _signed_for(place: Desk, serial: str) -> SignedBinding:
    live = registries.reading(_registry(place)).live(serial)
    if live is None:
        raise InstallError("NOT_REGISTERED", serial)
    return msgspec.convert(live.binding, SignedBinding)
