"""CSV as spreadsheets write it: whatever divides the columns, the header row tells."""

import csv
import io
from collections.abc import Sequence

from provisioning.application import tidy
from provisioning.application.headings import Headings
from provisioning.texts import _, mark

_DIVIDERS = {",": mark("commas"), ";": mark("semicolons"), "\t": mark("tabs"), "|": mark("bars"),
             "，": mark("full-width commas")}  # fmt: skip


class TableError(ValueError):
    """The text is no table with a header."""


def rows_of(text: str, headings: Headings, example: str) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """The rows of the table `text` with their numbers, the header being 1, and notes. Raises TableError.

    `example` is the command that prints a table of this kind.
    """
    divider = _divider(text, headings, example)
    try:
        # A quoted cell may go on over several lines; rows count as a spreadsheet counts them.
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True))
    except csv.Error as error:
        raise TableError(_("no CSV: {what}").format(what=error)) from None
    header = [tidy.spreadsheet(name) for name in lines[0]]
    doubled = next((name for name in header if name and header.count(name) > 1), None)
    if doubled is not None:
        raise TableError(_("row 1: two columns are called {name}").format(name=tidy.quoted(doubled)))
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in cells):
            rows.append((number, _row(number, header, cells)))
    notes = (
        [] if divider == "," else [_("the columns are divided by {dividers}").format(dividers=_(_DIVIDERS[divider]))]
    )
    return rows, notes


def _row(number: int, header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    while len(cells) > len(header) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(header):
        raise TableError(
            _(
                "row {row}: {count} cells under {due} headings; a text that holds a divider stands in double quotes"
            ).format(row=number, count=len(cells), due=len(header))
        )
    row = {name: tidy.spreadsheet(cell) for name, cell in zip(header, cells, strict=True) if name}
    return {name: cell for name, cell in row.items() if cell}


def _divider(text: str, headings: Headings, example: str) -> str:
    """What divides the header into the most headings that are known."""
    first = text.splitlines()[0] if text.strip() else ""
    known = {divider: sum(headings.meant(name) is not None for name in first.split(divider)) for divider in _DIVIDERS}
    best = max(known, key=lambda divider: known[divider])
    if known[best] < 2:
        raise TableError(_("row 1 is no row of headings; `{example}` prints one to start from").format(example=example))
    return best
