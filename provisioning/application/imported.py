"""Applications from a file: all rows are checked before one is taken; what is wrong is named by row and column."""

from collections import defaultdict
from pathlib import Path

from provisioning.application import columns, tidy
from provisioning.application.account import Account, AccountKey
from provisioning.application.application import Application, complete, missing
from provisioning.application.documents import Rows, rows_of
from provisioning.application.fields import ACCOUNT, BY_NAME, FORMS, PHOTOS, fits, other_form
from provisioning.application.photos import Photo, photo
from provisioning.errors import ApplicationError, EntryError
from provisioning.texts import _

_MOST_FAULTS = 50


def applications_in(path: Path, key: AccountKey) -> tuple[list[Application], list[str]]:
    """The applications that `path` holds, and notes on how it was read.

    Raises ApplicationError with a line for each fault; then none of the rows is to be used.
    """
    found = rows_of(path)
    if not found.rows:
        raise ApplicationError(_("{path}: there is no application in it").format(path=path))
    importing = _Importing(path, found, key)
    applications = [importing.application(number, row) for number, row in found.rows]
    importing.find_doubles(applications)
    importing.refuse()
    return [application for application in applications if application], found.notes


class _Importing:
    """One pass over the rows of a file, and the faults that were found."""

    def __init__(self, path: Path, found: Rows, key: AccountKey) -> None:
        self._path = path
        self._found = found
        self._key = key
        self._faults: list[str] = []
        self._unknown: set[str] = set()
        self._swapped: dict[tuple[str, str], list[int]] = defaultdict(list)

    def application(self, number: int, row: dict[str, str]) -> Application | None:
        """The application of a row, None when something is wrong with it."""
        before = len(self._faults), len(self._swapped)
        given = self._by_field(number, row)
        swapped = self._find_swapped(number, given)
        entries, account, photos = {}, None, []
        for name, (column, text) in given.items():
            if name in swapped:
                continue
            try:
                if name == ACCOUNT:
                    account = self._key.keep(text)
                elif name == PHOTOS:
                    photos = self._photos(text)
                else:
                    entries[name] = BY_NAME[name].check(text)
            except EntryError as error:
                self._add(number, column, f"{_shown(name, text)}{error}{_hint(name, text)}")
        self._find_missing(number, given, entries, account)
        if (len(self._faults), len(self._swapped)) != before or swapped:
            return None
        return Application(entries=complete(entries), account=account, photos=photos)

    def find_doubles(self, applications: list[Application | None]) -> None:
        """Name what two rows have and only one may: a serial, a terminal number, another merchant's number."""
        first: dict[tuple[str, ...], tuple[int, Application]] = {}
        for (number, _row), one in zip(self._found.rows, applications, strict=True):
            if one is None:
                continue
            merchant = one.get("acquirer")
            for name, key in (
                ("serial", (one.serial,)), ("tid", (merchant, one.get("tid"))), ("mid", (merchant, one.get("mid")))
            ):  # fmt: skip
                if not key[-1]:
                    continue
                earlier, other = first.setdefault((name, *key), (number, one))
                if other is one or (name == "mid" and _same_merchant(one, other)):
                    continue
                self._add(
                    number, name, _("{value} stands in {place}, too").format(value=key[-1], place=self._place(earlier))
                )

    def refuse(self) -> None:
        """Raise ApplicationError when there is a fault."""
        for (one, other), numbers in self._swapped.items():
            titles = {"one": _(BY_NAME[one].title), "other": _(BY_NAME[other].title)}
            if len(numbers) == len(self._found.rows) > 1:
                said = _("every row: the columns {a} and {b} are swapped: under {a} stands what has the form of {other}, and the other way round")  # noqa: E501  # fmt: skip
            else:
                said = _("{place}: {a} and {b} are swapped: under {a} stands what has the form of {other}, and the other way round")  # noqa: E501  # fmt: skip
            places = _(", ").join(self._place(number) for number in numbers[:10])
            self._faults.append(said.format(place=places, a=one, b=other, **titles))
        if self._faults:
            shown = self._faults[:_MOST_FAULTS]
            if len(shown) < len(self._faults):
                shown.append(_("and {count} more").format(count=len(self._faults) - len(shown)))
            raise ApplicationError("\n".join(f"{self._path}: {fault}" for fault in shown))

    def _by_field(self, number: int, row: dict[str, str]) -> dict[str, tuple[str, str]]:
        """The column and text of each entry."""
        given: dict[str, tuple[str, str]] = {}
        for column, text in row.items():
            name = columns.field_of(column)
            if name is None:
                self._add_unknown(column)
            elif name in given:
                self._add(number, column, _("the same entry as {column}").format(column=given[name][0]))
            elif text.strip():
                given[name] = (column, text)
        return given

    def _find_swapped(self, number: int, given: dict[str, tuple[str, str]]) -> set[str]:
        """Entries whose texts have each other's form, one of them not its own."""
        texts = {name: given[name][1] for name in FORMS if name in given}
        wrong = [name for name in texts if not fits(name, texts[name])]
        for one in wrong:
            for other in texts:
                if other != one and fits(other, texts[one]) and fits(one, texts[other]):
                    pair = sorted((one, other), key=list(BY_NAME).index)
                    if number not in self._swapped[pair[0], pair[1]]:
                        self._swapped[pair[0], pair[1]].append(number)
                    return {one, other}
        return set()

    def _find_missing(
        self, number: int, given: dict[str, tuple[str, str]], entries: dict[str, str], account: Account | None
    ) -> None:
        for name in missing(entries, account):
            if name not in given:
                licensed = name == "uscc" and "licence" in given
                if not licensed:
                    self._add(number, name, _("missing: {title}").format(title=_(BY_NAME[name].title)))

    def _photos(self, text: str) -> list[Photo]:
        return [photo(name, self._path.parent) for name in text.split(";") if name.strip()]

    def _place(self, number: int) -> str:
        said = _("row {number}") if self._found.table else _("application {number}")
        return said.format(number=number)

    def _add(self, number: int, column: str, what: str) -> None:
        self._faults.append(
            _("{place}, {column}: {what}").format(place=self._place(number), column=column[:40], what=what)
        )

    def _add_unknown(self, column: str) -> None:
        if column in self._unknown:
            return
        self._unknown.add(column)
        near = columns.nearest(column)
        said = _("no entry is called {column}; {near} is") if near else _("no entry is called {column}")
        self._faults.append(said.format(column=tidy.quoted(column), near=near))


def _same_merchant(one: Application, other: Application) -> bool:
    return (one.get("uscc"), one.get("licence")) == (other.get("uscc"), other.get("licence"))


def _shown(name: str, text: str) -> str:
    return "" if name == ACCOUNT else f"{tidy.quoted(text)}: "


def _hint(name: str, text: str) -> str:
    other = other_form(name, text)
    if not other:
        return ""
    return _("; it has the form of {other} ({title})").format(other=other, title=_(BY_NAME[other].title))
