"""`jumpguard sale`: take a payment, as a till does."""

import time
from typing import Annotated

import typer

from tools.cli.language import Tongue, speak
from tools.cli.paid import DEFAULT_ADDRESS, Address, AsJson, CaFile, TokenFile, show, till
from tools.cli.plainly import said_plainly

app = typer.Typer(add_completion=False)


@app.command(epilog="Exit code 0 approved, 1 not approved, 2 wrong usage, 3 the outcome is unknown and being reversed.")
def sale(
    amount: Annotated[str, typer.Argument(help="Major units, such as 12.50.")],
    token_file: TokenFile,
    api: Address = DEFAULT_ADDRESS,
    ca: CaFile = None,
    currency: Annotated[str, typer.Option(help="ISO 4217 letters.")] = "CNY",
    merchant: Annotated[str, typer.Option(help="The till's merchant number; any but the bound one is refused.")] = "",
    service_id: Annotated[str, typer.Option("--id", help="Its ServiceID; the same id again is the same sale.")] = "",
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Take a payment of AMOUNT and wait until the card was tapped and the acquirer answered."""
    speak(language)
    with said_plainly():
        answer = till(api, token_file, ca).pay(
            service_id or f"{time.time_ns() // 1_000_000}", amount, currency, merchant
        )
    raise typer.Exit(show(answer, as_json))
