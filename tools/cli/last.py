"""`jumpguard last`: what became of the terminal's latest payment."""

import typer

from tools.cli.language import Tongue, speak
from tools.cli.paid import DEFAULT_ADDRESS, Address, AsJson, CaFile, TokenFile, show, till, unwrapped
from tools.cli.plainly import said_plainly

app = typer.Typer(add_completion=False)


@app.command(epilog="Exit code 0 approved, 1 not approved or none yet, 3 the outcome is unknown and being reversed.")
def last(
    token_file: TokenFile,
    api: Address = DEFAULT_ADDRESS,
    ca: CaFile = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Say what became of the latest payment, with its receipt."""
    speak(language)
    with said_plainly():
        answer = till(api, token_file, ca).last()
    raise typer.Exit(show(unwrapped(answer), as_json))
