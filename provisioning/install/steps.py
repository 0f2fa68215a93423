"""The steps of an installation, in order, and what is told of them as they go."""

from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from provisioning.texts import mark

BINDING: Final = "binding"
TERMINAL: Final = "terminal"
HARDWARE: Final = "hardware"
REQUEST: Final = "request"
CERTIFICATE: Final = "certificate"
FILES: Final = "files"
SERVICE: Final = "service"
SALE: Final = "sale"
FLEET: Final = "fleet"
DOCTOR: Final = "doctor"
COMMIT: Final = "commit"

# From this step on the terminal is changed, and put back when a later one fails.
TITLES = {
    BINDING: mark("Prove the binding"),
    TERMINAL: mark("Reach the terminal"),
    HARDWARE: mark("Check hardware, clock and network"),
    REQUEST: mark("Make the device key"),
    CERTIFICATE: mark("Have its certificate signed"),
    FILES: mark("Write keys, settings and binding"),
    SERVICE: mark("Start the service"),
    SALE: mark("Sign on and sell"),
    FLEET: mark("Wait for the fleet to hear of it"),
    DOCTOR: mark("Have everything looked at once more"),
    COMMIT: mark("Commit"),
}
STEPS = tuple(TITLES)


@dataclass(frozen=True, slots=True)
class Progress:
    """Something about the step `step`: it begins, is done, or something is odd. `facts` are for people to see."""

    step: str
    state: Literal["begun", "warning", "done"]
    facts: dict[str, str] = field(default_factory=dict)


class Person(Protocol):
    """Whoever stands at the terminal."""

    async def says_yes(self, question: str) -> bool:
        """Whether the person answers yes to `question`, a key of `QUESTIONS`."""

    async def told(self, what: str, **facts: str) -> None:
        """Tell the person `what`, a key of `QUESTIONS`, to do now; `facts` are what its text has gaps for."""


LIGHTS_SEEN: Final = "lights_seen"
OPEN_CASE: Final = "open_case"
CLOSE_CASE: Final = "close_case"
TAP_CARD: Final = "tap_card"
TAP_AGAIN: Final = "tap_again"

QUESTIONS = {
    LIGHTS_SEEN: mark("Did all four lights come on, and did it sound?"),
    OPEN_CASE: mark("Open the case of the terminal now."),
    CLOSE_CASE: mark("Close the case again."),
    TAP_CARD: mark("Hold a test card to the reader: a sale of {amount} is under way."),
    TAP_AGAIN: mark("That did not work ({code}). Hold a card to the reader once more."),
}
