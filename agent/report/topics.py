"""The topics of one terminal. `fleet` and `terminal` hold letters, digits and dashes only."""

PREFIX = "jumpguard/1"

STATE = "state"
INFO = "info"
VITALS = "vitals"
EVENT = "event"
EVENT_ACK = "event/ack"
KEYS = "keys"


class Topics:
    """Names the topics of `terminal` (its serial) in `fleet`."""

    def __init__(self, fleet: str, terminal: str) -> None:
        self.fleet = fleet
        self.terminal = terminal
        self.source = "{}/{}/{}".format(PREFIX, fleet, terminal)

    def of(self, name: str) -> str:
        """The topic `name` of this terminal, such as `jumpguard/1/demo/JG-DEMO-0001/event/ack`."""
        return "{}/{}".format(self.source, name)
