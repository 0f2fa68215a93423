"""`jumpguard reverse`: have an unresolved reversal sent again."""

import json
from typing import Annotated

import typer

from provisioning.reasons import meaning
from tools.cli.language import Tongue, speak
from tools.cli.paid import DEFAULT_ADDRESS, NOT_APPROVED, Address, AsJson, CaFile, TokenFile, till
from tools.cli.plainly import said_plainly

app = typer.Typer(add_completion=False)


@app.command(epilog="Exit code 0 when it is queued, 1 when there is no unresolved reversal of that sale.")
def reverse(
    sale: Annotated[str, typer.Argument(help="The sale, as `jumpguard unresolved` names it.")],
    token_file: TokenFile,
    api: Address = DEFAULT_ADDRESS,
    ca: CaFile = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Queue the unresolved reversal of SALE anew: three more attempts. Asked twice, it is queued once."""
    speak(language)
    with said_plainly():
        answer = till(api, token_file, ca).reverse(sale)
    said = answer["Response"]
    print(json.dumps(answer, ensure_ascii=False) if as_json else meaning(said["AdditionalResponse"]))
    raise typer.Exit(0 if said["Result"] == "Success" else NOT_APPROVED)
