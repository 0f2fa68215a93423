"""What can go wrong in the fleet backend. A message names the thing, the value and the remedy, never a payload."""

from tools.errors import ToolError


class FleetError(ToolError):
    """Any error that the fleet backend raises on purpose."""


class ContractError(FleetError):
    """A message breaks the fleet contract. The text comes from a fixed set: nothing of the payload is in it."""


class StoreError(FleetError):
    """The fleet's store cannot be opened, or another backend has it."""


class LinkError(FleetError):
    """The broker cannot be reached, refused the session or a subscription, or the connection ended."""


class OrderError(FleetError):
    """An order cannot be given as it is."""


class ForbiddenError(FleetError):
    """Whoever asks may not do that."""


class MissingError(FleetError):
    """There is nothing of this name or number."""


class AccessError(FleetError):
    """A user, a password or a token cannot be as it was asked for."""


class StrangerError(FleetError):
    """Whoever asks did not prove who it is. The text does not say what was wrong: a guesser would learn from it."""


class TooManyTriesError(FleetError):
    """Too many log-ins failed; `seconds` from now there may be another."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"log in: too many failed; try again in {seconds} s")
        self.seconds = seconds


class ConflictError(FleetError):
    """Somebody else changed the thing meanwhile."""
