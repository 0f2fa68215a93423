"""Applications from a file: all rows are checked before one is taken; what is wrong is named by row and column."""

from pathlib import Path

from provisioning.application import tidy
from provisioning.application.account import Account, AccountKey
from provisioning.application.application import Application, complete, missing
from provisioning.application.columns import headings
from provisioning.application.documents import Rows, rows_of
from provisioning.application.faults import Faults
from provisioning.application.fields import ACCOUNT, BY_NAME, FIELDS, FORMS, PHOTOS, fits, other_form
from provisioning.application.photos import Photo, photo
from provisioning.errors import ApplicationError, EntryError
from provisioning.texts import _


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
        self._faults = Faults({field.name: field.title for field in FIELDS}, table=found.table)

    def application(self, number: int, row: dict[str, str]) -> Application | None:
        """The application of a row, None when something is wrong with it."""
        before = self._faults.count
        given = self._faults.by_column(number, row, headings())
        forms = {name: given[name][1] for name in FORMS if name in given}
        swapped = self._faults.find_swapped(number, forms, fits)
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
                self._faults.add(number, column, f"{_shown(name, text)}{error}{_hint(name, text)}")
        self._find_missing(number, given, entries, account)
        if self._faults.count != before or swapped:
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
                said = _("{value} stands in {place}, too").format(value=key[-1], place=self._faults.place(earlier))
                self._faults.add(number, name, said)

    def refuse(self) -> None:
        """Raise ApplicationError when there is a fault."""
        if shown := self._faults.lines(len(self._found.rows)):
            raise ApplicationError("\n".join(f"{self._path}: {fault}" for fault in shown))

    def _find_missing(
        self, number: int, given: dict[str, tuple[str, str]], entries: dict[str, str], account: Account | None
    ) -> None:
        for name in missing(entries, account):
            if name not in given:
                licensed = name == "uscc" and "licence" in given
                if not licensed:
                    self._faults.add(number, name, _("missing: {title}").format(title=_(BY_NAME[name].title)))

    def _photos(self, text: str) -> list[Photo]:
        return [photo(name, self._path.parent) for name in text.split(";") if name.strip()]


def _same_merchant(one: Application, other: Application) -> bool:
    return (one.get("uscc"), one.get("licence")) == (other.get("uscc"), other.get("licence"))


def _shown(name: str, text: str) -> str:
    return "" if name == ACCOUNT else f"{tidy.quoted(text)}: "


def _hint(name: str, text: str) -> str:
    other = other_form(name, text)
    if not other:
        return ""
    return _("; it has the form of {other} ({title})").format(other=other, title=_(BY_NAME[other].title))
