"""Names and addresses of an application. Every function returns the plain text or raises EntryError."""

from zoneinfo import ZoneInfo

from agent.binding.record import JUMP_POLICIES
from provisioning.application import tidy
from provisioning.errors import EntryError
from provisioning.texts import _

# DE 43 carries the name in 40 bytes of GBK.
SHOP_NAME_BYTES = 40


def shop(text: str) -> str:
    """The shop's name as the cardholder sees it on the bill (DE 43)."""
    plain = tidy.line(text, 100)
    strange = next((character for character in plain if not _in_gbk(character)), None)
    if strange is not None:
        raise EntryError(_("“{character}” cannot be sent to the acquirer, which reads GBK").format(character=strange))
    size = sum(1 if character < "\x80" else 2 for character in plain)
    if size > SHOP_NAME_BYTES:
        raise EntryError(
            _("too long for the bill by {count} bytes; a Chinese sign takes 2 of {most}, other letters 1").format(
                count=size - SHOP_NAME_BYTES, most=SHOP_NAME_BYTES
            )
        )
    return plain


def legal(text: str) -> str:
    """The legal name as the licence has it."""
    return tidy.line(text, 100)


def address(text: str) -> str:
    """The address where the terminal is installed."""
    return tidy.line(text, 200)


def timezone(text: str) -> str:
    """The name of a time zone, such as Asia/Shanghai."""
    plain = tidy.line(text, 64)
    try:
        ZoneInfo(plain)
    except (ValueError, OSError, KeyError):  # what is not found is a KeyError
        raise EntryError(_("no time zone is called so; Asia/Shanghai is one")) from None
    return plain


def jump_policy(text: str) -> str:
    """What a terminal does after a jump."""
    plain = tidy.line(text, 40)
    if plain not in JUMP_POLICIES:
        raise EntryError(_("not one of {choices}").format(choices=", ".join(JUMP_POLICIES)))
    return plain


def _in_gbk(character: str) -> bool:
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True
