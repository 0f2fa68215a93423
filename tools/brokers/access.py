"""Who may do what: a terminal on its own topics and no others, the backend on those of the whole fleet.

Topics as MQTT has them, below a terminal's own; `+` is any one level.
"""

from agent.command.commands import Commands
from agent.config.configuration import Configuration
from agent.report.topics import EVENT, EVENT_ACK, INFO, PREFIX, STATE, VITALS
from tools.fleet.contract import COMMAND_STATUS, CONFIG_REPORTED

TERMINAL_SAYS = (STATE, INFO, VITALS, EVENT, CONFIG_REPORTED, COMMAND_STATUS)
BACKEND_SAYS = (EVENT_ACK, Configuration.subscription, Commands.subscription)
# A terminal hears its own state too: another connection's will may have replaced it.
TERMINAL_HEARS = (STATE, *BACKEND_SAYS)
BACKEND_HEARS = TERMINAL_SAYS

# More than any message of the contract, and little enough that nobody fills a broker's memory with a few.
LARGEST_MESSAGE = 256 * 1024


def topics(fleet: str, terminal: str, names: tuple[str, ...]) -> list[str]:
    """`names` of `terminal`, which may be `+`, as whole topics."""
    return [f"{PREFIX}/{fleet}/{terminal}/{name}" for name in names]
