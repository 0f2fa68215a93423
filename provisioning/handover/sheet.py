"""The files of a hand-over: the page to print and the same as text, each written whole or not at all."""

from pathlib import Path

from board import private_file
from provisioning.errors import HandoverError
from provisioning.handover import fonts, page, text_sheet
from provisioning.handover.facts import Facts, name_of

# Not secret: the merchant gets both.
_MODE = 0o644


def write(facts: Facts, folder: Path) -> list[Path]:
    """Make the sheet of `facts` in `folder`: `<serial>-v<version>.handover.pdf` and `.txt`; returns both.

    Raises HandoverError, before any file is made, for a font that is missing, and for what the disk refuses.
    """
    found = fonts.find()
    made = {".pdf": page.render(facts, found), ".txt": text_sheet.render(facts).encode()}
    paths = []
    for ending, content in made.items():
        path = folder / f"{name_of(facts)}.handover{ending}"
        try:
            private_file.replace(path, content, _MODE)
        except OSError as error:
            raise HandoverError(f"{path}: cannot be written: {error.strerror}") from error
        paths.append(path)
    return paths
