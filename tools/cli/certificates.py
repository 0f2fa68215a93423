"""`jumpguard fleet ca`, `server-certificate`, `backend-certificate` and `device-certificate`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from board import private_file
from provisioning.authority import Authority
from provisioning.certificates import CLIENT_DAYS
from tools.cli.plainly import files_named, said_plainly

CaDirectory = Annotated[Path, typer.Option("--ca", help="Directory of the authorities (`jumpguard fleet ca`).")]
Days = Annotated[int, typer.Option(min=1, max=10 * 365, help="How many days it is valid.")]
OutKey = Annotated[Path, typer.Option("--key", help="The file for the new private key; it must not be there yet.")]
OutCertificate = Annotated[Path, typer.Option("--out", help="The file for the certificate; replaced if it is there.")]


def ca(
    directory: Annotated[Path, typer.Argument(help="Where the authorities live; made if it is not there.")],
    fleet: Annotated[str | None, typer.Option(help="The fleet that they are for.")] = None,
    replace_devices: Annotated[
        bool, typer.Option("--replace-devices", help="Make a new devices authority: the old one's key was stolen.")
    ] = False,
) -> None:
    """Make the fleet's certificate authorities: `servers` for the brokers, `devices` for terminals and the backend.

    Move servers.key to a place without a network once the brokers have their certificates: terminals trust it.
    """
    authority = Authority(directory)
    with said_plainly(), files_named():
        if replace_devices:
            authority.replace_devices()
        elif fleet is None:
            raise typer.BadParameter("name the fleet: --fleet NAME")
        else:
            authority.create(fleet)
        made = {"fleet": authority.fleet, "servers": authority.servers_file, "devices": authority.devices_file}
    print(json.dumps({name: str(value) for name, value in made.items()}))


def server_certificate(
    directory: CaDirectory,
    name: Annotated[list[str], typer.Option(help="A host name or IP address that it is reached under; repeat it.")],
    key: OutKey,
    out: OutCertificate,
) -> None:
    """Make a broker's private key and its certificate."""
    with said_plainly(), files_named():
        _write(key, out, Authority(directory).issue_server(name))


def backend_certificate(directory: CaDirectory, key: OutKey, out: OutCertificate, days: Days = CLIENT_DAYS) -> None:
    """Make the private key and the certificate with which the backend connects to the brokers."""
    with said_plainly(), files_named():
        _write(key, out, Authority(directory).issue_backend(days))


def device_certificate(
    terminal: Annotated[str, typer.Argument(help="The terminal's serial.")],
    request: Annotated[Path, typer.Argument(help="Its request (`python -m board --request-certificate FILE`).")],
    directory: CaDirectory,
    out: OutCertificate,
    days: Days = CLIENT_DAYS,
) -> None:
    """Issue a terminal's certificate for the request that it made; its private key never leaves it.

    Only issue what you know to come from that terminal.
    """
    with said_plainly(), files_named():
        out.write_bytes(Authority(directory).issue_terminal(terminal, request.read_bytes(), days))


def _write(key: Path, out: Path, made: tuple[bytes, bytes]) -> None:
    private_file.create(key, made[0])
    out.write_bytes(made[1])
