"""What the core hears from a person at the counter: the case's tamper switch and the buttons."""

from agent.compat import Protocol

CANCEL = "cancel"
HELP = "help"


class OnButton(Protocol):
    """Who is told of a button."""

    def __call__(self, name: str) -> None:
        """The button `name` was pressed."""


class OnTamper(Protocol):
    """Who is told of the switch."""

    def __call__(self, tampered: bool) -> None:
        """The case was opened, or the switch can no longer be read; or, with False, it is closed again."""


class Inputs(Protocol):
    """Switch and buttons. Callbacks come on the loop, never on another thread."""

    @property
    def tampered(self) -> bool:
        """Whether the case is open now, or the switch cannot be read."""

    async def start(self) -> None:
        """Begin to watch. Raises an error of the board when the lines cannot be had."""

    async def stop(self) -> None:
        """End watching."""

    def on_tamper(self, callback: OnTamper) -> None:
        """Call `callback` whenever that changes."""

    def on_button(self, callback: OnButton) -> None:
        """Call `callback` when a button is pressed."""
