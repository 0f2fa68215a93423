"""What takes the terminal from one release to the next."""

import asyncio

from agent.update.trial import Trial
from agent.update.updates import Updates
from board.main.sale import Sale
from board.main.state import State
from board.slots.terminal import slots_of_this_start


def updates(state: State, sale: Sale, restart_wanted: asyncio.Event) -> Updates:
    """The updates of the terminal, by the slots of the chooser that started it."""
    slots = slots_of_this_start()
    trial = Trial(slots, state.journal, sale.gate, state.lifecycle, sale.counter)
    return Updates(slots, state.journal, sale.counter, trial, restart_wanted)
