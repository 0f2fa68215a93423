"""`jumpguard status`: how the terminal is, or what became of one payment."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from tools.cli.language import Tongue, speak
from tools.cli.paid import (
    DEFAULT_ADDRESS,
    NOT_APPROVED,
    Address,
    AsJson,
    CaFile,
    TokenFile,
    explain,
    show,
    till,
    unwrapped,
)
from tools.cli.plainly import said_plainly

app = typer.Typer(add_completion=False)


@app.command(epilog="Exit code 0 when it can sell, or the payment was approved; 1 otherwise; 3 outcome unknown.")
def status(
    token_file: TokenFile,
    service_id: Annotated[str, typer.Argument(help="The id of a payment; without it, the terminal itself.")] = "",
    api: Address = DEFAULT_ADDRESS,
    ca: CaFile = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Say whether the terminal can sell, or what became of the payment SERVICE_ID."""
    speak(language)
    with said_plainly():
        desk = till(api, token_file, ca)
        answer = desk.status(service_id) if service_id else desk.diagnosis()
    if service_id:
        raise typer.Exit(show(unwrapped(answer), as_json))
    # A terminal that cannot even read its journal says so, and no more.
    state = str(answer.get("POIStatus", {}).get("GlobalStatus", answer["Response"].get("ErrorCondition")))
    if as_json:
        print(json.dumps(answer))
    else:
        codes = str(answer["Response"].get("AdditionalResponse", "")).split()
        console = Console(highlight=False, soft_wrap=True)
        console.print(escape(" ".join([state, *codes])))
        explain(console, codes)
    raise typer.Exit(0 if state in ("OK", "Busy") else NOT_APPROVED)
