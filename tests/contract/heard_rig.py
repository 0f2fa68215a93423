"""A counter that is listened to: all that its agent and its backend say to each other must be of the contract."""

from pathlib import Path
from types import TracebackType

from tests.contract.tap import Tap
from tests.contract.witness import is_of_fleet, see
from tools.contract.errors import BrokenContractError
from tools.rig.rig import Rig


class HeardRig(Rig):
    """A rig with a tap on its broker from the first message on.

    Where a `with` block ends without an error, every message heard is held against the contract's document.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.tap = Tap()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.tap.stop()
        if kind is None and (found := broken(self.tap)):
            raise AssertionError("\n".join(["said against the contract:", *found]))

    def start_broker(self, name: str = "broker") -> None:
        """Start the broker, and listen before anybody else is there."""
        super().start_broker(name)
        self.tap.start(self.processes[name].ready["port"])


def broken(tap: Tap) -> list[str]:
    """What breaks the contract among the messages of the fleet that `tap` heard, one line each."""
    found = []
    for message in tap.heard:
        if not is_of_fleet(message.topic):
            continue
        try:
            see(message.topic, message.payload)
        except BrokenContractError as error:
            found.append(str(error))
    return found
