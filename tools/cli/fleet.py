"""`jumpguard fleet`: the fleet's backend, its key, and a look at what it has stored."""

import json
import logging
import signal
from pathlib import Path
from typing import Annotated

import typer

from agent.report import alarms
from board.endpoint import endpoint
from board.identity import Pair
from board.settings.file import fault
from board.settings.kinds import HostPort
from board.settings.link import LinkSettings
from provisioning import keys
from provisioning.authority import Authority
from provisioning.reasons import meaning, remedy
from provisioning.texts import _
from tools.cli import fleet_brokers, fleet_certificates, fleet_orders
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_json, print_table
from tools.fleet import shown_vitals
from tools.fleet.backend import Backend, Options
from tools.fleet.errors import StoreError
from tools.fleet.link import Broker
from tools.fleet.store import Reader
from tools.fleet.tables import STORE_NAME

app = typer.Typer(
    add_completion=False,
    help="The fleet's backend: take events, order things of terminals, make its key, look at the store.",
    no_args_is_help=True,
)

for _order in (
    fleet_orders.command,
    fleet_orders.commands,
    fleet_orders.configure,
    fleet_orders.configurations,
    fleet_orders.renew,
):
    app.command()(_order)
app.command("ca")(fleet_certificates.ca)
app.command("server-certificate")(fleet_certificates.server_certificate)
app.command("backend-certificate")(fleet_certificates.backend_certificate)
app.command("device-certificate")(fleet_certificates.device_certificate)
app.command("revoke")(fleet_certificates.revoke)
app.command("broker")(fleet_brokers.broker)


def _broker(text: str, ca_file: Path | None, certificate_file: Path | None, key_file: Path | None) -> Broker:
    if fault(text, HostPort):
        raise typer.BadParameter(f"{text!r} is not HOST:PORT, such as 127.0.0.1:1883")
    host, port = endpoint(text)
    files = {"ca_file": ca_file, "certificate_file": certificate_file, "key_file": key_file}
    given = {name: str(file) for name, file in files.items() if file is not None}
    wrong = fault({"host": host, "port": port, **given}, LinkSettings)
    if wrong:
        raise typer.BadParameter(wrong.replace("_file", "-file"))
    pair = None if certificate_file is None or key_file is None else Pair(certificate_file, key_file)
    return Broker(host, port, ca_file, pair)


@app.command()
def ingest(
    directory: Directory,
    broker: Annotated[
        list[str], typer.Option(metavar="HOST:PORT", help="The MQTT broker; once for each of its nodes.")
    ],
    fleet: Annotated[str, typer.Option(help="The fleet to serve.")],
    key: Annotated[Path, typer.Option(help="The backend's key file (`jumpguard fleet key`).")],
    ca_file: Annotated[Path | None, typer.Option(help="Whom the broker's certificate has to be signed by.")] = None,
    certificate_file: Annotated[
        Path | None, typer.Option(help="The backend's certificate (`jumpguard fleet backend-certificate`).")
    ] = None,
    key_file: Annotated[Path | None, typer.Option(help="Its private key.")] = None,
    authority: Annotated[
        Path | None,
        typer.Option(help="Directory of the authorities (`jumpguard fleet ca`): renew the terminals' certificates."),
    ] = None,
    broker_folder: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a broker (`jumpguard fleet broker`) to tell of new certificates; repeat it."),
    ] = None,
) -> None:
    """Store the fleet's events and acknowledge them, until SIGTERM. Prints {"store": PATH} when subscribed."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    brokers = [_broker(text, ca_file, certificate_file, key_file) for text in broker]
    with said_plainly():
        backend = Backend(
            Options(
                directory,
                brokers,
                fleet,
                keys.load(key),
                None if authority is None else Authority(authority),
                broker_folder or [],
            ),
            on_ready=lambda path: print(json.dumps({"store": str(path)}), flush=True),
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: backend.stop())
        backend.run()


@app.command()
def key(file: Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")]) -> None:
    """Make the backend's key, readable by its owner only. Prints its id and public half for the operator's key set."""
    with said_plainly():
        made = keys.create(file, keys.BACKEND)
    print(json.dumps({"id": made.id, "public": made.public_hex}))


@app.command()
def events(
    directory: Directory,
    terminal: Annotated[str | None, typer.Option(help="Only this terminal's.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the stored events, in order."""
    with said_plainly():
        stored = Reader(directory / STORE_NAME).events(terminal)
    if as_json:
        print_json(stored)
    else:
        print_table(
            ("terminal", "journal", "sequence", "time", "clock", "kind", "hash"),
            [(e.terminal, e.journal_id[:8], str(e.sequence), e.time, e.clock, e.kind, e.hash[:12]) for e in stored],
        )


@app.command()
def terminals(directory: Directory, as_json: AsJson = False) -> None:
    """List the terminals, and what needs a look."""
    reader = Reader(directory / STORE_NAME)
    with said_plainly():
        known, raised = reader.terminals(), reader.alarms()
    if as_json:
        print_json(known)
        return
    print_table(
        ("terminal", "presence", "lifecycle", "last seen"),
        [(t.terminal, t.presence or "?", t.lifecycle or "?", t.seen_at or "never") for t in known],
    )
    open_alarms = [alarm for alarm in raised if alarm.cleared_at is None]
    if open_alarms:
        print_table(
            ("terminal", "alarm", "since", "detail"), [(a.terminal, a.kind, a.at, a.detail) for a in open_alarms]
        )


@app.command(epilog="Example: jumpguard fleet vitals JG-DEMO-0001 --dir fleet")
def vitals(
    terminal: Annotated[str, typer.Argument(help="One of `jumpguard fleet terminals`.")],
    directory: Directory,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Show the latest vitals of a terminal, and what to do about its alarms."""
    speak(language)
    with said_plainly():
        known = {each.terminal: each for each in Reader(directory / STORE_NAME).terminals()}.get(terminal)
        if known is None or known.vitals is None:
            raise StoreError(f"terminal {terminal!r}: the store holds no vitals of it; see `jumpguard fleet terminals`")
    if as_json:
        print(known.vitals)
        return
    readings = json.loads(known.vitals)
    presence = {_("Presence"): known.presence or "?", _("Last seen"): known.seen_at or "?"}
    print_table((terminal, ""), [*presence.items(), *shown_vitals.rows(readings)])
    for kind in str(readings.get("alarms", "")).split():
        if kind in alarms.KINDS:
            print(f"\n{kind}: {meaning(kind)} {remedy(kind)}")
