"""What the terminal remembers of its bindings: how far the versions went, when the merchant changed, and the clock.

The journal remembers it, so that a restored copy of the store and the mark does not pass for the newest, and frequent
switching of merchant or terminal, a known cause of jumps, is noticed.
"""

from agent.binding.record import Binding
from agent.clock import Clock
from agent.journal.entry import Record
from agent.journal.ports import Journal

TAKEN_UP = "binding.taken_up"

# How many switches are remembered: a policy can ask about one less.
KEPT = 20


class History:
    """Read with `start`; `take_up` writes down each binding that comes into force."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal = journal
        self.clock = clock
        self.version = 0
        # UTC times at which another merchant or terminal number came into force, oldest first.
        self.switches: list[str] = []
        # The time of the newest entry of the last run, "" in a new journal: the clock cannot be before it.
        self.floor = ""
        self._digest = ""
        self._bound = ""

    async def start(self) -> None:
        """Find what the journal tells. Call before anything is appended in this run."""
        head = await self.journal.head()
        for entry in await self.journal.after(head - 1, 1):
            self.floor = str(entry.fields["time"])
        taken = await self.journal.last(TAKEN_UP)
        if taken is not None:
            self._remember(taken.body)

    def knows(self, digest: str) -> bool:
        """Whether the binding with `digest` is the one that was taken up last."""
        return digest == self._digest

    async def take_up(self, binding: Binding, digest: str) -> None:
        """Write down that `binding` comes into force; the first one is no switch."""
        bound = "{} {} {}".format(binding.acquirer, binding.mid, binding.tid)
        switches = list(self.switches)
        if self._bound not in ("", bound):
            switches.append(self.clock.utc())
        body: "dict[str, object]" = {
            "version": max(self.version, binding.version),
            "digest": digest,
            "bound": bound,
            "switches": switches[-KEPT:],
        }
        await self.journal.append(Record(TAKEN_UP, body))
        self._remember(body)

    def switches_since(self, time: str) -> int:
        """How many switches there were since the UTC `time`."""
        return sum(switch >= time for switch in self.switches)

    def _remember(self, body: "dict[str, object]") -> None:
        switches = body["switches"]
        assert isinstance(switches, list)
        self.version = int(str(body["version"]))
        self.switches = [str(switch) for switch in switches]
        self._digest = str(body["digest"])
        self._bound = str(body["bound"])
