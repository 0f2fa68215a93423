"""A batch's table as it stands in the file: each row's entries in plain form, and what is no entry."""

from dataclasses import dataclass, field
from pathlib import Path

from provisioning.application import csv_table, tidy
from provisioning.application.faults import Faults
from provisioning.application.text_file import read
from provisioning.batch.columns import BY_NAME, FIELDS, FORMS, SETTINGS, fits, headings, setting
from provisioning.errors import BatchError, EntryError
from provisioning.install.terminal_settings import Sections
from provisioning.texts import _

EXAMPLE = "jumpguard provision batch --example"


@dataclass(frozen=True, slots=True)
class Entries:
    """Row `number` of a table: its `texts` by the names of the columns, and its `settings` by section.

    What is wrong stands in `bad`, and not in `texts`.
    """

    number: int
    texts: dict[str, str] = field(default_factory=dict)
    settings: Sections = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Table:
    """All rows of a file, notes on how it was read, and the faults that are found in it from here on, too."""

    path: Path
    rows: list[Entries]
    notes: list[str]
    faults: Faults


def table(path: Path) -> Table:
    """Read `path`. Raises ApplicationError and BatchError for what is no table; the faults of rows are in it."""
    text, notes = read(path)
    try:
        found, more = csv_table.rows_of(text, headings(), EXAMPLE)
    except csv_table.TableError as error:
        raise BatchError(f"{path}: {error}") from None
    if not found:
        raise BatchError(_("{path}: there is no terminal in it").format(path=path))
    faults = Faults({column.name: column.title for column in FIELDS}, table=True)
    return Table(path, [_entries(number, row, faults) for number, row in found], notes + more, faults)


def _entries(number: int, row: dict[str, str], faults: Faults) -> Entries:
    made, given = Entries(number), faults.by_column(number, row, headings())
    forms = {name: given[name][1] for name in FORMS if name in given}
    made.bad.update(faults.find_swapped(number, forms, fits))
    for name, (heading, text) in given.items():
        if name in made.bad:
            continue
        try:
            if name in SETTINGS:
                section, _dot, key = name.partition(".")
                made.settings.setdefault(section, {})[key] = setting(name, text)
            made.texts[name] = text.strip() if name in SETTINGS else BY_NAME[name].check(text)
        except EntryError as error:
            made.bad.add(name)
            faults.add(number, heading, f"{tidy.quoted(text)}: {error}{_hint(name, text)}")
    return made


def _hint(name: str, text: str) -> str:
    """Where `text` may belong; forms that hardly fit by chance only."""
    other = next((other for other in ("host", "host_key", "mid", "tid") if other != name and fits(other, text)), "")
    if not other:
        return ""
    return _("; it has the form of {other} ({title})").format(other=other, title=_(BY_NAME[other].title))
