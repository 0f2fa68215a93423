"""The README's tables that are made from the code: `python -m tools.readme_tables` puts each in its place."""

import sys
from pathlib import Path

from tools import doctor_table, reason_table, signal_table

README = Path(__file__).parent.parent / "README.md"

# What stands in the README between the two marks of each name.
TABLES = {
    "doctor": doctor_table.table,
    "gate": reason_table.gate_table,
    "before the card": reason_table.before_card_table,
    "signals": signal_table.table,
}


def placed(text: str) -> str:
    """`text` with each table between its two marks. Raises ValueError when the marks are not there."""
    for name, table in TABLES.items():
        begin, end = (f"<!-- made by `make tables`, {name}: {edge} -->\n" for edge in ("begin", "end"))
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


if __name__ == "__main__":
    sys.exit(main())
