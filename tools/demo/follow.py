"""Follows the counter while a step plays, and tells each new thing as it happens, from where it is written down."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from agent.sale.money import major_units
from board.errors import BoardError
from provisioning.reasons import meaning
from tools.errors import ToolError
from tools.rig.rig import Rig

_LOOK_EVERY_S = 0.05
# What of a journal entry's body is worth a line on a screen.
_TOLD = ("amount", "card", "scheme", "result", "code", "causes", "observed", "attempt", "why")

Tell = Callable[[str, str], None]


class Follower:
    """Tells `tell(source, text)` of new entries, stored events, charges and taps, on a thread of its own."""

    def __init__(self, rig: Rig, tell: Tell) -> None:
        self.rig = rig
        self.tell = tell
        self._journal = 0
        self._stored = 0
        self._happened = 0
        self._charges: dict[int, str] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Tell what is left, and end."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Tell what is new since the last look. A part that is down at the moment has nothing new."""
        for source, news in (
            ("card", self._cards),
            ("journal", self._entries),
            ("acquirer", self._ledger),
            ("backend", self._events),
        ):
            try:
                for text in news():
                    self.tell(source, text)
            except (ToolError, BoardError, OSError):
                continue

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            self.look()
        self.look()

    def _cards(self) -> Iterator[str]:
        happened = self.rig.board.history(self._happened)
        asked = 0
        for one in happened:
            self._happened = max(self._happened, int(one["n"]))
            asked += one["what"] == "apdu"
            if one["what"] in ("tap", "remove"):
                yield f"{one['what']} {one.get('card', '')}".strip()
        if asked:
            yield f"{asked} APDU"

    def _entries(self) -> Iterator[str]:
        for entry in self.rig.journal(self._journal):
            self._journal = entry.sequence
            yield f"{entry.sequence:>3} {entry.kind:<24}{_told(entry.body)}"

    def _ledger(self) -> Iterator[str]:
        for row in self.rig.acquirer.ledger():
            number, state = int(row["id"]), str(row["state"])
            if self._charges.get(number) != state:
                self._charges[number] = state
                yield f"{state} {major_units(int(row['amount']))} {row['mid']}/{row['tid']}"

    def _events(self) -> Iterator[str]:
        sequences = [event.sequence for event in self.rig.stored_events() if event.sequence > self._stored]
        if sequences:
            self._stored = max(sequences)
            yield f"{sequences[0]}..{sequences[-1]}" if len(sequences) > 1 else str(sequences[0])


def _told(body: dict[str, Any]) -> str:
    parts = []
    for name in _TOLD:
        value = body.get(name)
        if not value:
            continue
        if name == "amount":
            value = major_units(int(value))
        elif name == "code":
            value = f"{value} ({meaning(value)})" if meaning(value) != value else value
        elif isinstance(value, dict):
            value = " ".join(f"{key} {said}" for key, said in value.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        parts.append(str(value))
    return "  ".join(parts)
