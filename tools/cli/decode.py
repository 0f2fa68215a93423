"""`jumpguard decode`: looks inside messages, cards' answers, data object lists and merchant numbers."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.decode.parts import Decoded, from_hex
from tools.decode.show import show

_STANDARD_INPUT = "-"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Look inside what travels between card, terminal and acquirer. Card data is shown masked.",
    epilog="Exit code 1 when something does not decode: what was understood before is shown, and one line says where. "
    "A card's real data belongs in no command line, which the shell keeps: give it as `-` on standard input.",
)


Hex = Annotated[list[str], typer.Argument(metavar="HEX", help="Hexadecimal, with any spaces; - for standard input.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")]


@app.command("8583", epilog="Example: jumpguard decode 8583 - < message.hex")
def message(given: Hex, as_json: AsJson = False, language: Tongue = None) -> None:
    """Name and explain every part of an ISO 8583 message, with or without length, TPDU and header."""
    from tools.decode.message import decode

    speak(language)
    with said_plainly():
        decoded = decode(from_hex(_text(given)))
    _print(decoded, as_json)


@app.command(epilog="Example: jumpguard decode tlv 6F 0A 84 08 A000000333010101 9000")
def tlv(given: Hex, as_json: AsJson = False, language: Tongue = None) -> None:
    """Show a card's answer as a tree of data objects, with or without its status word."""
    from tools.decode.tlv import decode

    speak(language)
    with said_plainly():
        decoded = decode(from_hex(_text(given)))
    _print(decoded, as_json)


@app.command(epilog="Example: jumpguard decode dol 9F66049F02069F03069F1A0295055F2A029A039C019F3704")
def dol(given: Hex, as_json: AsJson = False, language: Tongue = None) -> None:
    """Show what a data object list (PDOL, CDOL, DDOL) asks for, in which length and of whom."""
    from tools.decode.dol import decode

    speak(language)
    with said_plainly():
        decoded = decode(from_hex(_text(given)))
    _print(decoded, as_json)


@app.command(epilog="Example: jumpguard decode mid 898210154110002")
def mid(
    number: Annotated[str, typer.Argument(metavar="MID", help="The 15 characters of DE 42; - for standard input.")],
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Read a merchant number by the pattern in use, and say what is uncertain about it."""
    from tools.decode.mid import decode

    speak(language)
    with said_plainly():
        decoded = decode(_text([number]))
    _print(decoded, as_json)


def _text(given: list[str]) -> str:
    if given == [_STANDARD_INPUT]:
        return sys.stdin.buffer.read().decode("ascii", "replace")  # bytes piped in by mistake are no hexadecimal either
    return " ".join(given)


def _print(decoded: Decoded, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(decoded.as_json(), ensure_ascii=False, indent=2))
    else:
        show(decoded, Console(highlight=False, markup=False))
    if decoded.problem:
        typer.echo(_("error: {error}").format(error=decoded.problem), err=True)
        raise typer.Exit(1)
