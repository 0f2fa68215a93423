"""What waits to be stored, counted by terminal: one that floods the backend does not keep the others waiting.

A terminal sends no more than a window ahead of its acknowledgements, and what is not acknowledged again after ten
seconds. So what is turned away here is lost to nobody: it is not acknowledged, and comes again.
"""

import threading
from collections import Counter
from collections.abc import Iterable

from agent.report.topics import PREFIX
from tools.fleet.contract import check_name
from tools.fleet.delivery import Message
from tools.fleet.errors import ContractError
from tools.fleet.refusals import Refused

# Ten windows: nobody has that many who does not flood, and the writer stores them within a second.
MOST_OF_A_TERMINAL = 1_000
FLOOD = f"flood: more than {MOST_OF_A_TERMINAL} messages of it waited; the others were not stored, and may come again"


class Waiting:
    """Counts for `fleet`; used from any thread."""

    def __init__(self, fleet: str) -> None:
        self._fleet = fleet
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._turned_away: Counter[str] = Counter()

    def admits(self, message: Message) -> bool:
        """Whether `message` may wait; it is counted then until it was `taken`, and among the `turned_away` else."""
        name = _who(message)
        with self._lock:
            if self._waiting[name] >= MOST_OF_A_TERMINAL:
                self._turned_away[name] += 1
                return False
            self._waiting[name] += 1
            return True

    def taken(self, messages: Iterable[Message]) -> None:
        """`messages`, which were admitted, wait no more."""
        left = Counter(_who(message) for message in messages)
        with self._lock:
            for name, count in left.items():
                if count < self._waiting[name]:
                    self._waiting[name] -= count
                else:
                    del self._waiting[name]

    def turned_away(self) -> list[Refused]:
        """Who was turned away since this was last asked, and how often."""
        if not self._turned_away:
            return []
        with self._lock:
            names, self._turned_away = self._turned_away, Counter()
        return [self._refused(name, count) for name, count in names.items()]

    def _refused(self, name: str, count: int) -> Refused:
        try:
            return Refused(f"{PREFIX}/{self._fleet}/{check_name(name)}", FLOOD, name, count=count)
        except ContractError:  # not recorded: it may be any text of any length
            return Refused(f"{PREFIX}/{self._fleet}/?", FLOOD, count=count)


def _who(message: Message) -> str:
    """The terminal that the topic of `message` names, "" for none."""
    try:
        return "".join(message.topic.split("/", 4)[3:4])
    except UnicodeDecodeError:
        return ""
