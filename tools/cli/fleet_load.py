"""`jumpguard fleet load`: thousands of made-up terminals at a broker, to see what the fleet's backend makes of them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from board.endpoint import endpoint
from board.settings.file import fault
from board.settings.kinds import HostPort
from provisioning import keys
from provisioning.authority import Authority
from tools.brokers.reload import refresh
from tools.cli.plainly import ended_by_signals, files_named, said_plainly
from tools.cli.shown import print_table
from tools.fleet.contract import check_name
from tools.fleet.load.certificates import Certificates
from tools.fleet.load.checker import Verdict, check
from tools.fleet.load.crowd import Broker, Crowd, Pace
from tools.fleet.load.load import Order, Outcome, run
from tools.fleet.load.trust import BackendKeys
from tools.fleet.load.who import terminals as known
from tools.fleet.place import Place

EPILOG = (
    "Exit code 0 when every event was acknowledged and nothing was wrong, else 1. Example: jumpguard fleet load"
    " --terminals 1000 --broker 127.0.0.1:1883 --fleet demo --minutes 2"
)


def load(
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="The MQTT broker.")],
    fleet: Annotated[str, typer.Option(help="The fleet that the terminals are of.")],
    terminals: Annotated[int, typer.Option(min=1, max=99_999, help="How many terminals.")] = 10_000,
    events_per_second: Annotated[
        float, typer.Option(min=0.1, help="Events a second, of all of them together.")
    ] = 100.0,
    minutes: Annotated[float, typer.Option(min=0.0, help="For how long, once all are connected.")] = 10.0,
    connects_per_second: Annotated[float, typer.Option(min=0.1, help="Terminals that come on line a second.")] = 200.0,
    drain_seconds: Annotated[float, typer.Option(min=0.0, help="How long to wait for the last word.")] = 120.0,
    vitals_seconds: Annotated[float, typer.Option(min=1.0, help="How often each tells its vitals.")] = 60.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same things happen, in the same order.")] = 1,
    key: Annotated[
        Path | None, typer.Option(help="The backend's key, backend.key: only what it signed is believed.")
    ] = None,
    authority: Annotated[
        Path | None,
        typer.Option(help="Connect over TLS: directory of the authorities (`jumpguard fleet ca`), which sign for all."),
    ] = None,
    certificates: Annotated[
        Path | None, typer.Option(help="Folder in which the terminals' certificates are kept for the next time.")
    ] = None,
    broker_folder: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a broker (`jumpguard fleet broker`) that is told of them; repeat it."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(help="Directory of the backend's store: hold it against what was acknowledged, in the end."),
    ] = None,
    marks: Annotated[
        Path | None, typer.Option(help="Write there, each second, the newest event and when it was made.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of the text.")] = False,
) -> None:
    """Connect made-up terminals that sell, fail, jump, restart and lose their lines, and hold what comes back.

    They are named JG-LOAD-00001 and so on, and begin a journal of their own at each run: give the backend a store that
    is thrown away.
    """
    if fault(broker, HostPort):
        raise typer.BadParameter(f"{broker!r} is not HOST:PORT, such as 127.0.0.1:1883")
    host, port = endpoint(broker)
    with said_plainly(), files_named(), ended_by_signals(), Console(stderr=True).status("") as status:
        check_name(fleet)
        signer = None if key is None else keys.load(key)
        made = _certificates(authority, certificates, broker_folder or [], terminals, seed)
        context = (lambda _: None) if made is None else made.context
        pace = Pace(connects_per_second, events_per_second, minutes * 60, drain_seconds)
        order = Order(terminals, fleet, Broker(host, port, context), pace, BackendKeys(signer), seed, vitals_seconds)
        outcome = run(order, lambda crowd: _tell(status, crowd, marks))
        verdict = None if store is None else check(Place(store), outcome.claims)
    _show(outcome, verdict, as_json)
    wrong = any(name.startswith("wrong: ") for name in outcome.figures.counts)
    raise typer.Exit(1 if outcome.unacknowledged or wrong or (verdict is not None and verdict.faults) else 0)


def _certificates(
    authority: Path | None, folder: Path | None, brokers: list[Path], terminals: int, seed: int
) -> Certificates | None:
    """Those of the terminals; None without encryption."""
    if authority is None:
        return None
    if folder is None:
        raise typer.BadParameter("--authority wants --certificates, a folder for the terminals' own")
    signing = Authority(authority)
    made = Certificates(signing, folder)
    if made.make(who.serial for who in known(terminals, seed)):
        for each in brokers:
            refresh(signing, each)
    return made


def _tell(status: Status, crowd: Crowd, marks: Path | None) -> None:
    counts = crowd.world.figures.counts
    status.update(f"{crowd.up:,} connected, {counts['events']:,} events, {crowd.waiting:,} not acknowledged")
    if marks is not None and crowd.world.figures.latest is not None:
        with marks.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(crowd.world.figures.latest))}\n")


def _show(outcome: Outcome, verdict: Verdict | None, as_json: bool) -> None:
    figures = outcome.figures.as_json() | {"unacknowledged": outcome.unacknowledged}
    if as_json:
        stored = None if verdict is None else asdict(verdict)
        print(json.dumps(figures | {"store": stored}, ensure_ascii=False, indent=2))
        return
    rows = [(name, f"{count:,}") for name, count in figures["counts"].items()]
    rows += [("not acknowledged", f"{outcome.unacknowledged:,}")]
    for name in ("event_to_ack", "event_to_ack_made_off_line"):
        rows += [(f"{name}: {what}", str(value)) for what, value in figures[name].items()]
    if verdict is not None:
        rows += [("in the store", f"{verdict.events:,}"), *(("wrong in the store", fault) for fault in verdict.faults)]
    print_table(("what", "how many"), rows)
