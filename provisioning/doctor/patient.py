"""The terminal that is examined: what one check found out of it, and the next ones go by."""

from collections.abc import Mapping
from pathlib import Path

from agent.binding.gate import Gate
from agent.redact import Guard
from board.main.hardware import Hardware
from board.main.sale import gate
from board.main.state import State
from board.settings.sections import Settings
from provisioning.doctor.account import Account, own, owner
from provisioning.doctor.finding import Finding

SETTINGS = "etc/jumpguard/terminal.toml"


class Patient:
    """The terminal below `root` with the settings in `settings_file`; nothing of it is started.

    What later checks go by is there once the check `settings` went well; `health` once `local_api` did, and stays empty
    where no service runs.
    """

    def __init__(self, settings_file: Path | None = None, root: Path = Path("/")) -> None:
        self.root = root
        self.settings_file = settings_file or root / SETTINGS
        self.health: Mapping[str, object] = {}
        self.service: Mapping[str, str] = {}
        self.findings: list[Finding] = []
        self._parts: _Parts | None = None

    def take(self, settings: Settings) -> None:
        """Go by `settings` from here on. Raises SettingsError where they cannot be gone by."""
        self._parts = _Parts(settings)

    @property
    def settings(self) -> Settings:
        """What the terminal goes by."""
        return self._known.settings

    @property
    def state(self) -> State:
        """What the terminal keeps; its journal is open to read once the check `journal` went well."""
        return self._known.state

    @property
    def hardware(self) -> Hardware:
        """Reader and lines, which are asked only where no service runs."""
        return self._known.hardware

    @property
    def gate(self) -> Gate:
        """The terminal's gate."""
        return self._known.gate

    @property
    def account(self) -> Account:
        """Whom the terminal runs as: whose its state is; who asks, where there is none yet. Raises OSError."""
        state = self.settings.terminal.state_dir
        return owner(state) if state.exists() else own()

    @property
    def runs(self) -> bool:
        """Whether the service runs: it owns the journal. Raises OSError where that cannot be found out."""
        return self.state.journal.is_owned

    async def leave(self) -> None:
        """Let go of the journal."""
        if self._parts is not None:
            await self._parts.state.journal.stop()

    @property
    def _known(self) -> "_Parts":
        if self._parts is None:
            raise RuntimeError("the settings were not taken")
        return self._parts


class _Parts:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.state = State(settings)
        self.hardware = Hardware(settings, self.state, Guard())
        self.gate = gate(settings, self.state, self.hardware, _NobodyAsked())


class _NobodyAsked:
    """The acquirer's host, which is asked nothing here."""

    host_request = 0
