"""The tables of both READMEs that are made from the code: `python -m tools.readme_tables` puts each in its place."""

import sys
from pathlib import Path

from provisioning import texts
from tools import doctor_table, reason_table, signal_table, wiring_table

_ROOT = Path(__file__).parent.parent
# language: the README in it.
READMES = {texts.ENGLISH: _ROOT / "README.md", texts.CHINESE: _ROOT / "README.zh-CN.md"}

# What stands in a README between the two marks of each name.
TABLES = {
    "wiring": wiring_table.table,
    "doctor": doctor_table.table,
    "gate": reason_table.gate_table,
    "before the card": reason_table.before_card_table,
    "signals": signal_table.table,
}


def placed(language: str, text: str) -> str:
    """`text`, the README in `language`, with each table between its two marks; speaks `language` from here on.

    Raises ValueError when the marks are not there.
    """
    texts.use(language)
    for name, table in TABLES.items():
        begin, end = (f"<!-- made by `make tables`, {name}: {edge} -->\n" for edge in ("begin", "end"))
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            marks = f"{begin.strip()} and {end.strip()}"
            raise ValueError(f"{READMES[language]}: the marks of a table are missing: {marks}")
        text = f"{before}{begin}\n{table()}\n{end}{after}"
    return text


def main() -> int:
    """Write the tables into each README."""
    for language, readme in READMES.items():
        readme.write_text(placed(language, readme.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
