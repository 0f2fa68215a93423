"""How the fleet's commands are told where the store is, and how they show its rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.fleet.rows import Command, Refusal, StoredEvent, Terminal

Directory = Annotated[Path, typer.Option("--dir", help="Directory of the fleet's store.", file_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def print_json(rows: Sequence[Command | Refusal | StoredEvent | Terminal]) -> None:
    """Print each row as one JSON object a line."""
    for row in rows:
        print(json.dumps(asdict(row), ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table for a person."""
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    Console().print(table)


def _plain(text: str) -> str:
    """What a terminal told is shown as it is: neither markup nor control characters of it do anything here."""
    return escape("".join(character if character.isprintable() else "\ufffd" for character in text))
