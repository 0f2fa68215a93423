"""Files that hold a secret: readable by their owner alone from the first moment on."""

import os
from pathlib import Path

from board.errors import SettingsError

_PRIVATE = 0o600


def create(path: Path, content: bytes, mode: int = _PRIVATE) -> None:
    """Write `content` to a new file. Raises FileExistsError when it is there already, and OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as stream:
        if mode != _PRIVATE:
            os.fchmod(descriptor, mode)
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)


def replace(path: Path, content: bytes, mode: int = _PRIVATE) -> None:
    """Write `content` to `path`: a power cut leaves what was there, or once this returned all of the new. OSError.

    `mode` is for what goes the same way and is no secret.
    """
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)
    create(aside, content, mode)
    aside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def secret(path: Path, what: str) -> str:
    """The text in a file that its owner alone may read. Raises SettingsError when others may, or it is not there."""
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: others may read the {what}; chmod 600 it")
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(f"{path}: the {what} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: the {what} is not plain text") from error
    if not text:
        raise SettingsError(f"{path}: holds no {what}")
    return text
