"""Rotation: the operator's newer key set comes over the link and takes the place of the one in force.

A set is signed by the operator root and by nobody else, so that it says the same whoever passes it on: the backend
cannot make one, and its own key may be the one that is replaced. It lies on a retained topic rather than in a command,
which a backend key would have to sign: a terminal that was away finds it with the broker. Who stands between can
withhold it and no more: the terminal tells its version in `info`, and a technician can put the set in place of the
installed one.

A version never falls. The mark is in the journal, apart from the file of the set, hash-chained and anchored outside
the terminal: each set that comes into force is an entry there, and the newest of them is never pruned. The file is
written first, the mark second, and then the set counts. After a power cut between them the next start catches up, as
with a binding. Files that were put back from before the mark are no set: nothing is trusted, and nothing sold, until
the set in force is there again.
"""

from agent.binding.ports import Keys
from agent.compat import Protocol
from agent.errors import KeySetError, RefusedMessageError, StoreError
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.keys.key_set import KeySet
from agent.report.signed import parsed
from agent.report.topics import KEYS

TAKEN = "keys.taken"
_WHAT = "key set"


class KeyRing(Keys, Protocol):
    """Keys that can be replaced."""

    @property
    def digest(self) -> str:
        """Names the content of the set that is trusted, "" when none is."""

    def prove(self, signed: object) -> KeySet:
        """The set for this fleet that the operator root signed as `signed`. Raises KeySetError."""

    def take(self, key_set: KeySet) -> None:
        """Keep `key_set`, which was proven, and trust it and no other from now on.

        A power cut leaves the old one or the new one. Raises StoreError when it cannot be kept; the old one counts.
        """

    def distrust(self, why: str) -> None:
        """Trust no set at all."""


class Rotation:
    """Hears the key set (an `agent.report.ports.Receiver`) and puts a newer one in force, at once."""

    subscription = KEYS

    def __init__(self, journal: Journal, keys: KeyRing) -> None:
        self.journal = journal
        self.keys = keys
        # The mark: the newest set that was ever in force here.
        self._version = 0
        self._digest = ""

    async def start(self) -> None:
        """Hold the set that was found against the mark. Raises JournalError."""
        taken = await self.journal.last(TAKEN)
        if taken is not None:
            self._version, self._digest = int(str(taken.body["version"])), str(taken.body["digest"])
        if self.keys.version > self._version:
            await self._mark(self.keys.version, self.keys.digest)
        elif (self.keys.version, self.keys.digest) != (self._version, self._digest):
            self.keys.distrust("the key set that was in force here is version {}".format(self._version))

    def birth(self) -> "list[tuple[str, bytes]]":
        """Nothing: `info` tells the version."""
        return []

    async def heard(self, name: str, payload: bytes) -> None:  # noqa: ARG002 - it has one topic
        """See `agent.report.ports.Receiver.heard`."""
        try:
            offered = self.keys.prove(parsed(_WHAT, payload))
        except KeySetError as error:
            raise RefusedMessageError(str(error))
        if offered.version < self._version:
            raise RefusedMessageError("{}: its version is below the one in force".format(_WHAT))
        if offered.version == self._version and offered.digest != self._digest:
            raise RefusedMessageError("{}: another one under the version in force".format(_WHAT))
        if offered.version != self.keys.version:
            try:
                self.keys.take(offered)
            except StoreError:
                raise RefusedMessageError("{}: it cannot be written to the disk".format(_WHAT))
        if offered.version > self._version:
            await self._mark(offered.version, offered.digest)

    async def _mark(self, version: int, digest: str) -> None:
        # First here: what the journal does not take now, the next start writes, and nothing older is taken meanwhile.
        self._version, self._digest = version, digest
        await self.journal.append(Record(TAKEN, {"version": version, "digest": digest}))
