"""What a technician does by hand to a stopped terminal. Its journal, and so the fleet, hears who did it and why.

Each returns what it did, for the one JSON line that `python -m board` prints.
"""

from pathlib import Path
from typing import Protocol

from agent.binding.history import TAKEN_UP
from agent.command.commands import KINDS as COMMANDS
from agent.config.configuration import KINDS as CONFIGURATIONS
from agent.journal.disowned import disowned
from agent.journal.entry import Entry, Record
from agent.journal.ports import Journal
from agent.keys import rotation as keys
from agent.lifecycle import ACTIVE, CLEARABLE, RETIRED, STARTED, Lifecycle
from agent.sale import kinds
from agent.sale.unresolved import Unresolved
from board.errors import SettingsError

# What a start goes by: how far clock, keys, bindings, configurations and commands have come. A new journal begins with
# the latest of each, or an inspection would be a way to have the terminal forget them.
_CARRIED = (STARTED, keys.TAKEN, TAKEN_UP, *CONFIGURATIONS, *COMMANDS)


class Replaceable(Journal, Protocol):
    """A journal that can be put aside for a new one."""

    async def begin_anew(self, told: dict[str, object], *records: Record) -> Path:
        """Keep the journal as evidence, go on in a new one that tells `told` of it, and return where it is kept.

        `records` are the first of the new one.
        """


async def clear(journal: Replaceable, why: str) -> dict[str, object]:
    """Take the terminal back to `active` after an inspection, in a new journal where the backend disowned this one.

    Raises SettingsError where there is nothing to clear, or a sale is not finished.
    """
    lifecycle = Lifecycle(journal)
    await lifecycle.start()
    before = lifecycle.state
    if before not in CLEARABLE:
        raise SettingsError(f"the terminal is {before}: only {', '.join(CLEARABLE)} can be cleared")
    done: dict[str, object] = {"cleared": before}
    if await disowned(journal):
        done.update(await _begin_anew(journal))
        await lifecycle.start()
    await lifecycle.become(ACTIVE, f"cleared: {why}")
    return done


async def _begin_anew(journal: Replaceable) -> dict[str, object]:
    """The backend acknowledges another one for good: go on in a new one.

    Returns the name that the old one keeps, how many entries it has, and up to which the backend keeps them.
    """
    await _refuse_unfinished(journal)
    carried = await _latest(journal)
    told = {"unresolved": await Unresolved(journal).sales(), "carried": [entry.sequence for entry in carried]}
    kept = await journal.begin_anew(told, *(Record(entry.kind, entry.body) for entry in carried))
    (first,) = await journal.after(0, 1)
    before = first.body["before"]
    assert isinstance(before, dict)
    return {"kept": kept.name, "entries": before["sequence"], "held": before["held"]}


async def _refuse_unfinished(journal: Journal) -> None:
    due = await unfinished(journal)
    if due:
        raise SettingsError(f"sale {due[0]} is not finished; start the terminal, and let it reverse it first")


async def _latest(journal: Journal) -> list[Entry]:
    """The latest entry of each kind that has to be carried on, in order."""
    found = [entry for kind in _CARRIED if (entry := await journal.last(kind))]
    return sorted(found, key=lambda entry: entry.sequence)


async def unfinished(journal: Journal) -> list[str]:
    """The sales that the terminal has yet to finish or to reverse; what it gave up is not among them."""
    due: list[str] = []
    for pending in kinds.PENDING:
        due += await journal.open_sales(pending.opened, (*pending.closed, kinds.REVERSAL_UNRESOLVED))
    return due


async def retire(journal: Journal, why: str) -> dict[str, object]:
    """End the terminal's life: nothing leaves `retired`. Where that is so already nothing changes.

    Raises SettingsError where a sale is not finished.
    """
    lifecycle = Lifecycle(journal)
    await lifecycle.start()
    before = lifecycle.state
    if before != RETIRED:
        await _refuse_unfinished(journal)
        await lifecycle.become(RETIRED, f"retired: {why}")
    return {"retired": before}


async def settle(journal: Journal, sale: str, why: str) -> dict[str, object]:
    """Clear the unresolved reversal of `sale` once the acquirer's statement shows what became of it.

    Raises NoSuchSaleError or ReversalRefusedError where there is none.
    """
    found = await Unresolved(journal).clear(sale, why)
    return {"settled": found.sale, "reversal": found.details["reversal"]}
