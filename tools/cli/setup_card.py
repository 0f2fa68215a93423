"""`jumpguard setup card`: a blank card of Raspberry Pi OS, mounted here, that comes up as a terminal to be claimed."""

import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer

from provisioning.errors import SetupError
from provisioning.pi.card import Card, card_changes, first_boot_of, write_card
from provisioning.pi.change import Change
from provisioning.pi.changes import Options
from provisioning.pi.first_boot import NOTE, PACKAGE
from provisioning.pi.identity import Identity, public_keys
from provisioning.pi.models import Model
from provisioning.pi.wifi import Wifi, wifi
from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly

# What of the card has nothing secret in it, and was there before.
_SHOWN = ("/config.txt", "/cmdline.txt")


def card(
    boot: Annotated[Path, typer.Option(help="Where the card's boot partition is mounted.", file_okay=False)],
    serial: Annotated[str, typer.Option(help="The terminal's serial; also its name in the network.")],
    ssh_key: Annotated[list[Path], typer.Option(help="A technician's public key; may be given again.", dir_okay=False)],
    package: Annotated[Path, typer.Option(help="The Debian package of JumpGuard for arm64.", dir_okay=False)],
    hostname: Annotated[str, typer.Option(help="The name in the network, where it is not the serial.")] = "",
    user: Annotated[str, typer.Option(help="The technician's user on the terminal.")] = "technician",
    model: Annotated[
        Model | None, typer.Option(help="The only model the card is put into; else it serves each that is known.")
    ] = None,
    wireless: Annotated[
        str, typer.Option("--wifi", metavar="NAME", help="A wireless network; its passphrase is asked for.")
    ] = "",
    wifi_passphrase_file: Annotated[Path | None, typer.Option(help="Holds the passphrase.", dir_okay=False)] = None,
    country: Annotated[str, typer.Option(help="Whose rules for wireless hold: two letters.")] = "CN",
    time_zone: Annotated[str, typer.Option(help="For example Asia/Shanghai.")] = "Asia/Shanghai",
    locale: Annotated[str, typer.Option(help="For example zh_CN.UTF-8.")] = "C.UTF-8",
    time_server: Annotated[list[str] | None, typer.Option(help="Asked for the time, in place of the system's.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would write.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
    language: Tongue = None,
) -> None:
    """Write a card so that it comes up as a terminal that waits to be claimed: no screen, no keyboard, no network."""
    speak(language)
    with said_plainly():
        identity = Identity(
            serial=serial,
            hostname=hostname or serial,
            ssh_keys=tuple(key for file in ssh_key for key in public_keys(file)),
            user=user,
            time_zone=time_zone,
            locale=locale,
            wifi=_wifi(wireless, wifi_passphrase_file, country) if wireless else None,
        )
        wanted = Card(
            identity=identity,
            package=package,
            models=(model,) if model else tuple(Model),
            options=Options(time_servers=tuple(time_server or ())),
        )
        found = card_changes(boot, wanted)
        kind = first_boot_of(boot)
        if not dry_run:
            write_card(boot, wanted, found)
        about = _about(package)
    if as_json:
        paths = [f"/{PACKAGE}", *(one.path for one in found)]
        said = {"first_boot": kind, "written": not dry_run, "paths": paths, "hostname": identity.hostname}
        said |= {"package": about, "files": {one.path: _content(one, identity.wifi) for one in found}}
        typer.echo(json.dumps(said))
        return
    typer.echo(f"/{PACKAGE}\n  " + _("The package, installed at the first start without a network."))
    typer.echo("    " + _("{name}, {size} bytes, SHA-256 {sha256}").format_map(about))
    for one in found:
        typer.echo(f"{one.path}\n  {_(one.why)}")
        # A dry run is for whoever wants to read what runs as root before it does.
        shown = _content(one, identity.wifi) if dry_run else one.diff() if one.path in _SHOWN else ""
        typer.echo("".join(f"    {line}\n" for line in shown.splitlines()), nl=bool(shown))
    typer.echo(_("nothing was written yet") if dry_run else _what_now(identity))


def _what_now(identity: Identity) -> str:
    said = _(
        "Unmount the card, put it into the terminal and switch it on. After some minutes, and a restart or two, it"
        " answers: ssh %(user)s@%(host)s (or %(host)s.local, or its address). What went wrong stands on the card, in"
        " %(note)s."
    )
    return said % {"user": identity.user, "host": identity.hostname, "note": NOTE}


def _wifi(name: str, file: Path | None, country: str) -> Wifi:
    if file is None:
        return wifi(name, typer.prompt(_("Passphrase of %s") % name, hide_input=True, err=True), country)
    try:
        return wifi(name, file.read_text(encoding="utf-8").strip("\r\n"), country)
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(_("%s cannot be read as a passphrase") % file) from error


def _about(package: Path) -> dict[str, object]:
    try:
        content = package.read_bytes()
    except OSError as error:
        raise SetupError(f"{package}: {error.strerror}") from error
    return {"name": package.name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _content(change: Change, network: Wifi | None) -> str:
    """What the file is to hold, whole but for the key of the wireless network, which no screen is to show."""
    text = change.after.decode(errors="replace") if isinstance(change.after, bytes) else _("(removed)")
    return text.replace(network.key, _("(the network's key)")) if network else text
