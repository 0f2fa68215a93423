"""What the columns of people's files are called, in English and Chinese, and the entries that they are."""

import difflib
from functools import cache

from provisioning.application.fields import FIELDS, PHOTOS

_PHOTO_NAMES = ("照片", "图片", "photo")


def field_of(heading: str) -> str | None:
    """The name of the entry that a column called `heading` holds; None when there is none."""
    return _names().get(_plain(heading))


def nearest(heading: str) -> str:
    """The name of an entry that `heading` may be a misspelling of; "" when none is near."""
    found = difflib.get_close_matches(_plain(heading), list(_names()), 1)
    return _names()[found[0]] if found else ""


def _plain(heading: str) -> str:
    """Case, spaces and dashes do not count."""
    return "".join(c for c in heading.lower() if c.isalnum())


@cache
def _names() -> dict[str, str]:
    names = {_plain(name): PHOTOS for name in (PHOTOS, *_PHOTO_NAMES)}
    for field in FIELDS:
        names |= {_plain(name): field.name for name in (field.name, field.title, *field.aliases)}
    return names
