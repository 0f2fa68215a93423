"""Photos of the shop and the licence: the application names each file and its SHA-256, and holds no picture."""

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec

from provisioning.application import tidy
from provisioning.errors import EntryError
from provisioning.texts import _

_MOST_BYTES = 100 * 2**20


class Photo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A photo's file name, without its folder, and the SHA-256 of the file in hexadecimal."""

    file: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    sha256: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


def photo(text: str, folder: Path) -> Photo:
    """The photo in the file `text`, looked for in `folder`. Raises EntryError."""
    path = folder / Path(text.strip().strip("'\"")).expanduser()
    name = tidy.line(path.name, 200)
    try:
        if not path.is_file():
            raise EntryError(_("there is no file {path}").format(path=path))
        if path.stat().st_size > _MOST_BYTES:
            raise EntryError(_("{path} is larger than {most} MiB").format(path=path, most=_MOST_BYTES // 2**20))
        with path.open("rb") as stream:
            return Photo(name, hashlib.file_digest(stream, "sha256").hexdigest())
    except (OSError, ValueError) as error:
        if isinstance(error, EntryError):
            raise
        raise EntryError(_("{path} cannot be read").format(path=path)) from error
