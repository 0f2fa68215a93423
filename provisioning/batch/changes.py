"""What a table says otherwise than at the run before, row by row."""

from collections.abc import Iterator, Sequence

from provisioning.batch.columns import TITLES
from provisioning.batch.outcome import DONE, WAITING, Outcome
from provisioning.batch.record import Record
from provisioning.batch.row import Row
from provisioning.errors import BatchError
from provisioning.texts import _

# What may be another for a terminal that is installed already: how it is reached, and what people say of it.
_ABOUT_THE_WAY = ("host", "user", "identity", "host_key", "root", "note")


def changes(rows: Sequence[Row], record: Record) -> list[str]:
    """What is new, other or gone since the run before, a line each; [] at the first run.

    Raises BatchError where a terminal that is installed would have to be installed otherwise.
    """
    if not record.outcomes:
        return []
    refused = [line for row in rows for line in _refused(row, record.outcomes.get(row.serial))]
    if refused:
        raise BatchError("\n".join([*refused, _("nothing was begun")]))
    found = [line for row in rows for line in _of_row(row, record.outcomes.get(row.serial))]
    here = {row.serial for row in rows}
    gone = [one for serial, one in record.outcomes.items() if serial not in here]
    return [*found, *(_of_gone(one) for one in gone)]


def _refused(row: Row, before: Outcome | None) -> Iterator[str]:
    if before is None or before.state != DONE:
        return
    for name, was, is_now in _different(row, before):
        if name not in _ABOUT_THE_WAY:
            said = _("row {row}, {serial}: {column} was {was}, and is {now}: it is installed already; change it with `jumpguard provision change`, or put the row back")  # noqa: E501  # fmt: skip
            yield said.format(row=row.number, serial=row.serial, column=name, was=was, now=is_now)


def _of_row(row: Row, before: Outcome | None) -> Iterator[str]:
    if before is None:
        yield _("row {row}, {serial}: new").format(row=row.number, serial=row.serial)
        return
    for name, was, is_now in _different(row, before):
        said = _("row {row}, {serial}: {column} was {was}, and is {now}")
        yield said.format(row=row.number, serial=row.serial, column=name, was=was, now=is_now)


def _of_gone(before: Outcome) -> str:
    said = _("{serial}: no longer in the table; nothing was done to it")
    if before.state == DONE:
        said = _("{serial}: no longer in the table; it is installed, and stays so")
    elif before.state != WAITING:
        said = _("{serial}: no longer in the table, and it was begun: look at that terminal")
    return said.format(serial=before.serial)


def _different(row: Row, before: Outcome) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys((*TITLES, *before.content, *row.content)):
        was, is_now = before.content.get(name, ""), row.content.get(name, "")
        if was != is_now:
            yield name, was or "-", is_now or "-"
