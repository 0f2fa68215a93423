"""What people type and paste, made plain: full-width digits and letters, spaces, dashes, invisible characters."""

import unicodedata

from agent.redact import leak_in
from provisioning.errors import EntryError
from provisioning.texts import _

# Full-width forms of the digits and letters of ASCII stand this far above them (Unicode block U+FF00).
_WIDTH = 0xFEE0
_NARROW = {
    ord(character) + _WIDTH: character for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
}
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_SOME_DASHES = "-_−－﹣ー"
# A number of so many digits may be an account or a card: an error does not repeat it.
_LONGEST_QUOTED_DIGITS = 11


def line(text: str, longest: int) -> str:
    """`text` as one line: digits and letters half width, single spaces. Raises EntryError, also for card data."""
    plain = " ".join(text.translate(_INVISIBLE).translate(_NARROW).split())
    if not plain:
        raise EntryError(_("nothing was entered"))
    if len(plain) > longest:
        raise EntryError(_("{count} characters; {most} at most").format(count=len(plain), most=longest))
    strange = next((character for character in plain if not character.isprintable()), None)
    if strange is not None:
        raise EntryError(
            _("U+{code:04X} is no printable character; type it anew, and see that terminal or file is UTF-8")
            .format(code=ord(strange))
        )  # fmt: skip
    refuse_cards(plain)
    return plain


def refuse_cards(plain: str) -> None:
    """Raises EntryError where `plain` holds what looks like a card's number."""
    if leak_in(plain.encode()) is not None:
        raise EntryError(_("a card number stands in it, which belongs into no application"))


def identifier(text: str) -> str:
    """The capitals and digits of `text`: half width, without spaces and dashes. What else is in it stays."""
    return "".join(character for character in serial(text) if character != "-")


def serial(text: str) -> str:
    """As `identifier`, but with the dashes, which belong to a serial."""
    plain = "".join(words(text))
    return "".join("-" if c in _SOME_DASHES or unicodedata.category(c) == "Pd" else c for c in plain).upper()


def words(text: str) -> list[str]:
    """What spaces part in `text`, half width."""
    return unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).split()


def address(text: str) -> str:
    """A network address or host name as it is typed: half width, without spaces, with plain dashes and dots."""
    plain = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    dashed = ("-" if unicodedata.category(c) == "Pd" else "." if c == "。" else c for c in plain)
    return "".join("".join(dashed).split())


def spreadsheet(text: str) -> str:
    """A cell without what spreadsheets put around digits that are to stay text: `="0123"` or `'0123`."""
    stripped = text.strip()
    if stripped.startswith('="') and stripped.endswith('"') and len(stripped) > 2:
        return stripped[2:-1]
    return stripped.removeprefix("'")


def printable(text: str) -> str:
    """`text` as a screen may show it: control characters of it do nothing there."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def quoted(text: str) -> str:
    """`text` as an error may repeat it; a number as long as an account is only counted."""
    digits = sum(character.isdigit() for character in unicodedata.normalize("NFKC", text))
    if digits > _LONGEST_QUOTED_DIGITS:
        return _("({count} characters)").format(count=len(text))
    return f"“{printable(text[:40])}{'…' if len(text) > 40 else ''}”"
