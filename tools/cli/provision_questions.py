"""The questions of `jumpguard provision apply`, at a terminal: one at a time, each checked at once, and back again."""

import contextlib
import getpass
import locale
import os
import readline  # noqa: F401 (line editing and the history of `input`)
from collections.abc import Callable
from pathlib import Path

import typer

from provisioning.application import categories, regions, tidy
from provisioning.application.account import Account, AccountKey
from provisioning.application.application import Application, complete
from provisioning.application.draft import Draft
from provisioning.application.fields import ACCOUNT, BY_NAME, FIELDS, PHOTOS, Field, other_form
from provisioning.application.photos import photo
from provisioning.errors import EntryError
from provisioning.review import NOTE, findings, rows, said, shown
from provisioning.texts import _
from tools.cli.provision_review import show_findings
from tools.cli.provision_words import NO, YES
from tools.cli.shown import print_table

_PROMPT = "> "
BACK = "<"
OPEN = "-"
HELP = "?"

# What the C library calls the character set of a locale that has ASCII alone.
_ASCII = "ANSI_X3.4-1968"
_SEARCHED = ("mcc", "region")


class _GoBack(Exception):  # noqa: N818 (no error: the person asks for the question before)
    """To the question before."""


class Questions:
    """Asks for an application; `draft` has what is known already, and what was answered so far."""

    def __init__(self, key: AccountKey, draft: Draft, account: Account | None) -> None:
        self.draft = draft
        self._key = key
        self._account = account
        self._names = [field.name for field in FIELDS if field.asked] + [PHOTOS]

    def ask(self, keep: Callable[[], None], exists: Callable[[str], bool]) -> Application:
        """Ask all questions, then show the whole for a last look; `keep` is called after each answer.

        `exists` says whether there is another application of a serial, which this one would replace. Raises
        KeyboardInterrupt and EOFError when the person ends it.
        """
        _understand_utf8()
        typer.echo(_("Enter keeps what stands in brackets, < goes back, ? helps, Ctrl-C pauses and loses nothing."))
        self._from(0, keep)
        while True:
            application = Application(
                entries=complete(self.draft.entries), account=self._account, photos=self.draft.photos
            )
            chosen = self._last_look(application)
            if chosen is not None:
                self._one(chosen, keep)
            elif not exists(application.serial) or yes(
                _("There is another application of {serial}. Replace it?").format(serial=application.serial), False
            ):
                return application

    def _from(self, place: int, keep: Callable[[], None]) -> None:
        while place < len(self._names):
            place += 1 if self._one(place, keep) else -1
            place = max(place, 0)

    def _one(self, place: int, keep: Callable[[], None]) -> bool:
        """Ask the question at `place`; False when the person wants the one before."""
        name = self._names[place]
        number = f"{place + 1}/{len(self._names)}"
        try:
            if name == PHOTOS:
                self._ask_photos(number)
            elif name == ACCOUNT:
                self._ask_account(number)
            else:
                self._ask_entry(BY_NAME[name], number)
        except _GoBack:
            return False
        keep()
        return True

    def _ask_entry(self, field: Field, number: str) -> None:
        _head(number, _(field.title), _(field.hint), field.example)
        now = self.draft.entries.get(field.name) or field.default
        # One of the two numbers of a licence has to be there.
        needed = field.required or (field.name == "licence" and "uscc" not in self.draft.entries)
        while True:
            text = _typed(f"[{now}] " if now else "" if needed else _("[open] "))
            if text == HELP:
                _help(field, needed)
            elif text == OPEN and not needed:
                self.draft.entries.pop(field.name, None)
                return
            elif not text and not now:
                if not needed:
                    return
                _wrong(_("it cannot be left open"))
            elif (plain := _checked(field, text or now)) is not None:
                self.draft.entries[field.name] = plain
                _right(shown(field.name, plain) if plain != text else "", said(field.name, plain))
                return

    def _ask_account(self, number: str) -> None:
        field = BY_NAME[ACCOUNT]
        _head(number, _(field.title), _(field.hint), field.example)
        while True:
            text = _hidden(f"[…{self._account.last4}] " if self._account else "")
            if text == HELP:
                _help(field, needed=True)
            elif not text and self._account:
                return
            elif account := self._kept(text):
                again = self._kept(_hidden(_("once more: ")))
                if again == account:
                    self._account = account
                    digits = len(tidy.identifier(text))
                    _right("", _("{count} digits, the last 4 are {last4}").format(count=digits, last4=account.last4))
                    return
                if again:
                    _wrong(_("the two are not the same; type it again"))

    def _kept(self, text: str) -> Account | None:
        try:
            return self._key.keep(text)
        except EntryError as error:
            _wrong(str(error))
            return None

    def _ask_photos(self, number: str) -> None:
        hint = _("Of the licence and the shop: a file each, then Enter. Only name and SHA-256 are kept.")
        _head(number, _("Photos"), hint, "licence.jpg")
        if self.draft.photos:
            typer.echo("  " + ", ".join(one.file for one in self.draft.photos) + "  " + _("(- removes them)"))
        while text := _typed(_("[no more] ")):
            if text == HELP:
                typer.echo("  " + hint)
            elif text == OPEN:
                self.draft.photos = []
            else:
                try:
                    found = photo(text, Path())
                except EntryError as error:
                    _wrong(str(error))
                else:
                    if found not in self.draft.photos:
                        self.draft.photos.append(found)
                    _right("", f"{found.file}  SHA-256 {found.sha256[:16]}…")

    def _last_look(self, application: Application) -> int | None:
        """Show everything; the place of a question to be asked again, None when all is right."""
        typer.echo("")
        places = {_(BY_NAME[name].title if name in BY_NAME else "Photo"): at for at, name in enumerate(self._names, 1)}
        lines = [(str(places.get(title, "")), title, entry, checked) for title, entry, checked in rows(application)]
        print_table(("", _("Entry"), _("entered"), _("checked")), lines)
        show_findings([finding for finding in findings(application) if finding.level != NOTE])
        while True:
            try:
                text = _typed(_("Enter writes it; a number changes that entry: "))
            except _GoBack:
                return len(self._names) - 1
            if not text:
                return None
            if text.isascii() and text.isdigit() and 1 <= int(text) <= len(self._names):
                return int(text) - 1
            _wrong(_("a number from 1 to {most}, or Enter").format(most=len(self._names)))


