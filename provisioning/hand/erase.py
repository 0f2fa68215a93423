"""Destroying secrets on a terminal, as far as that goes.

Each file is overwritten in place, that is brought to the disk, and only then is its name taken away. What it goes as
far as: nobody who has the terminal's system, or reads its partition, finds the secret again. What it does not: a flash
card writes elsewhere than where it wrote before, and its controller may keep the old cells until it needs them; who
takes the card's chips apart could find them there. So a key that was destroyed is worth nothing elsewhere as well: its
certificate is revoked, the acquirer is to end the master key, and a card that must give nothing away is shredded.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from board.private_file import sync_folder


def erase(paths: Iterable[Path]) -> list[str]:
    """Overwrite and remove the files `paths`; the names of those that were there. Raises OSError; may be done again."""
    gone = []
    for path in paths:
        if path.is_symlink() or path.is_file():
            if not path.is_symlink():
                _overwrite(path)
            path.unlink()
            sync_folder(path.parent)
            gone.append(path.name)
    return gone


def _overwrite(path: Path) -> None:
    path.chmod(0o600)
    with path.open("r+b") as stream:
        stream.write(os.urandom(path.stat().st_size))
        stream.flush()
        os.fsync(stream.fileno())
