"""What the terminal remembers of its bindings: how far the versions went, when the merchant changed, and the clock.

The journal remembers it, so that a restored copy of the store and the mark does not pass for the newest, and frequent
switching of merchant or terminal, a known cause of jumps, is noticed.
"""

from agent.binding.record import Binding
from agent.clock import SYNCED, Clock
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.lifecycle import CLOCK_FLOOR, STARTED

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
        # How far the clock had come when the last run ended, "" in a new journal: it cannot be before that.
        self.floor = ""
        self._digest = ""
        self._bound = ""

    async def start(self) -> None:
        """Find what the journal tells. Call before anything is appended in this run."""
        self.floor = await self._clock_floor()
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

    async def _clock_floor(self) -> str:
        found = await self.journal.after(await self.journal.head() - 1, 1)
        if not found:
            return ""
        time = str(found[0].fields["time"])
        begun = await self.journal.last(STARTED)
        if found[0].fields["clock"] == SYNCED or begun is None:
            return time
        # A run whose clock nobody set does not know the time: what was known when it began still holds.
        return max(time, str(begun.body.get(CLOCK_FLOOR, "")))

    def _remember(self, body: "dict[str, object]") -> None:
        switches = body["switches"]
        assert isinstance(switches, list)
        self.version = int(str(body["version"]))
        self.switches = [str(switch) for switch in switches]
        self._digest = str(body["digest"])
        self._bound = str(body["bound"])
