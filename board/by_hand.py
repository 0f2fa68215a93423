"""What a technician does by hand to a stopped terminal. Its journal, and so the fleet, hears who did it and why.

Each returns what it did, for the one JSON line that `python -m board` prints.
"""

from agent.journal.ports import Journal
from agent.lifecycle import ACTIVE, CLEARABLE, Lifecycle
from agent.sale.unresolved import Unresolved
from board.errors import SettingsError


async def clear(journal: Journal, why: str) -> dict[str, object]:
    """Take the terminal back to `active` after an inspection. Raises SettingsError where there is nothing to clear."""
    lifecycle = Lifecycle(journal)
    await lifecycle.start()
    before = lifecycle.state
    if before not in CLEARABLE or not await lifecycle.become(ACTIVE, f"cleared: {why}"):
        raise SettingsError(f"the terminal is {before}: only {', '.join(CLEARABLE)} can be cleared")
    return {"cleared": before}


async def settle(journal: Journal, sale: str, why: str) -> dict[str, object]:
    """Clear the unresolved reversal of `sale` once the acquirer's statement shows what became of it.

    Raises NoSuchSaleError or ReversalRefusedError where there is none.
    """
    found = await Unresolved(journal).clear(sale, why)
    return {"settled": found.sale, "reversal": found.details["reversal"]}
