"""Texts that people hand in: UTF-8 with a byte order mark or without, UTF-16, or GBK as on Chinese Windows."""

import codecs
from pathlib import Path

from provisioning.errors import ApplicationError
from provisioning.texts import _, mark

_MOST_BYTES = 20 * 2**20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_READ_AS_GBK = mark("read as GBK, since it is not UTF-8; look at the names")


def read(path: Path) -> tuple[str, list[str]]:
    """The text in `path`, and a note where its encoding had to be found out. Raises ApplicationError."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ApplicationError(_("{path} is larger than {most} MiB").format(path=path, most=_MOST_BYTES // 2**20))
        raw = path.read_bytes()
    except OSError as error:
        raise ApplicationError(f"{path}: {error.strerror}") from error
    encoding = next((name for begin, name in _MARKS if raw.startswith(begin)), "")
    try:
        return _text(raw, encoding)
    except UnicodeDecodeError as error:
        raise ApplicationError(
            _("{path}: byte {place} is neither UTF-8 nor GBK; save it as UTF-8").format(path=path, place=error.start)
        ) from None


def _text(raw: bytes, encoding: str) -> tuple[str, list[str]]:
    if encoding:
        return raw.decode(encoding), []
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        # GB 18030 holds all of GBK.
        return raw.decode("gb18030"), [_(_READ_AS_GBK)]
