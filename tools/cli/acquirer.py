"""`jumpguard acquirer`: run the simulated acquirer, tell it how to behave, read its books."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tools.acquirer.client import AcquirerControl
from tools.acquirer.ledger import Row, read_charges
from tools.acquirer.simulator import LEDGER_NAME, LOOPBACK, run
from tools.cli.plainly import said_plainly

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Run the simulated acquirer, tell it how to behave, read its books.",
    no_args_is_help=True,
)

Directory = Annotated[
    Path, typer.Option("--dir", metavar="DIR", help="The acquirer's directory: control.sock and ledger.sqlite.")
]

# What fits a screen of 80 columns, and its headings; --json has everything.
_COLUMNS = {
    "terminal": "terminal",
    "mid": "booked under",
    "tid": "and TID",
    "trace": "trace",
    "amount": "amount",
    "card": "card",
    "response_code": "39",
    "state": "state",
}


@app.command()
def serve(
    directory: Directory,
    terminals: Annotated[Path, typer.Option(metavar="FILE", help="TOML file of the terminals that it knows.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port; 0 takes a free one.")] = 0,
) -> None:
    """Run the simulated acquirer until Ctrl-C or SIGTERM.

    Prints one JSON line with host, port, control socket and ledger when it is ready. The terminals file:

        acquirer = "898"

        [[terminals]]
        tid = "10000001"
        mid = "898350154110001"
        name = "Island Tea House"
        tmk = "<32 hexadecimal digits>"
    """
    with said_plainly():
        run(directory, terminals, host, port)


@app.command()
def behave(
    behaviour: Annotated[
        str,
        typer.Argument(
            metavar="BEHAVIOUR",
            help="approve, decline, delay, drop, drop_request, cut, answer_as, leave_out, bad_mac, bad_keys, "
            "wrong_trace, wrong_amount, duplicate, late, expire_keys or host_request.",
        ),
    ],
    directory: Directory,
    times: Annotated[str, typer.Option(metavar="N|always", help="How many messages it is for.")] = "1",
    mti: Annotated[
        str | None, typer.Option(help="Message type: 0200 sale (usual), 0400 reversal, 0800 sign-on.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="decline: the answer's DE 39, such as 51.")] = None,
    ms: Annotated[int | None, typer.Option(help="delay, late: milliseconds.")] = None,
    when: Annotated[str | None, typer.Option(help="cut: before_booking or after_booking.")] = None,
    acquirer: Annotated[str | None, typer.Option(help="answer_as: acquirer code (DE 32).")] = None,
    mid: Annotated[str | None, typer.Option(help="answer_as: merchant number (DE 42).")] = None,
    tid: Annotated[str | None, typer.Option(help="answer_as: terminal number (DE 41).")] = None,
    name: Annotated[str | None, typer.Option(help="answer_as: merchant name (DE 43).")] = None,
    request: Annotated[
        int | None, typer.Option(help="host_request: what the header asks for, such as 6 to load parameters.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="answer_as: currency (DE 49), three digits.")] = None,
    elements: Annotated[str | None, typer.Option(help="leave_out: data elements, such as 39,42.")] = None,
) -> None:
    """Tell the running acquirer what to do with its next messages.

    A merchant jump on the next sale:

        jumpguard acquirer behave answer_as --dir DIR --mid 898350154110099

    Decline everything with "insufficient funds", then approve again:

        jumpguard acquirer behave decline --code 51 --times always --dir DIR

        jumpguard acquirer behave approve --times always --dir DIR
    """
    named = {"acquirer": acquirer, "mid": mid, "tid": tid, "name": name, "currency": currency, "elements": elements}
    options = {"code": code, "ms": ms, "when": when, "request": request, **named}
    with said_plainly():
        AcquirerControl(directory).behave(behaviour, times=int(times) if times.isdigit() else times, mti=mti, **options)


@app.command()
def ledger(
    directory: Directory,
    as_json: Annotated[bool, typer.Option("--json", help="Print the charges as a JSON array.")] = False,
) -> None:
    """List what the acquirer booked, under whom, and what was reversed; it need not be running."""
    with said_plainly():
        charges = read_charges(directory / LEDGER_NAME)
    if as_json:
        typer.echo(json.dumps(charges, ensure_ascii=False, indent=2))
    else:
        _print_table(charges)


def _print_table(charges: list[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*_COLUMNS.values(), box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for charge in charges:
        table.add_row(*(str(charge[column]) for column in _COLUMNS))
    Console().print(table)
