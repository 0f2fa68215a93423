"""`jumpguard board`: a terminal's machine on a desk, and the person in front of it."""

import json
import os
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from board.virtual.client import BoardClient, Happening
from board.virtual.damage import parse
from tools.cli.plainly import said_plainly

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Run a virtual board (PN532, GPIO, vitals) and play the person in front of it.",
    epilog="Example: jumpguard board serve & jumpguard board tap unionpay & jumpguard board lines",
)
console = Console()
errors = Console(stderr=True)


class Button(StrEnum):
    """The terminal's buttons."""

    CANCEL = "cancel"
    HELP = "help"


class Case(StrEnum):
    """What the terminal's case can be."""

    OPEN = "open"
    CLOSED = "closed"


def default_directory() -> Path:
    """Where a board is when nobody says: beside the user's other sockets, else in his cache."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime, "jumpguard-board") if runtime else Path.home() / ".cache" / "jumpguard" / "board"


Directory = Annotated[
    Path,
    typer.Option(
        "--dir",
        envvar="JUMPGUARD_BOARD",
        help="The board's folder. Without it and JUMPGUARD_BOARD: $XDG_RUNTIME_DIR/jumpguard-board, "
        "else ~/.cache/jumpguard/board.",
        default_factory=default_directory,
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program instead of a table.")]


@app.command(epilog="Example: jumpguard board serve --dir /tmp/desk --baud 115200 --rf-delays")
def serve(
    directory: Directory,
    baud: Annotated[
        int, typer.Option(min=0, help="Pace the NFC chip's UART like this rate; 0: as fast as can be.")
    ] = 0,
    rf_delays: Annotated[bool, typer.Option("--rf-delays", help="Let the card take the time a radio takes.")] = False,
    cards: Annotated[Path | None, typer.Option(help="Personalisations (TOML) instead of the built-in cards.")] = None,
) -> None:
    """Run a board until Ctrl-C. Prints one line of JSON with its paths when it is ready.

    On standard error it says with which variables `python -m board` drives it.
    """
    from board.virtual import environment
    from board.virtual.process import Options
    from board.virtual.process import serve as serve_board

    def ready(paths: dict[str, str]) -> None:
        typer.echo(json.dumps(paths))
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment(directory).items())
        typer.echo(f"export {variables}", err=True)

    with said_plainly():
        serve_board(Options(directory, baud, rf_delays, cards), ready)


@app.command(epilog="Example: jumpguard board tap unionpay; jumpguard board tap visa --damage status:3:6985")
def tap(
    directory: Directory,
    card: Annotated[str, typer.Argument(help="One of `jumpguard board cards`.")],
    damage: Annotated[
        str,
        typer.Option(
            metavar="HOW:ANSWER:VALUE",
            help="What is wrong with the card's answer number ANSWER (1 is the first): cut to VALUE bytes, shorten or "
            "lengthen it by VALUE bytes before its status word, alter byte VALUE, or status VALUE in its place.",
        ),
    ] = "",
) -> None:
    """Hold a card into the field. It stays there until `remove`."""
    try:
        spoiled = parse(damage) if damage else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--damage") from error
    with said_plainly():
        BoardClient(directory).tap(card, spoiled)


@app.command(epilog="Example: jumpguard board remove")
def remove(directory: Directory) -> None:
    """Take the card out of the field."""
    with said_plainly():
        BoardClient(directory).remove()


@app.command(epilog="Example: jumpguard board cards")
def cards(directory: Directory, as_json: Json = False) -> None:
    """List the cards at hand."""
    with said_plainly():
        found = BoardClient(directory).cards()
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table("card", "applications")
    for card in found:
        table.add_row(card["name"], ", ".join(card["brands"]))
    console.print(table)


@app.command(epilog="Example: jumpguard board press cancel --ms 800")
def press(
    directory: Directory,
    button: Annotated[Button, typer.Argument(help="Which button.")],
    ms: Annotated[int, typer.Option(min=1, max=10_000, help="How long it is held down, in milliseconds.")] = 300,
) -> None:
    """Press a button and let it go."""
    with said_plainly():
        BoardClient(directory).press(button.value, ms)


@app.command(epilog="Example: jumpguard board tamper open")
def tamper(directory: Directory, state: Annotated[Case, typer.Argument(help="What the case is to be.")]) -> None:
    """Open or close the terminal's case."""
    with said_plainly():
        BoardClient(directory).tamper(state.value)


@app.command(epilog="Example: jumpguard board lines --json")
def lines(directory: Directory, as_json: Json = False) -> None:
    """Show the level of every line, and what the buzzer plays."""
    with said_plainly():
        client = BoardClient(directory)
        levels, waves = client.lines(), client.waves()
    if as_json:
        typer.echo(json.dumps({"lines": levels, "pwm": waves}))
        return
    table = Table("line", "level", "wave")
    for name, level in levels.items():
        wave = waves.get(name)
        table.add_row(name, "high" if level else "low", f"{wave['frequency_hz']:g} Hz" if wave else "")
    console.print(table)


@app.command(epilog="Example: jumpguard board history --since 120 --follow")
def history(
    directory: Directory,
    since: Annotated[int, typer.Option(min=0, help="Only what has a higher number.")] = 0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Show what happened: taps, APDU headers with their status words, levels, sounds."""
    with said_plainly():
        client = BoardClient(directory)
        seen = since
        while True:
            for happening in client.history(seen, wait_ms=1000 if follow else 0):
                seen = happening["n"]
                typer.echo(json.dumps(happening) if as_json else _in_words(happening))
            if not follow:
                return


@app.command(epilog="Example: jumpguard board chip hung; jumpguard board chip none")
def chip(
    directory: Directory,
    fault: Annotated[str, typer.Argument(help="hung, ack_only, junk or lost_frame; none heals it.")],
) -> None:
    """Make the NFC chip fail."""
    with said_plainly():
        BoardClient(directory).chip(None if fault == "none" else fault)


@app.command(epilog="Example: jumpguard board vitals --temperature-c 88 --throttled 0x50005")
def vitals(
    directory: Directory,
    temperature_c: Annotated[float | None, typer.Option(help="Of the processor, in °C.")] = None,
    throttled: Annotated[str | None, typer.Option(help="Bits of `vcgencmd get_throttled`, as 0x50005.")] = None,
    load1: Annotated[float | None, typer.Option(help="Load over one minute.")] = None,
    memory_available_kib: Annotated[int | None, typer.Option(min=0, help="Memory that can still be had.")] = None,
    wlan_signal_dbm: Annotated[int | None, typer.Option(max=0, help="Of wlan0, in dBm; 0: no radio.")] = None,
) -> None:
    """Change the machine's readings; what is not named stays."""
    named = {
        "temperature_c": temperature_c,
        "throttled": None if throttled is None else _bits(throttled),
        "load1": load1,
        "mem_available_kib": memory_available_kib,
        "wlan_signal_dbm": wlan_signal_dbm,
    }
    with said_plainly():
        BoardClient(directory).vitals(**{name: value for name, value in named.items() if value is not None})


def _bits(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number such as 0x50005") from None


def _in_words(happening: Happening) -> str:
    details = " ".join(f"{name}={value}" for name, value in happening.items() if name not in ("n", "t", "what"))
    return f"{happening['n']:>6}  {happening['t']:12.3f} s  {happening['what']:<7} {details}"
