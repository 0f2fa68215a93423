"""How the till's commands reach a terminal, and how they say what became of a payment."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from provisioning.reasons import meaning, remedy
from provisioning.texts import _
from provisioning.till import Till
from tools.errors import ToolError

NOT_APPROVED = 1
OUTCOME_UNKNOWN = 3

Address = Annotated[
    str, typer.Option("--api", envvar="JUMPGUARD_API", metavar="HOST:PORT", help="The terminal's local API.")
]
TokenFile = Annotated[
    Path,
    typer.Option("--token-file", envvar="JUMPGUARD_TOKEN_FILE", help="File with the bearer token of the terminal."),
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca", envvar="JUMPGUARD_CA", help="File with the CA's certificates (PEM), where the terminal has TLS."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the nexo response as it is.")]
DEFAULT_ADDRESS = "127.0.0.1:8583"


class TokenError(ToolError):
    """The file with the bearer token cannot be read."""


def till(address: str, token_file: Path, ca: Path | None) -> Till:
    """A till at the terminal's `address`, over TLS with a file `ca`. Raises TokenError."""
    try:
        token = token_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        mend = "name the terminal's token_file"
        raise TokenError(f"token file {token_file}: cannot be read ({error}); {mend}") from error
    return Till(address, token, ca=ca)


def show(answer: dict[str, Any], as_json: bool) -> int:
    """Print a PaymentResponse for a person, or as JSON; returns the exit code: 0 approved, 1 not, 3 unknown."""
    said = answer["Response"]
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _print(said, answer)
    if said["Result"] == "Success":
        return 0
    unknown = said["ErrorCondition"] in ("UnreachableHost", "InProgress") and "PaymentResult" in answer
    return OUTCOME_UNKNOWN if unknown else NOT_APPROVED


def unwrapped(answer: dict[str, Any]) -> dict[str, Any]:
    """The PaymentResponse in a TransactionStatusResponse, or that response itself where it says no."""
    repeated: dict[str, Any] = answer.get("RepeatedMessageResponse", {}).get("RepeatedResponseMessageBody", {})
    found: dict[str, Any] = repeated.get("PaymentResponse", answer)
    return found


def _print(said: dict[str, Any], answer: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    approved = said["Result"] == "Success"
    codes = str(said.get("AdditionalResponse", "")).split()
    word, colour = (_("approved"), "green") if approved else (str(said["ErrorCondition"]), "red")
    head = f"[{colour}]{escape(word)}[/{colour}]"
    console.print(f"[bold]{head}[/bold]  {escape(' '.join(codes))}")
    explain(console, codes)
    print_receipts(console, answer)


def explain(console: Console, codes: list[str]) -> None:
    """Print what `codes` mean and what to do about them, a line each; those that are none of ours are left out."""
    for code in codes:
        if meaning(code) != code:
            console.print(f"  {escape(meaning(code))} {escape(remedy(code))}")


def print_receipts(console: Console, answer: dict[str, Any]) -> None:
    """Print the receipts in a nexo body, a line for each thing they show."""
    for receipt in answer.get("PaymentReceipt", []):
        for name, value in receipt["OutputContent"].items():
            console.print(f"  {name:<14} {escape(value)}")
