"""`jumpguard fleet`: the fleet's backend, and a look at what it has stored."""

import json
from typing import Annotated

import typer

from provisioning.texts import _
from tools.cli import (
    fleet_access,
    fleet_alarms,
    fleet_alerts,
    fleet_audit,
    fleet_brokers,
    fleet_certificates,
    fleet_channels,
    fleet_ingest,
    fleet_jump_group,
    fleet_keys,
    fleet_load,
    fleet_orders,
    fleet_rollouts,
    fleet_serve,
    fleet_store,
)
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_json, print_table
from tools.fleet import shown_vitals
from tools.fleet.errors import StoreError
from tools.fleet.reader import Reader
from tools.fleet.standing import standing
from tools.fleet.words import said

app = typer.Typer(
    add_completion=False,
    help="The fleet's backend: take events, order things of terminals, look at alarms and store.",
    no_args_is_help=True,
)

for _taking in (fleet_ingest.ingest, fleet_ingest.worker):
    app.command()(_taking)
for _order in (
    fleet_orders.command,
    fleet_orders.commands,
    fleet_orders.configure,
    fleet_orders.configurations,
    fleet_orders.renew,
):
    app.command()(_order)
app.add_typer(fleet_rollouts.app, name="rollout")
app.command("keys")(fleet_keys.keys)
app.command(epilog=fleet_load.EPILOG)(fleet_load.load)
app.command()(fleet_alarms.alarms)
app.command(epilog="Example: jumpguard fleet close 7 --why 'Wang: board swapped, journal begun anew' --dir fleet")(
    fleet_alarms.close
)
for _on_alerts in (fleet_alerts.alerts, fleet_alerts.acknowledge, fleet_alerts.assign):
    app.command()(_on_alerts)
app.add_typer(fleet_channels.app, name="channels")
app.command("ca")(fleet_certificates.ca)
app.command("server-certificate")(fleet_certificates.server_certificate)
app.command("backend-certificate")(fleet_certificates.backend_certificate)
app.command("device-certificate")(fleet_certificates.device_certificate)
app.command("revoke")(fleet_certificates.revoke)
app.command("broker")(fleet_brokers.broker)
app.command(epilog="Example: jumpguard fleet serve --dir fleet")(fleet_serve.serve)
app.add_typer(fleet_jump_group.jumps, name="jumps")
app.command(epilog="Example: jumpguard fleet store --dir fleet --postgresql postgresql://fleet@HOST/fleet --move")(
    fleet_store.store
)
app.add_typer(fleet_access.users, name="users")
app.add_typer(fleet_access.tokens, name="tokens")
app.command(epilog="Example: jumpguard fleet audit --subject wang --dir fleet")(fleet_audit.audit)


@app.command()
def events(
    directory: Directory,
    terminal: Annotated[str | None, typer.Option(help="Only this terminal's.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the stored events, in order."""
    with said_plainly():
        stored = Reader(directory).events(terminal)
    if as_json:
        print_json(stored)
    else:
        print_table(
            ("terminal", "journal", "sequence", "time", "clock", "kind", "hash"),
            [(e.terminal, e.journal_id[:8], str(e.sequence), e.time, e.clock, e.kind, e.hash[:12]) for e in stored],
        )


@app.command()
def terminals(directory: Directory, as_json: AsJson = False, language: Tongue = None) -> None:
    """List the terminals, and which alarms are open; `jumpguard fleet alarms` says what to do about them."""
    speak(language)
    with said_plainly():
        known, raised = Reader(directory).terminals(), fleet_alarms.raised_by_terminal(directory)
    if as_json:
        print_json(known)
        return
    print_table(
        (_("terminal"), _("presence"), _("lifecycle"), _("last seen"), _("alarms")),
        [
            (
                t.terminal,
                said(t.presence),
                said(t.lifecycle),
                t.seen_at or _("never"),
                " ".join(raised.get(t.terminal, [])),
            )
            for t in known
        ],
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
        known = {each.terminal: each for each in Reader(directory).terminals()}.get(terminal)
        if known is None or known.vitals is None:
            raise StoreError(f"terminal {terminal!r}: the store holds no vitals of it; see `jumpguard fleet terminals`")
    if as_json:
        print(known.vitals)
        return
    readings = json.loads(known.vitals)
    presence = {_("Presence"): said(known.presence), _("Last seen"): known.seen_at or "?"}
    print_table((terminal, ""), [*presence.items(), *shown_vitals.rows(readings)])
    fleet_alarms.explain(alarm.kind for alarm in standing(known))
