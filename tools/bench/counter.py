"""The counter that the figures are taken at: the rig, and what several of them do on it."""

from collections.abc import Callable

from board.virtual.client import BoardProcess
from tools.bench.errors import BenchError
from tools.rig.rig import Rig

CARD = "unionpay"
# The modelled chip: its UART at power-up, which the driver may raise, and the time that the radio takes.
MODELLED = ("--baud", "115200", "--rf-delays")

Progress = Callable[[int], None]
"""Hears how many of the counted things are done."""


def modelled_board(rig: Rig, name: str) -> BoardProcess:
    """A board whose NFC chip takes the time of a real one, in a folder of its own beside the rig's."""
    return BoardProcess(rig.directory / name, *MODELLED)


def restart(rig: Rig, module: str = "board", *arguments: str) -> None:
    """Start the agent anew, as `module`, and wait until it has opened its reader and signed on."""
    rig.agent.stop()
    start = len(rig.journal())
    rig.start_agent(module, *arguments)
    wait_until_prepared(rig, start)


def wait_until_prepared(rig: Rig, start: int = 0) -> None:
    """Wait until the agent has signed on, behind entry `start`: nothing happens by itself from here on."""
    rig.wait_until(lambda: any(entry.kind == "acquirer.signed_on" for entry in rig.journal(start)), "the sign-on")


def sell(rig: Rig, name: str, count: int, done: Progress) -> None:
    """Make `count` sales, one behind the other; the card lies on the reader. Raises BenchError when one fails."""
    till = rig.till
    rig.board.tap(CARD)
    for number in range(count):
        answer = till.pay(f"{name}-{number}", "12.50")
        if answer["Response"]["Result"] != "Success":
            why = [f"{entry.kind} {entry.body}" for entry in rig.journal()[-3:]]
            raise BenchError(f"sale {name}-{number} failed, which no bench can use; the journal: {'; '.join(why)}")
        done(1)
    rig.board.remove()
