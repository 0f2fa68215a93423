"""What the core needs to show a person at the counter, and the states it shows."""

from agent.compat import Protocol

STARTING = "starting"
READY = "ready"
PRESENT_CARD = "present_card"
READING = "reading"
APPROVED = "approved"
DECLINED = "declined"
REFUSED = "refused"
JUMP = "jump"
FAULT = "fault"
TAMPERED = "tampered"
STOPPED = "stopped"
# Sounds only, and what is shown stays: who calls for help is answered in every state, also in the middle of a sale.
HELP = "help"


class Signals(Protocol):
    """Lights and buzzer. A failing light never stops a sale: `show` does not raise."""

    def show(self, state: str) -> None:
        """Show `state`, one of this module's constants, until the next one."""
