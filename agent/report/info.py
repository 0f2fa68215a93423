"""What this terminal is and can be told to do, as the fleet hears it when a connection begins and when it changes."""

from agent.binding.history import History
from agent.canonical import encode
from agent.report.ports import Machine


class Info:
    """`commands` are the types of command that the terminal knows."""

    def __init__(self, machine: Machine, history: History, commands: "tuple[str, ...]") -> None:
        self.machine = machine
        self.history = history
        self.commands = sorted(commands)
        self._told_version = -1

    @property
    def has_changed(self) -> bool:
        """Whether another binding came into force since `payload` was asked for."""
        return self.history.version != self._told_version

    def payload(self) -> bytes:
        """The message."""
        self._told_version = self.history.version
        told = self.machine.info()
        told["commands"] = self.commands
        told["binding_version"] = self.history.version
        return encode(told)
