"""`jumpguard abort`: call off the payment that waits for a card."""

import json

import typer

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.paid import DEFAULT_ADDRESS, NOT_APPROVED, Address, AsJson, CaFile, TokenFile, till
from tools.cli.plainly import said_plainly

app = typer.Typer(add_completion=False)


@app.command(epilog="Exit code 0 when it was called off, 1 when there was nothing to call off or it was too late.")
def abort(
    token_file: TokenFile,
    api: Address = DEFAULT_ADDRESS,
    ca: CaFile = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Call off the payment under way; the till that asked for it hears so in its own answer."""
    speak(language)
    with said_plainly():
        answer = till(api, token_file, ca).abort()
    said = answer["Response"]
    done = said["Result"] == "Success"
    print(json.dumps(answer) if as_json else _("called off") if done else said["AdditionalResponse"])
    raise typer.Exit(0 if done else NOT_APPROVED)
