"""`jumpguard unresolved`: the reversals that the acquirer did not take."""

import json
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.paid import (
    DEFAULT_ADDRESS,
    NOT_APPROVED,
    OUTCOME_UNKNOWN,
    Address,
    AsJson,
    CaFile,
    TokenFile,
    print_receipts,
    till,
)
from tools.cli.plainly import said_plainly

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Exit code 0 when there is none, 3 when there are (whether the charges stand is unknown), 1 no list."
)
def unresolved(
    token_file: TokenFile,
    api: Address = DEFAULT_ADDRESS,
    ca: CaFile = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List the sales whose reversal was given up, with what names each to the acquirer, since when and why."""
    speak(language)
    with said_plainly():
        answer = till(api, token_file, ca).unresolved()
    said, found = answer["Response"], answer.get("PerformedTransaction", [])
    listed = said["Result"] == "Success"
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    elif found:
        _print(found)
    else:
        print(_("none") if listed else said["AdditionalResponse"])
    if not listed:
        raise typer.Exit(NOT_APPROVED)
    raise typer.Exit(OUTCOME_UNKNOWN if found else 0)


def _print(found: list[dict[str, Any]]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for transaction in found:
        named = transaction["POIData"]["POITransactionID"]
        console.print(f"[bold]{escape(named['TransactionID'])}[/bold]")
        print_receipts(console, transaction)
        given_up, why = _("given up"), escape(transaction["Response"]["AdditionalResponse"])
        console.print(f"  {given_up:<14} {named['TimeStamp']}: {why}")
