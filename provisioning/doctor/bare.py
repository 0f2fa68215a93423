"""The settings that a machine is looked at by before anything is installed on it: the defaults."""

from pathlib import Path

from board.settings.acquirer import AcquirerSettings
from board.settings.api import ApiSettings
from board.settings.link import LinkSettings
from board.settings.sections import Settings
from board.settings.terminal import TerminalSettings
from board.settings.trust import TrustSettings

STATE = "var/lib/jumpguard"
_NOWHERE = Path("/nonexistent")


def bare(root: Path) -> Settings:
    """Defaults for a terminal below `root`, with the disk that its state will lie on; what has none leads nowhere."""
    state = root / STATE
    return Settings(
        terminal=TerminalSettings("", "", next(path for path in (state, *state.parents) if path.exists())),
        acquirer=AcquirerSettings("", 0, "", _NOWHERE),
        link=LinkSettings("localhost", 0),
        api=ApiSettings(_NOWHERE),
        trust=TrustSettings("", _NOWHERE),
    )
