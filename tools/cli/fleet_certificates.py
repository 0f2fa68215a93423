"""`jumpguard fleet ca`, `server-certificate`, `backend-certificate`, `device-certificate` and `revoke`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509

from board import private_file
from provisioning.authority import MOST_WORKERS, Authority
from provisioning.certificates import CLIENT_DAYS
from tools.brokers.reload import Told, refresh
from tools.cli.plainly import files_named, said_plainly

CaDirectory = Annotated[Path, typer.Option("--ca", help="Directory of the authorities (`jumpguard fleet ca`).")]
Days = Annotated[int, typer.Option(min=1, max=10 * 365, help="How many days it is valid.")]
Brokers = Annotated[
    list[Path] | None,
    typer.Option("--broker", help="Folder of a broker (`jumpguard fleet broker`) to tell; repeat it.", file_okay=False),
]
OutKey = Annotated[
    Path,
    typer.Option("--key", help="The file for the new TLS key, such as backend-link.key; it must not be there yet."),
]
OutCertificate = Annotated[
    Path,
    typer.Option("--out", help="The file for the certificate, such as backend-link.crt; replaced if it is there."),
]

TO_DO = {
    Told.NOT_RUNNING: "written, but no broker runs there; copy it to where one does, and reload that",
    Told.RESTART_NEEDED: "written; restart the broker, which reads its authority only when it starts",
}


def ca(
    directory: Annotated[Path, typer.Argument(help="Where the authorities live; made if it is not there.")],
    fleet: Annotated[str | None, typer.Option(help="The fleet that they are for.")] = None,
    replace_devices: Annotated[
        bool, typer.Option("--replace-devices", help="Make a new devices authority: the old one's key was stolen.")
    ] = False,
    brokers: Brokers = None,
) -> None:
    """Make the fleet's certificate authorities: `servers` for the brokers, `devices` for terminals and the backend.

    Move servers.key to a place without a network once the brokers have their certificates: terminals trust it. After
    --replace-devices every terminal and the backend need new certificates.
    """
    authority = Authority(directory)
    with said_plainly(), files_named():
        if replace_devices:
            authority.replace_devices()
            tell(authority, brokers or [])
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
        private, certificate = Authority(directory).issue_server(name)
        private_file.create(key, private)
        _put(out, certificate, key)


def backend_certificate(
    directory: CaDirectory,
    key: OutKey,
    out: OutCertificate,
    days: Days = CLIENT_DAYS,
    brokers: Brokers = None,
    worker: Annotated[
        int, typer.Option(min=0, max=MOST_WORKERS, help="For its worker of this number, from 1 (mosquitto).")
    ] = 0,
) -> None:
    """Make the private key and the certificate with which the backend connects to the brokers.

    `jumpguard fleet ingest` takes them as --key-file and --certificate-file; its --key is one that signs.
    mosquitto ends the older of two connections of one name: several workers of a backend need a certificate each.
    """
    authority = Authority(directory)
    with said_plainly(), files_named():
        private, certificate = authority.issue_backend(days, worker)
        private_file.create(key, private)
        _put(out, certificate, key)
        tell(authority, brokers or [])


def device_certificate(
    terminal: Annotated[str, typer.Argument(help="The terminal's serial.")],
    request: Annotated[Path, typer.Argument(help="Its request (`python -m board --request-certificate FILE`).")],
    directory: CaDirectory,
    out: OutCertificate,
    days: Days = CLIENT_DAYS,
    brokers: Brokers = None,
) -> None:
    """Issue a terminal's certificate for the request that it made; its private key never leaves it.

    Only issue what you know to come from that terminal.
    """
    authority = Authority(directory)
    with said_plainly(), files_named():
        _put(out, authority.issue_terminal(terminal, request.read_bytes(), days))
        tell(authority, brokers or [])


def revoke(
    name: Annotated[str, typer.Argument(metavar="TERMINAL", help="The terminal's serial; or `backend`.")],
    directory: CaDirectory,
    brokers: Brokers = None,
) -> None:
    """Take a terminal's access away: its certificates are revoked, and its connection is ended within seconds.

    Name the folder of each broker. One that runs on another machine needs the folder's new content copied to it, and
    a SIGHUP. A certificate that is issued to the terminal later is good.
    """
    authority = Authority(directory)
    with said_plainly(), files_named():
        count = authority.revoke(name)
        tell(authority, brokers or [], [name])
    if not brokers:
        typer.echo("no broker was told: name the folder of each with --broker", err=True)
    print(json.dumps({"revoked": count}))


def tell(authority: Authority, folders: Sequence[Path], revoked: Sequence[str] = ()) -> None:
    """Bring brokers up to date, and say which of them do not run here."""
    for folder in folders:
        told = refresh(authority, folder, revoked)
        if told in TO_DO:
            typer.echo(f"{folder}: {TO_DO[told]}", err=True)


def _put(out: Path, certificate: bytes, key: Path | None = None) -> None:
    """Write the certificate, and say where it is, with its `key` if that was made here, and when it ends."""
    out.write_bytes(certificate)
    ends = x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    files = {"certificate": str(out)} | ({} if key is None else {"key": str(key)})
    print(json.dumps(files | {"expires": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}))
