"""`jumpguard fleet serve`: broker, backend and dashboard in one."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from board.endpoint import is_loopback
from provisioning.authority import Authority
from provisioning.texts import _
from tools.broker import Broker
from tools.brokers.nodes import PORT as TLS_PORT
from tools.brokers.nodes import endpoint
from tools.cli.fleet_ingest import Authorities, CaFile, CertificateFile, Kept, KeyFile, Streams
from tools.cli.language import Tongue, speak
from tools.cli.plainly import ended_by_signals, files_named, said_plainly
from tools.cli.shown import AsJson, Directory
from tools.errors import ToolError
from tools.fleet.history.retention import days
from tools.fleet.place import Place
from tools.fleet.serve.children import Children
from tools.fleet.serve.home import Home

PLAIN_PORT = 1883
FLEET = "fleet"


class ServeError(ToolError):
    """The desk cannot be served like this."""


def serve(
    directory: Directory,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the pages are; 0 takes a free one.")] = 8080,
    host: Annotated[
        str,
        typer.Option(help="The address that the pages listen at. Beyond this machine put a proxy with TLS before it."),
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None,
        typer.Option(help="A further name or address that browsers reach the pages under; repeat it."),
    ] = None,
    fleet: Annotated[str | None, typer.Option(help="The fleet; its authority's where that is given.")] = None,
    authority: Authorities = None,
    broker_host: Annotated[
        str,
        typer.Option(help="The name under which terminals reach the broker; needs --authority beyond this machine."),
    ] = "127.0.0.1",
    mqtt_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help=f"The broker's; {TLS_PORT} with TLS, {PLAIN_PORT} without; 0 a free one."),
    ] = None,
    broker: Annotated[
        list[str] | None,
        typer.Option("--broker", metavar="HOST:PORT", help="A broker that is there, instead of an own one; repeat it."),
    ] = None,
    ca_file: CaFile = None,
    certificate_file: CertificateFile = None,
    key_file: KeyFile = None,
    stream: Streams = None,
    keep: Kept = None,
    no_backend: Annotated[
        bool, typer.Option("--no-backend", help="Pages alone, beside a backend that runs on the same store.")
    ] = False,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Run broker, backend and dashboard until SIGTERM. Prints the address, and the first password once.

    It needs nothing but itself. When broker or backend ends, it ends too, with exit code 1.
    """
    speak(language)
    with said_plainly(), files_named(), ended_by_signals():
        home = _home(directory, fleet, authority)
        own = None
        if not broker and not no_backend:
            own = home.broker(broker_host, _mqtt_port(broker_host, mqtt_port, authority))
        options = _ingest_options(broker or [], stream or [], ca_file, certificate_file, key_file)
        options += _keep_options(keep or [])
        with Children(home, own, None if no_backend else options) as children:
            _serve_pages(home, host, port, name or [], children, own, as_json)


def _serve_pages(
    home: Home, host: str, port: int, names: Sequence[str], children: Children, own: Broker | None, as_json: bool
) -> None:
    # Here, since the pages take a second to load and no other command wants them.
    from tools.fleet.access.oidc import provider_of
    from tools.fleet.access.users import first_administrator
    from tools.fleet.api.guard import LOCAL
    from tools.fleet.pages.application import application
    from tools.fleet.pages.site import Site
    from tools.fleet.serve.server import Server

    place = Place(home.directory)
    place.check()
    site = Site(place, home.fleet, provider_of(home.directory))
    server = Server(application(site, [*LOCAL, host, *names]), host, port, children.check)
    told = {"address": f"http://{endpoint(host, server.port)}/"}
    if own is not None:
        told["broker"] = endpoint(own.host, own.port)
    first = site.change(first_administrator)
    if first is not None:
        told["user"], told["password"] = first
    server.run(lambda: _tell(told, as_json))


def _tell(told: dict[str, str], as_json: bool) -> None:
    if as_json:
        print(json.dumps(told), flush=True)
        return
    print(_("The dashboard: {address}").format(**told))
    if "broker" in told:
        print(_("Terminals reach the broker at {broker}.").format(**told))
    if "password" in told:
        print(_("The first user: {user}, password {password} (it is not shown again)").format(**told), flush=True)


def _home(directory: Path, fleet: str | None, authority: Path | None) -> Home:
    if authority is None:
        return Home(directory.absolute(), fleet or FLEET)
    authorities = Authority(authority.absolute())
    if fleet not in (None, authorities.fleet):
        raise ServeError(f"authority: it is for fleet {authorities.fleet}, not for {fleet}")
    return Home(directory.absolute(), authorities.fleet, authorities)


def _mqtt_port(broker_host: str, mqtt_port: int | None, authority: Path | None) -> int:
    if authority is None and not is_loopback(broker_host):
        raise ServeError(f"broker: {broker_host} is beyond this machine: give --authority, so that it speaks TLS")
    if mqtt_port is not None:
        return mqtt_port
    return PLAIN_PORT if authority is None else TLS_PORT


def _ingest_options(
    brokers: Sequence[str],
    streams: Sequence[str],
    ca_file: Path | None,
    certificate_file: Path | None,
    key_file: Path | None,
) -> list[str]:
    options = [part for text in brokers for part in ("--broker", text)]
    options += [part for text in streams for part in ("--stream", text)]
    files = {"--ca-file": ca_file, "--certificate-file": certificate_file, "--key-file": key_file}
    return options + [str(part) for name, file in files.items() if file is not None for part in (name, file.absolute())]


def _keep_options(keep: Sequence[str]) -> list[str]:
    """What of `keep` the backend is told. Raises OrderError here: its own would only be in its log."""
    for text in keep:
        days(text)
    return [part for text in keep for part in ("--keep", text)]
