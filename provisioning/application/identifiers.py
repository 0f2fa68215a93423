"""The numbers of an application: each is made plain, checked, and what is wrong with one is said in full.

Every function returns the plain form or raises EntryError. What is right is decided in `agent.binding.identifiers`,
by which a terminal decides too; here stands only why.
"""

import re

from agent.binding import identifiers
from provisioning.application import tidy
from provisioning.errors import EntryError
from provisioning.texts import _

# GB 32100-2015 leaves out what looks like another character.
_MISREAD = {"I": "1", "O": "0", "Z": "2", "S": "5", "V": "U"}
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ROUNDED = re.compile(r"\d(\.\d+)?E\+?\d+")


def uscc(text: str) -> str:
    """A unified social credit code (GB 32100-2015)."""
    plain = _counted(text, (18,))
    for place, character in enumerate(plain, 1):
        if character in _MISREAD:
            raise EntryError(
                _("“{character}” at place {place} is in no unified social credit code; is it “{instead}”?").format(
                    character=character, place=place, instead=_MISREAD[character]
                )
            )
        if character not in _USCC_ALPHABET:
            raise EntryError(_only_letters_and_digits(character, place))
    if not identifiers.is_uscc(plain):
        raise EntryError(
            _("the check character {last} does not fit the 17 before it: one is wrong, or two are swapped").format(
                last=plain[-1]
            )
        )
    return plain


def licence(text: str) -> str:
    """A business registration number of 15 digits (GS 15-2006), as licences bore it before the USCC."""
    plain = _digits(text, 15, 15)
    if not identifiers.is_licence(plain):
        raise EntryError(
            _("the check digit {last} does not fit the 14 before it: one is wrong, or two are swapped").format(
                last=plain[-1]
            )
        )
    return plain


def serial(text: str) -> str:
    """A terminal's serial. Without the spaces in it, it would be another's: they may stand where a dash belongs."""
    plain = tidy.serial(text)
    if len(tidy.words(text)) > 1:
        raise EntryError(_("a space stands in it; a serial has dashes and no spaces, as on the back of the terminal"))
    if not identifiers.is_serial(plain):
        strange = next((c for c in plain if not identifiers.is_serial(c * 4)), None)
        if strange is not None:
            raise EntryError(_only_letters_and_digits(strange, plain.index(strange) + 1))
        raise EntryError(_("{count} characters; a serial has 4 to 32").format(count=len(plain)))
    tidy.refuse_cards(plain)
    return plain


def acquirer(text: str) -> str:
    """An acquirer's code."""
    return _digits(text, 3, 11)


def mid(text: str) -> str:
    """A merchant number (DE 42)."""
    plain = _counted(text, (15,))
    _all_capitals_and_digits(plain)
    return plain


def tid(text: str) -> str:
    """A terminal number (DE 41)."""
    plain = _counted(text, (8,))
    _all_capitals_and_digits(plain)
    return plain


def account(text: str) -> str:
    """A settlement account's number. It is a secret: nothing of it is in the error."""
    plain = tidy.identifier(text)
    _not_rounded(plain)
    place = next((place for place, c in enumerate(plain, 1) if c not in "0123456789"), None)
    if place is not None:
        raise EntryError(_("what stands at place {place} is no digit").format(place=place))
    return _digits(text, 8, 30)


def _digits(text: str, shortest: int, longest: int) -> str:
    plain = tidy.identifier(text)
    _not_rounded(plain)
    place = next((place for place, c in enumerate(plain, 1) if c not in "0123456789"), None)
    if place is not None:
        raise EntryError(
            _("“{character}” at place {place} is no digit").format(character=plain[place - 1], place=place)
        )
    return _counted(text, range(shortest, longest + 1))


def _counted(text: str, lengths: tuple[int, ...] | range) -> str:
    plain = tidy.identifier(text)
    _not_rounded(plain)
    if not plain:
        raise EntryError(_("nothing was entered"))
    if len(plain) not in lengths:
        due = (
            str(lengths[0]) if len(lengths) == 1 else _("{least} to {most}").format(least=lengths[0], most=lengths[-1])
        )
        raise EntryError(_("{count} characters; {due} are due").format(count=len(plain), due=due))
    return plain


def _not_rounded(plain: str) -> None:
    """A spreadsheet keeps 15 digits of a number and shows fewer."""
    if _ROUNDED.fullmatch(plain):
        raise EntryError(
            _("a spreadsheet has rounded it ({shown}); set the column to text and enter it anew").format(shown=plain)
        )


def _all_capitals_and_digits(plain: str) -> None:
    for place, character in enumerate(plain, 1):
        if not identifiers.is_tid(character * 8):
            raise EntryError(_only_letters_and_digits(character, place))


def _only_letters_and_digits(character: str, place: int) -> str:
    return _("“{character}” at place {place} is neither a letter A to Z nor a digit").format(
        character=character if character.isprintable() else "\ufffd", place=place
    )
