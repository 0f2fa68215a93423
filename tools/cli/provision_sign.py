"""`jumpguard provision sign` and `close`: what the acquirer's desk does with the binding signer's key."""

import getpass
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from provisioning import registry as registries
from provisioning import signing
from provisioning.application import tidy
from provisioning.application.application import Application, load
from provisioning.errors import EntryError, SigningError
from provisioning.registry_entry import CHANGED
from provisioning.review import PROBLEM, WARNING, findings
from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import files_named, said_plainly
from tools.cli.provision_keys import LABEL, KeyFile, Module, PinFile, TokenKeyLabel, TokenLabel, signer
from tools.cli.provision_questions import yes
from tools.cli.provision_review import Applications, show_findings

RegistryFile = Annotated[Path, typer.Option("--registry", help="The registry.", dir_okay=False)]
By = Annotated[str, typer.Option(help="Who signs; the registry names them. By default the user's name.")]

_LONGEST_WHY = 200


def sign(
    files: Applications,
    registry: RegistryFile,
    key: KeyFile = None,
    module: Module = None,
    token: TokenLabel = "",
    token_key: TokenKeyLabel = LABEL,
    pin_file: PinFile = None,
    out: Annotated[Path, typer.Option(help="Where the bindings go.", file_okay=False, exists=True)] = Path(),
    change: Annotated[str, typer.Option(metavar="WHY", help="The terminal gets another merchant or number; why.")] = "",
    renew: Annotated[bool, typer.Option("--renew", help="Sign again what is signed and in force.")] = False,
    days: Annotated[int, typer.Option(min=1, max=3650, help="For how many days the binding is valid.")] = signing.DAYS,
    valid_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From which day (UTC); by default from now on.")
    ] = None,
    least_version: Annotated[
        int, typer.Option(min=1, max=10**9, help="For a terminal that has bindings which the registry does not know.")
    ] = 1,
    by: By = "",
    new_registry: Annotated[
        bool, typer.Option("--new-registry", help="Make the registry: at the very first signing of a desk.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Sign in spite of warnings.")] = False,
    language: Tongue = None,
) -> None:
    """Issue the signed bindings of applications, each at the next version of its terminal, and write them down.

    All are checked before the first is signed. What is signed already is handed out again, not signed again.
    """
    speak(language)
    with said_plainly(), files_named():
        order = signing.Order(
            by=_line(by or getpass.getuser(), "--by"),
            change=_line(change, "--change") if change else "",
            valid_from=valid_from.replace(tzinfo=UTC) if valid_from else datetime.now(UTC) - timedelta(minutes=1),
            days=days,
            renew=renew,
            least_version=least_version,
        )
        applications = [load(file) for file in files]
        if not registry.exists() and not new_registry:
            # A misspelled name would forget what every terminal is bound to.
            said = _("registry {path}: not there; check the name, or make the first one with --new-registry")
            raise SigningError(said.format(path=registry))
        beside = registries.reading(registry) if registry.exists() else registries.Registry(registry, [])
        _refuse(signing.objections(applications, beside, order))
        if not yes:
            _confirm(applications, beside)
        with signer(key, module, token, token_key, pin_file) as found, registries.writing(registry) as book:
            # Again: somebody else may have signed while a person was thinking.
            _refuse(signing.objections(applications, book, order))
            for application in applications:
                signed = signing.sign(application, book, found, order)
                _say(signed, signing.hand_out(signed, out))
            typer.echo(_("registry: {count} entries, head {head}").format(count=len(book.entries), head=book.head))


def close(
    serial: Annotated[str, typer.Argument(help="The terminal's serial.")],
    why: Annotated[str, typer.Option(help="Why, for the registry.")],
    registry: RegistryFile,
    key: KeyFile = None,
    module: Module = None,
    token: TokenLabel = "",
    token_key: TokenKeyLabel = LABEL,
    pin_file: PinFile = None,
    by: By = "",
    language: Tongue = None,
) -> None:
    """End a terminal's binding in the registry, so that its numbers may be given to another terminal.

    The terminal hears nothing of it: lock or retire that as well.
    """
    speak(language)
    with said_plainly():
        said, who = _line(why, "--why"), _line(by or getpass.getuser(), "--by")
        if not registry.exists():
            raise SigningError(f"registry {registry}: not there; nothing was signed yet")
        with signer(key, module, token, token_key, pin_file) as found, registries.writing(registry) as book:
            entry = signing.close(serial, said, book, found, who)
            typer.echo(_("{serial}: version {version} is closed").format(serial=serial, version=entry.version))
            typer.echo(_("registry: {count} entries, head {head}").format(count=len(book.entries), head=book.head))


def _refuse(against: list[str]) -> None:
    if against:
        raise SigningError("\n".join([_("nothing was signed"), *against]))


def _confirm(applications: Sequence[Application], beside: registries.Registry) -> None:
    """Have a person decide on warnings. Raises SigningError when there is none to ask, or they say no."""
    warned = False
    for application in applications:
        found = [one for one in findings(application, beside) if one.level in (PROBLEM, WARNING)]
        if found:
            warned = True
            typer.secho(application.serial, bold=True)
            show_findings(found)
    if warned and not (sys.stdin.isatty() and yes(_("Sign in spite of these warnings?"), False)):
        raise SigningError(_("nothing was signed; put it right with `apply`, or sign with --yes"))


def _say(signed: signing.Signed, path: Path) -> None:
    entry = signed.entry
    said = _("version {version}, {mid} / {tid}").format(version=entry.version, mid=entry.mid, tid=entry.tid)
    if signed.repeated:
        said = _("signed before as {said}; handed out again").format(said=said)
    elif entry.action == CHANGED:
        said = _("{said}; switch number {count} of this terminal").format(said=said, count=entry.switches)
    typer.secho(f"✓ {entry.serial}: {said} -> {path}", fg="green")


def _line(text: str, option: str) -> str:
    try:
        return tidy.line(text, _LONGEST_WHY)
    except EntryError as error:
        raise SigningError(f"{option}: {error}") from error
