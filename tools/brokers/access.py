"""Who may do what: a terminal on its own topics and no others, the backend on those of the whole fleet.

Topics as MQTT has them; `+` is any one level.
"""

from agent.command.commands import Commands
from agent.config.configuration import Configuration
from agent.report.home_assistant import STATUS as HOME_ASSISTANT_STATUS
from agent.report.home_assistant import HomeAssistant
from agent.report.topics import EVENT, EVENT_ACK, INFO, KEYS, STATE, VITALS, Topics
from provisioning.authority import BACKEND
from tools.fleet.contract import ANY_VERSION, COMMAND_STATUS, CONFIG_REPORTED

# Below a terminal's own topic.
TERMINAL_SAYS = (STATE, INFO, VITALS, EVENT, CONFIG_REPORTED, COMMAND_STATUS)
BACKEND_SAYS = (EVENT_ACK, Configuration.subscription, Commands.subscription, KEYS)
# A terminal hears its own state too: another connection's will may have replaced it.
TERMINAL_HEARS = (STATE, *BACKEND_SAYS)
BACKEND_HEARS = TERMINAL_SAYS

# More than any message of the contract, and little enough that nobody fills a broker's memory with a few.
LARGEST_MESSAGE = 256 * 1024


def terminal_says(fleet: str, terminal: str) -> list[str]:
    """What `terminal` may publish on: also its own announcement to a Home Assistant, when it is set to make one."""
    topics = Topics(fleet, terminal)
    return [*map(topics.of, TERMINAL_SAYS), HomeAssistant(topics).topic]


def terminal_hears(fleet: str, terminal: str) -> list[str]:
    """What `terminal` may subscribe to."""
    return [*map(Topics(fleet, terminal).of, TERMINAL_HEARS), HOME_ASSISTANT_STATUS]


def backend_says(fleet: str) -> list[str]:
    """What the backend and its workers may publish on."""
    return [*map(Topics(fleet, "+").of, BACKEND_SAYS), probe_topic(fleet)]


def backend_hears(fleet: str) -> list[str]:
    """What the backend and its workers may subscribe to."""
    return [*map(Topics(fleet, "+").of, BACKEND_HEARS), f"{ANY_VERSION}/{fleet}/+/{STATE}", probe_topic(fleet)]


def probe_topic(fleet: str) -> str:
    """Where a worker sends itself something, to see that a shared subscription delivers; no terminal is so called."""
    return Topics(fleet, BACKEND).of("probe")
