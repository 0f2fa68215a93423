"""The fonts of a hand-over sheet, by their file names, and where they are looked for.

The folder that JUMPGUARD_FONTS names comes first, then where Debian's packages put them, then the usual places for a
machine and a person. DejaVu Sans tells 0 from O and 1 from l; Droid Sans Fallback has the Chinese that it lacks.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from provisioning.errors import HandoverError

VARIABLE = "JUMPGUARD_FONTS"
_FOLDERS = (
    "/usr/share/fonts/truetype/droid",
    "/usr/share/fonts/truetype/dejavu",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
)


@dataclass(frozen=True, slots=True)
class Fonts:
    """The files: Latin in two weights, and Chinese."""

    latin: Path
    bold: Path
    chinese: Path


def find() -> Fonts:
    """Where the fonts are. Raises HandoverError with the package that has a missing one."""
    return Fonts(
        _found("DejaVuSans.ttf", "fonts-dejavu-core"),
        _found("DejaVuSans-Bold.ttf", "fonts-dejavu-core"),
        _found("DroidSansFallbackFull.ttf", "fonts-droid-fallback"),
    )


def _found(name: str, package: str) -> Path:
    folders = [Path(folder).expanduser() for folder in (os.environ.get(VARIABLE), *_FOLDERS) if folder]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise HandoverError(
        f"font {name}: in none of {', '.join(map(str, folders))}; run `sudo apt-get install {package}`,"
        f" or name a folder that has it in {VARIABLE}"
    )
