"""The forms of what only a batch's table has: each is made plain and checked, or EntryError says what is wrong."""

import re

from provisioning.application import tidy
from provisioning.errors import EntryError, InstallError
from provisioning.install.over_ssh import address
from provisioning.texts import _

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_DIGEST = re.compile(r"[0-9a-f]{8,64}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_LONGEST_LINE = 200
_LONGEST_PATH = 1_000


def host(text: str) -> str:
    """Where a terminal is, as `[USER@]HOST[:PORT]`."""
    plain = tidy.address(text)
    tidy.refuse_cards(plain)
    try:
        if not plain.isascii():
            raise InstallError("ADDRESS", plain)
        address(plain)
    except InstallError as error:
        raise EntryError(_("no address; write it as HOST or HOST:PORT")) from error
    return plain


def looks_like_host(text: str) -> bool:
    """Whether `text` can hardly be anything but an address: any word may be the name of a host."""
    try:
        plain = host(text)
    except EntryError:
        return False
    return "." in plain or ":" in plain


def user(text: str) -> str:
    """The name of a user."""
    plain = tidy.address(text)
    if not _USER.fullmatch(plain):
        raise EntryError(_("no name of a user"))
    return plain


def fingerprint(text: str) -> str:
    """An SSH host key's, as `ssh-keygen -lf` prints it."""
    plain = tidy.address(text).rstrip("=")
    if not _FINGERPRINT.fullmatch(plain):
        raise EntryError(_("no fingerprint of a host key; `ssh-keygen -lf` prints one: SHA256: and 43 characters"))
    return plain


def digest(text: str) -> str:
    """The first digits of an application's SHA-256, 8 at least."""
    plain = tidy.address(text).lower()
    if not _DIGEST.fullmatch(plain):
        raise EntryError(_("not 8 to 64 hexadecimal digits, with which the registry names an application"))
    return plain


def path(text: str) -> str:
    """The name of a file or folder; it is kept as it is."""
    if not text.isprintable() or len(text) > _LONGEST_PATH:
        raise EntryError(_("no name of a file"))
    return text


def line(text: str) -> str:
    """A line for people."""
    return tidy.line(text, _LONGEST_LINE)
