"""The README's tables of why a sale ends before the card, made from the code: `python -m tools.reason_table`."""

import sys
from collections.abc import Callable
from pathlib import Path

from agent.binding import reasons
from agent.sale import outcome
from provisioning.reasons import meaning, remedy

README = Path(__file__).parent.parent / "README.md"


def gate_table() -> str:
    """The gate's reasons in Markdown: the refusals in the order in which it asks, then the warnings."""
    return _table([*reasons.REFUSALS, *reasons.WARNINGS])


def before_card_table() -> str:
    """What else ends a sale before the card, in Markdown."""
    return _table(outcome.BEFORE_CARD)


# What stands in the README between the two marks of each name.
TABLES: dict[str, Callable[[], str]] = {"gate": gate_table, "before the card": before_card_table}


def placed(text: str) -> str:
    """`text` with each table between its two marks. Raises ValueError when the marks are not there."""
    for name, table in TABLES.items():
        begin, end = (f"<!-- made by `make reasons`, {name}: {edge} -->\n" for edge in ("begin", "end"))
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"{README}: the marks of a table are missing: {begin.strip()} and {end.strip()}")
        text = f"{before}{begin}\n{table()}\n{end}{after}"
    return text


def main() -> int:
    """Write the tables into the README."""
    README.write_text(placed(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _table(codes: "list[str] | tuple[str, ...]") -> str:
    rows = ["| code | what it means | what to do |", "|---|---|---|"]
    for code in codes:
        warning = " (warning)" if code in reasons.WARNINGS else ""
        rows.append(f"| `{code}`{warning} | {meaning(code)} | {remedy(code)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
