"""The hand-over sheet as text: 80 columns, in which a Chinese sign takes two; for terminals and as a file."""

from collections.abc import Iterator

from rich.cells import cell_len

from provisioning.handover import sections
from provisioning.handover.facts import Facts
from provisioning.handover.lines import brief, plain, wrap
from provisioning.handover.sections import both
from provisioning.texts import CHINESE, said_in

_COLUMNS = 80
_VALUES = 42


def render(facts: Facts) -> str:
    """The sheet, ending in a line feed. Raises HandoverError."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(facts))


def _lines(facts: Facts) -> Iterator[str]:
    yield "=" * _COLUMNS
    yield f"{sections.TITLE}  {said_in(CHINESE, sections.TITLE)}"
    yield f"{facts.bound.serial}  {plain(facts.bound.name)}"
    yield f"{sections.local(facts, facts.time)}, {plain(facts.bound.timezone)}"
    yield "=" * _COLUMNS
    yield from _wrapped("", both(sections.IN_ORDER if sections.in_order(facts) else sections.NOT_IN_ORDER), 0)
    for section in sections.sections(facts):
        yield from _title(section.title)
        for cell in section.cells:
            yield from _wrapped(f"  {both(cell.label)}", cell.value, _VALUES)
    if facts.checks:
        yield from _title(sections.CHECKED)
    for check in facts.checks:
        yield from _wrapped(f"  {sections.SIGNS[check.level]}", sections.check_line(check), 4)
    signs = ((sections.MERCHANT_SIGNS, plain(facts.bound.name)), (sections.TECHNICIAN_SIGNS, brief(facts.technician)))
    for said, who in signs:
        yield ""
        yield from _wrapped("", both(said), 0)
        yield from _wrapped("", who, 2)
        yield ""
        yield f"  {both(sections.SIGNATURE)}: {'_' * 40}"
    yield ""
    yield from _wrapped("", both(sections.PROTOTYPE), 0)


def _title(title: str) -> Iterator[str]:
    yield ""
    yield both(title)
    yield "-" * _COLUMNS


def _wrapped(label: str, text: str, indent: int) -> Iterator[str]:
    """`text` from column `indent` on, with `label` before its first line, or above it where it is longer than that."""
    if cell_len(label) >= indent and label:
        yield label
        label = ""
    for line in wrap(text, cell_len, _COLUMNS - indent):
        yield f"{label}{' ' * (indent - cell_len(label))}{line}"
        label = ""