def _checked(field: Field, text: str) -> str | None:
    """The plain form of `text`, None when it is not right, which is said, or none of what was found is chosen."""
    if field.name in _SEARCHED and not tidy.identifier(text).isdigit():
        return _chosen(field.name, text)
    try:
        return field.check(text)
    except EntryError as error:
        other = other_form(field.name, text)
        hint = _("; it has the form of {other}").format(other=_(BY_NAME[other].title)) if other else ""
        _wrong(f"{error}{hint}")
        return None


def _chosen(name: str, words: str) -> str | None:
    """The code of what the person chooses among what `words` find."""
    found = _found(name, words)
    if not found:
        _wrong(_("nothing is called so; try fewer or other words"))
        return None
    for number, (_code, title) in enumerate(found, 1):
        typer.echo(f"  {number}  {title}")
    if len(found) == 1:
        return found[0][0] if yes("  " + _("This one?"), default=True) else None
    while text := _typed(_("number, or Enter to search again: ")):
        if text.isascii() and text.isdigit() and 1 <= int(text) <= len(found):
            return found[int(text) - 1][0]
        _wrong(_("a number from 1 to {most}, or Enter").format(most=len(found)))
    return None


def _found(name: str, words: str) -> list[tuple[str, str]]:
    """The codes that `words` find, each with how it is called."""
    if name == "mcc":
        return [(one.code, one.shown) for one in categories.search(words)]
    return [(one.code, f"{one.code} {one.name}") for one in regions.search(words)]


def yes(question: str, default: bool) -> bool:
    """Whether the person says yes; Enter means `default`. Raises KeyboardInterrupt and EOFError."""
    while True:
        text = input(f"{question} [{'Y/n' if default else 'y/N'}] ").strip().lower()
        if not text:
            return default
        if text in YES or text in NO:
            return text in YES
        _wrong(_("y for yes, n for no"))


def _understand_utf8() -> None:
    """Have `input` edit whole signs where the environment names a locale that is not installed, or none.

    readline takes the locale from the environment, and without a good one each sign for several.
    """
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_CTYPE, "")
        if locale.nl_langinfo(locale.CODESET) != _ASCII:
            return
    with contextlib.suppress(locale.Error):
        os.environ["LC_ALL"] = locale.setlocale(locale.LC_CTYPE, "C.UTF-8")


def _typed(prompt: str) -> str:
    """What the person types. Raises _GoBack when that is the sign for it."""
    try:
        text = input(_PROMPT + prompt).strip()
    except UnicodeDecodeError:
        # What the terminal sends is no UTF-8: it cannot be shown, nor taken.
        text = "\ufffd\u0000"
    if tidy.serial(text) == BACK:
        raise _GoBack
    return text


def _hidden(prompt: str) -> str:
    """As `_typed`, but nothing of it is shown, nor kept in the history."""
    text = getpass.getpass(_PROMPT + prompt).strip()
    if tidy.serial(text) == BACK:
        raise _GoBack
    return text


def _head(number: str, title: str, hint: str, example: str) -> None:
    typer.echo("")
    typer.secho(f"{title}  ", bold=True, nl=False)
    typer.secho(number, dim=True)
    typer.secho(f"  {hint} " + _("Example: {example}").format(example=example), dim=True)


def _help(field: Field, needed: bool) -> None:
    typer.echo("  " + _(field.hint))
    typer.echo("  " + _("Example: {example}").format(example=field.example))
    typer.echo("  " + (_("It cannot be left open.") if needed else _("Enter leaves it open, - empties it.")))
    typer.echo("  " + _("< goes back to the question before. Ctrl-C pauses: what was answered is kept."))


def _wrong(text: str) -> None:
    typer.secho(f"  ✗ {text}", fg="red")


def _right(plain: str, meaning: str) -> None:
    taken = _("taken as {plain}").format(plain=plain) if plain else ""
    text = " · ".join(part for part in (taken, meaning) if part)
    if text:
        typer.secho(f"  ✓ {text}", fg="green")
