"""Taking up the binding that the store proves: the mark, the history and the lifecycle follow it."""

from agent.binding.gate import Gate
from agent.binding.ports import HighWater
from agent.errors import StoreError
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.lifecycle import ACTIVE, BINDING_PROVEN, UNPROVISIONED, Lifecycle

HIGH_WATER_FAILED = "high_water.failed"


async def take_up(gate: Gate, high_water: HighWater, lifecycle: Lifecycle, journal: Journal) -> None:
    """Let everything follow the proven binding; nothing happens when none is proven. Raises JournalError.

    May be done again at any time: after a power cut between any two of its writes the next start does.
    """
    verdict = gate.prove()
    if verdict.binding is None:
        return
    try:
        high_water.advance(verdict.binding.version)
    except StoreError as error:
        # The signed record is newer than the mark: the gate accepts it, and the next start tries again.
        await journal.append(Record(HIGH_WATER_FAILED, {"why": str(error)}))
    else:
        if not gate.history.knows(verdict.digest):
            await gate.history.take_up(verdict.binding, verdict.digest)
    if lifecycle.state == UNPROVISIONED:
        await lifecycle.become(ACTIVE, BINDING_PROVEN)
