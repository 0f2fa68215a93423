"""The report of a batch: each row with what became of it, as a table and to read, in both languages."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from board import private_file
from provisioning.application.tidy import printable
from provisioning.batch.outcome import BEGUN, COMMITTING, DONE, FAILED, WAITING, Outcome
from provisioning.batch.record import Record
from provisioning.batch.row import Row
from provisioning.errors import BatchError
from provisioning.install.facts import CHECKS
from provisioning.install.remedies import explained
from provisioning.install.result import STATES
from provisioning.install.steps import TITLES
from provisioning.texts import CHINESE, ENGLISH, _, mark, spoken

_MODE = 0o644
# Excel takes a table without it for one in the encoding of its country.
_MARK = "\ufeff"

SAID = {
    WAITING: mark("not begun"),
    BEGUN: mark("cut off; the next run goes on"),
    COMMITTING: mark("cut off at the last step; the next run asks the terminal"),
    DONE: mark("installed"),
    FAILED: mark("failed"),
}
_UNNAMED = mark("Nothing on the terminal says which serial it has: compare its label.")
_FOUND = mark("installed before; no sheet, since its facts were lost")

_HEADINGS = (
    "row 行", "serial 终端序列号", "address 地址", "mid 商户号", "tid 终端号", "version 版本", "outcome", "step",
    "code", "time 时间 (UTC)", "what", "what to do", "结果", "处理办法", "note 备注",
)  # fmt: skip


def write(rows: Sequence[Row], record: Record, path: Path) -> list[Path]:
    """Write the report to `path`, a table, and beside it to read; returns both. Raises BatchError."""
    outcomes = [(row, record.outcomes[row.serial]) for row in rows]
    made = {path: _MARK + _table(outcomes), path.with_suffix(".txt"): _text(outcomes, path.stem)}
    for file, content in made.items():
        try:
            private_file.replace(file, content.encode(), _MODE)
        except OSError as error:
            raise BatchError(f"{file}: cannot be written: {error.strerror}") from error
    return list(made)


def said(outcome: Outcome) -> tuple[str, str]:
    """What became of a row, and what to do about it, in the chosen language."""
    failure = outcome.failure
    if failure is None:
        lost = outcome.found and outcome.facts is None
        return _(_FOUND if lost else SAID[outcome.state]), _(_UNNAMED) if _is_unnamed(outcome) else ""
    why, to_do = explained(failure.code, failure.detail)
    text = _("step “{step}”: {why}").format(step=_(TITLES[failure.step]), why=why)
    after = " ".join(line for line in (to_do, _(STATES[failure.terminal]), *failure.notes) if line)
    # What a terminal said stands in it.
    return printable(text), printable(after)


def _is_unnamed(outcome: Outcome) -> bool:
    """Whether nothing on the terminal said that it is the one that is meant."""
    checks = outcome.facts.checks if outcome.facts else ()
    return any(check.english == CHECKS["label"] and check.level == "warning" for check in checks)


def _table(outcomes: Sequence[tuple[Row, Outcome]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEADINGS)
    for row, outcome in outcomes:
        bound, failure = row.binding, outcome.failure
        both: list[str] = []
        for language in (ENGLISH, CHINESE):
            with spoken(language):
                both += said(outcome)
        cells = [
            str(row.number), row.serial, str(row.address), bound.mid, bound.tid, str(bound.version), outcome.state,
            failure.step if failure else "", failure.code if failure else "", outcome.time, *both, row.note,
        ]  # fmt: skip
        writer.writerow([_inert(cell) for cell in cells])
    return text.getvalue()


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; what a terminal said may stand in it."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def _text(outcomes: Sequence[tuple[Row, Outcome]], name: str) -> str:
    parts = []
    for language in (ENGLISH, CHINESE):
        with spoken(language):
            parts.append("\n".join([f"{name}: {counted(one for _row, one in outcomes)}", "", *_lines(outcomes)]))
    return "\n\n".join(parts) + "\n"


def counted(outcomes: Iterable[Outcome]) -> str:
    """How many are how far, in the chosen language."""
    states = [outcome.state for outcome in outcomes]
    return _("{done} of {all} installed, {failed} failed, {rest} not done").format(
        all=len(states), done=states.count(DONE), failed=states.count(FAILED),
        rest=len(states) - states.count(DONE) - states.count(FAILED),
    )  # fmt: skip


def _lines(outcomes: Sequence[tuple[Row, Outcome]]) -> list[str]:
    """What is not done first: that is what somebody has to do."""
    found = []
    for row, outcome in sorted(outcomes, key=lambda one: (one[1].state == DONE, one[0].number)):
        what, to_do = said(outcome)
        sign = {DONE: "✓", FAILED: "✗"}.get(outcome.state, "·")
        bound = row.binding
        about = f"{row.number:>5}  {row.serial}  {bound.mid} / {bound.tid}  {row.address}"
        found.append("  ".join(part for part in (f"{sign} {about}", what, row.note) if part))
        if to_do:
            found.append(f"{'':>9}{to_do}")
    return found
