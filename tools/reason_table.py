"""The README's table of the gate's reasons, made from the code: `python -m tools.reason_table` puts it in its place."""

import sys
from pathlib import Path

from agent.binding import reasons
from provisioning.reasons import meaning, remedy

README = Path(__file__).parent.parent / "README.md"
_BEGIN = "<!-- made by `make reasons`: begin -->\n"
_END = "<!-- made by `make reasons`: end -->\n"


def table() -> str:
    """The table in Markdown: the refusals in the order in which the gate asks, then the warnings."""
    rows = ["| code | what it means | what to do |", "|---|---|---|"]
    rows += [f"| `{code}` | {meaning(code)} | {remedy(code)} |" for code in reasons.REFUSALS]
    rows += [f"| `{code}` (warning) | {meaning(code)} | {remedy(code)} |" for code in reasons.WARNINGS]
    return "\n".join(rows) + "\n"


def placed(text: str) -> str:
    """`text` with the table between its two marks. Raises ValueError when the marks are not there."""
    before, _, rest = text.partition(_BEGIN)
    _, found, after = rest.partition(_END)
    if not found:
        raise ValueError(f"{README}: the marks of the table are missing: {_BEGIN.strip()} and {_END.strip()}")
    return before + _BEGIN + "\n" + table() + "\n" + _END + after


def main() -> int:
    """Write the table into the README."""
    README.write_text(placed(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
