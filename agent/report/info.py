"""What this terminal is and can be told to do, as the fleet hears it when a connection begins and when it changes."""

from agent.binding.history import History
from agent.binding.ports import Keys
from agent.canonical import encode
from agent.report.ports import Machine


class Info:
    """`commands` are the types of command that the terminal knows."""

    def __init__(self, machine: Machine, history: History, keys: Keys, commands: "tuple[str, ...]") -> None:
        self.machine = machine
        self.history = history
        self.keys = keys
        self.commands = sorted(commands)
        self._told = (-1, -1)

    @property
    def has_changed(self) -> bool:
        """Whether another binding or key set came into force since `payload` was asked for."""
        return self._versions() != self._told

    def payload(self) -> bytes:
        """The message."""
        self._told = self._versions()
        told = self.machine.info()
        told["commands"] = self.commands
        told["binding_version"], told["keys_version"] = self._told
        return encode(told)

    def _versions(self) -> "tuple[int, int]":
        return self.history.version, self.keys.version
