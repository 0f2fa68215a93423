"""What the columns of people's files are called, in English and Chinese, and the entries that they are."""

from functools import cache

from provisioning.application.fields import FIELDS, PHOTOS
from provisioning.application.headings import Headings

_PHOTO_NAMES = ("照片", "图片", "photo")


@cache
def headings() -> Headings:
    """The columns of applications."""
    return Headings({PHOTOS: _PHOTO_NAMES} | {field.name: (field.title, *field.aliases) for field in FIELDS})
