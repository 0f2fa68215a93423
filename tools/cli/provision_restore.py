"""`jumpguard provision restore`: the content of an earlier version, signed as a new one."""

import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from provisioning import registry as registries
from provisioning import signing, signing_again
from provisioning.texts import _
from tools.cli.at_terminal import TerminalSerial
from tools.cli.language import Tongue, speak
from tools.cli.plainly import files_named, said_plainly
from tools.cli.provision_keys import LABEL, KeyFile, Module, PinFile, TokenKeyLabel, TokenLabel, signer
from tools.cli.provision_sign import By, RegistryFile


def restore(
    serial: TerminalSerial,
    version: Annotated[int, typer.Option(min=1, help="Whose content is to be in force again.")],
    why: Annotated[str, typer.Option(help="Why, for the registry.")],
    registry: RegistryFile,
    key: KeyFile = None,
    module: Module = None,
    token: TokenLabel = "",
    token_key: TokenKeyLabel = LABEL,
    pin_file: PinFile = None,
    out: Annotated[Path, typer.Option(help="Where the binding goes.", file_okay=False, exists=True)] = Path(),
    days: Annotated[int, typer.Option(min=1, max=3650, help="For how many days it is valid.")] = signing.DAYS,
    by: By = "",
    language: Tongue = None,
) -> None:
    """Sign the content that a terminal had as an earlier version as its next one; a lower version is never installed.

    `jumpguard provision change` brings it to the terminal. Run again, it hands out the same binding.
    """
    speak(language)
    with said_plainly(), files_named():
        order = signing.Order(
            by=by or getpass.getuser(), change=why, valid_from=datetime.now(UTC) - timedelta(minutes=1), days=days
        )
        beside = registries.reading(registry)
        signing_again.entry_of(beside, serial, version)
        with signer(key, module, token, token_key, pin_file) as found, registries.writing(registry) as book:
            signed = signing_again.restore(serial, version, book, found, order)
            path = signing.hand_out(signed, out)
        said = _("{serial}: the content of version {before} is version {version} -> {path}")
        typer.echo(said.format(serial=serial, before=version, version=signed.entry.version, path=path))
        typer.echo(
            _("Bring it to the terminal: {command}").format(command=f"jumpguard provision change {path} --desk ...")
        )
