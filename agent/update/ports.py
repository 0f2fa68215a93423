"""What the core needs of the slots that releases lie in: it asks for one and says how its trial goes."""

from agent.compat import Protocol

# How far a trial came, each behind the one before.
STARTED = "started"
SIGNED_ON = "signed_on"


class Tried:
    """The trial `name` of release `version`: whether it was begun, how far it `reached`, "" for nowhere, whether it was
    `proven`, and whether the fleet was `told` of its end.
    """

    def __init__(self, name: str, version: str, begun: bool, reached: str, proven: bool, told: bool) -> None:
        self.name = name
        self.version = version
        self.begun = begun
        self.reached = reached
        self.proven = proven
        self.told = told


class Slots(Protocol):
    """The slots of this terminal. All of it is small files: nothing takes long."""

    # Whether there are slots: not where the agent was started without them.
    present: bool
    # The release that runs.
    version: str
    # The trial that this run is, "" for none, and how long it may take, in milliseconds.
    on_trial: str
    trial_ms: int
    # The trial that was due as this run began, and was not begun: it will not be. "" for none.
    declined: str

    def tried(self) -> "Tried | None":
        """The latest trial, begun or due; None where there was none."""

    def request(self, version: str) -> str:
        """Ask for release `version` to be fetched and put in a slot; the name of the request. Raises UpdateError."""

    def repeat(self, request: str, version: str) -> None:
        """Make `request` for `version` once more: root may not have seen it. Raises UpdateError."""

    def outcome(self, request: str) -> "tuple[str, str] | None":
        """What became of `request`: code, "" where its slot is to be tried, and detail; None while it is not known."""

    def reach(self, step: str) -> None:
        """This trial came as far as `step`. Raises UpdateError."""

    def prove(self) -> None:
        """This trial has proven itself: from now on its release is the one in force. Raises UpdateError."""

    def tell(self, trial: str) -> None:
        """The fleet will hear of the end of `trial`: that is in the journal. Raises UpdateError."""
