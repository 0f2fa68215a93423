"""The slots of a terminal in memory, as root and the chooser would fill them."""

from agent.update.ports import Tried

TRIAL = "00000000000000aa"


def name_of(number: int) -> str:
    """The name of the request of that number, from 1."""
    return "{:016d}".format(number)


class MemorySlots:
    """Implements `agent.update.ports.Slots`."""

    def __init__(self, version: str = "0.1.0", present: bool = True) -> None:
        self.present = present
        self.version = version
        self.on_trial = ""
        self.trial_ms = 0
        self.declined = ""
        self.trial: "Tried | None" = None
        self.requests: "list[str]" = []
        self.repeated: "list[str]" = []
        self.outcomes: "dict[str, tuple[str, str]]" = {}

    def stage(self, version: str, name: str = TRIAL) -> None:
        """Root has put `version` in a slot, to be tried as `name`."""
        self.trial = Tried(name, version, False, "", False, False)

    def begin(self, trial_ms: int = 60_000) -> None:
        """The chooser has started the trial, and this is it."""
        assert self.trial is not None
        self.trial.begun = True
        self.on_trial, self.version, self.trial_ms = self.trial.name, self.trial.version, trial_ms

    def end(self, version: str = "0.1.0") -> None:
        """Whatever ended this run, the chooser has started the release before."""
        self.on_trial, self.version, self.trial_ms = "", version, 0

    def tried(self) -> "Tried | None":
        """See `agent.update.ports.Slots.tried`."""
        return self.trial

    def request(self, version: str) -> str:
        """See `agent.update.ports.Slots.request`."""
        self.requests.append(version)
        return name_of(len(self.requests))

    def repeat(self, request: str, version: str) -> None:
        """See `agent.update.ports.Slots.repeat`."""
        assert self.requests[-1] == version
        self.repeated.append(request)

    def outcome(self, request: str) -> "tuple[str, str] | None":
        """See `agent.update.ports.Slots.outcome`."""
        return self.outcomes.get(request)

    def reach(self, step: str) -> None:
        """See `agent.update.ports.Slots.reach`."""
        assert self.trial is not None
        self.trial.reached = step

    def prove(self) -> None:
        """See `agent.update.ports.Slots.prove`."""
        assert self.trial is not None
        self.trial.proven = True

    def tell(self, trial: str) -> None:
        """See `agent.update.ports.Slots.tell`."""
        assert self.trial is not None and self.trial.name == trial
        self.trial.told = True
