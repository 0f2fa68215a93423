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
OPEN: Final = "open"
STOP: Final = "stop"
TRIAL: Final = "trial"
CLEARED: Final = "cleared"
REPORTED: Final = "reported"
DESTROY: Final = "destroy"
REVOKE: Final = "revoke"
OLD: Final = "old"
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

# What is done to a terminal that was installed before, in order.
CHANGE_STEPS = (BINDING, TERMINAL, OPEN, STOP, FILES, TRIAL, COMMIT, SALE, FLEET, DOCTOR)
CLEAR_STEPS = (TERMINAL, OPEN, STOP, CLEARED)
REPLACE_STEPS = (OLD, *STEPS)
RETIRE_STEPS = (TERMINAL, OPEN, STOP, REPORTED, DESTROY, REVOKE)
TITLES |= {
    OPEN: mark("See that nothing is left open"),
    STOP: mark("Stop the service, once its sale is over"),
    TRIAL: mark("Sign on under the new binding, on trial"),
    CLEARED: mark("Clear it, and start the service"),
    REPORTED: mark("Retire it, and have the fleet hear of it"),
    DESTROY: mark("Destroy its keys, from where there is no way back"),
    REVOKE: mark("Revoke its certificates"),
    OLD: mark("See what the old terminal leaves, and shut it out"),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """Something about the step `step`: it begins, is done, or something is odd. `facts` are for people to see."""

    step: str
    state: Literal["begun", "warning", "done"]
    facts: dict[str, str] = field(default_factory=dict)


class Person(Protocol):
    """Whoever stands at the terminal."""

    async def says_yes(self, question: str, **facts: str) -> bool:
        """Whether the person answers yes to `question`, a key of `QUESTIONS`, whose gaps `facts` fill.

        Those of `ATTESTING` have to be answered in so many words; to all others Enter alone is no.
        """

    async def told(self, what: str, **facts: str) -> None:
        """Tell the person `what`, a key of `QUESTIONS`, to do now; `facts` are what its text has gaps for."""


RIGHT_TERMINAL: Final = "right_terminal"
LIGHTS_SEEN: Final = "lights_seen"
OPEN_CASE: Final = "open_case"
CLOSE_CASE: Final = "close_case"
TAP_CARD: Final = "tap_card"
TAP_AGAIN: Final = "tap_again"
CHANGE: Final = "change"
GIVEN_UP: Final = "given_up"
UNSENT: Final = "unsent"
NO_WAY_BACK: Final = "no_way_back"
LOST: Final = "lost"
CASE_WHOLE: Final = "case_whole"
READER_WHOLE: Final = "reader_whole"
LABEL_RIGHT: Final = "label_right"
REASON_KNOWN: Final = "reason_known"
# What has to be seen before a latch is cleared.
INSPECTION = (LABEL_RIGHT, CASE_WHOLE, READER_WHOLE, REASON_KNOWN)
# What a person bears witness to: nobody has seen anything by pressing Enter.
ATTESTING = (LIGHTS_SEEN, *INSPECTION)

QUESTIONS = {
    RIGHT_TERMINAL: mark("This machine calls itself {name}; is it the terminal with the label {serial}?"),
    LIGHTS_SEEN: mark("Did all four lights come on, and did it sound?"),
    OPEN_CASE: mark("Open the case of the terminal now."),
    CLOSE_CASE: mark("Close the case again."),
    TAP_CARD: mark("Hold a test card to the reader: a sale of {amount} is under way."),
    TAP_AGAIN: mark("That did not work ({code}). Hold a card to the reader once more."),
    CHANGE: mark("{serial} is bound to {before}; is it to be {after} from now on?"),
    GIVEN_UP: mark(
        "Of these sales nobody knows whether the charge stands: {sales}. Has somebody taken them up with the acquirer?"
    ),
    UNSENT: mark("The backend does not have the last {count} journal entries. Are they to be lost to it?"),
    NO_WAY_BACK: mark("The keys of {serial} are destroyed now; it takes no payment ever after. Go on?"),
    LOST: mark("What {serial} leaves open is lost here, and to be settled with the acquirer. Go on?"),
    CASE_WHOLE: mark("Are case, screws and seal whole, with no trace of having been opened by others?"),
    READER_WHOLE: mark("Is nothing on, in or beside the reader and its cables that does not belong there?"),
    LABEL_RIGHT: mark("Does the label on the case say {serial}?"),
    REASON_KNOWN: mark("It is {state}, because of: {reason}. Is it known how that came about?"),
}
