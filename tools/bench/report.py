"""The figures as text."""

from collections.abc import Iterator
from typing import Any

from tools.bench.figure import Figure


def heading(machine: dict[str, Any]) -> str:
    """One line on the machine."""
    return (
        f"{machine['cores']} cores ({machine['processor']}), Python {machine['python']}, Linux {machine['kernel']}, "
        f"load {machine['load']:.2f} before, files on {machine['file_system']}; no Raspberry Pi: the board is virtual"
    )


def text(figure: Figure) -> str:
    """The figure as a few lines."""
    return "\n".join(_lines(figure))


def _lines(figure: Figure) -> Iterator[str]:
    count = f", {figure.count:,} {figure.counted}" if figure.rows else ""
    yield f"{figure.title} ({figure.unit}{count})"
    width = max((len(name) for name in figure.rows), default=0)
    for name, row in figure.rows.items():
        values = "   ".join(f"{label} {number(value)}" for label, value in row.items())
        yield f"  {name:<{width}}   {values}"
    if figure.target is not None:
        unit = "" if "," in figure.unit else f" {figure.unit}"  # of several units only a reader can tell which is meant
        bound = "at least" if figure.target.at_least else "at most"
        yield f"  target: {figure.target.of} {bound} {figure.target.limit:g}{unit}: {_verdict(figure)}"
    for note in figure.notes:
        yield f"  - {note}"


def _verdict(figure: Figure) -> str:
    if figure.target is None or figure.off is None:
        return "not measured"
    if figure.off == 0:
        return "met"
    return f"missed by {number(figure.off)} ({figure.off / figure.target.limit:.0%})"


def number(value: float) -> str:
    """`value` with about three digits, as the eye compares them."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
