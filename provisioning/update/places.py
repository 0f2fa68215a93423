"""Where an update finds what it needs, and leaves what it makes, below a root."""

from pathlib import Path
from typing import NamedTuple

from board.settings.file import document
from board.settings.machine import MachineSettings
from board.slots.marks import Marks

PACKAGE = Path("usr/lib/jumpguard")
SETTINGS = Path("etc/jumpguard/terminal.toml")


class Places(NamedTuple):
    """The terminal whose file system begins at `root`."""

    root: Path

    @property
    def slots(self) -> Path:
        """The folder of slots, and of what root says of them."""
        return self.root / "var/lib/jumpguard-slots"

    @property
    def marks(self) -> Marks:
        """What the terminal says."""
        return Marks(self.root / "var/lib/jumpguard/update")

    @property
    def metadata(self) -> Path:
        """What is known of the repository."""
        return self.slots / "metadata"

    @property
    def trusted(self) -> Path:
        """The repository's root of trust, as the installation brought it."""
        return self.root / "etc/jumpguard/update/root.json"

    @property
    def repository(self) -> Path:
        """Holds where the repository is: a URL or a folder, on one line."""
        return self.root / "etc/jumpguard/update/repository"

    @property
    def clock_mark(self) -> Path:
        """The file whose presence says that the clock was set since boot: the one that the settings name.

        Of the settings nothing else counts: those of a later release may say what this one does not know. Raises
        SettingsError where they are there and cannot be read.
        """
        settings = self.root / SETTINGS
        section = document(settings).get("machine") if settings.exists() else None
        named = section.get("clock_mark") if isinstance(section, dict) else None
        return Path(named) if isinstance(named, str) else self.root / MachineSettings().clock_mark.relative_to("/")
