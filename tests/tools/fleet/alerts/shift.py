"""A shift at the backend: its store, what terminals say to it, and a clock that is set by hand."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.tools.fleet.publisher import FLEET, Journal, state
from tools.fleet.alerts.alert import OPEN, Alert, find
from tools.fleet.alerts.outage import Link
from tools.fleet.alerts.tables import alerts
from tools.fleet.alerts.watch import Lookout
from tools.fleet.contract import Event, Report, parse
from tools.fleet.place import Place
from tools.fleet.store import Store
from tools.fleet.times import moved

BEGIN = "2026-11-26T10:00:00.000Z"
TERMINAL = "JG-TEST-0001"


class Shift:
    """One store, and who looks at it; `store.stop` and `start_again` are a restart of the backend."""

    def __init__(self, directory: Path, begin: str = BEGIN) -> None:
        self.directory = directory
        self.begin = begin
        self.seconds = 0.0
        self.journals: dict[str, Journal] = {}
        self.start_again()

    def start_again(self) -> None:
        """A backend begins, and has its connection."""
        self.store = Store(self.directory)
        self.store.start()
        self.link = Link(lambda: self.seconds)
        self.link.up()
        self.lookout = Lookout(self.link)

    @property
    def now(self) -> str:
        return moved(self.begin, timedelta(seconds=self.seconds))

    def later(self, seconds: float) -> None:
        """So much time passes, then the backend looks."""
        self.seconds += seconds
        self.look()

    def look(self) -> None:
        self.store.look_at_alerts(self.lookout, self.now)

    def journal(self, terminal: str) -> Journal:
        return self.journals.setdefault(terminal, Journal(terminal))

    def says(self, terminal: str, channel: str, document: object) -> Event | Report:
        return parse(f"jumpguard/1/{FLEET}/{terminal}/{channel}", json.dumps(document).encode(), FLEET)

    def take(self, *messages: Event | Report) -> None:
        self.store.take(messages, self.now)

    def told(self, word: str, *terminals: str, session: int = 1, lifecycle: str = "active") -> None:
        """`terminals` say that they are online or offline, or their wills that they are lost."""
        said = state(word, session) | {"lifecycle": lifecycle}
        names = terminals or [TERMINAL]
        self.take(*(self.says(n, "state", said | {"journal_id": self.journal(n).journal_id}) for n in names))

    def vitals(self, up: str = "", terminal: str = TERMINAL) -> None:
        """The terminal sends vitals that name the alarms `up`."""
        self.take(self.says(terminal, "vitals", {"alarms": up}))

    def event(self, kind: str = "jump.detected", terminal: str = TERMINAL, **body: object) -> Event | Report:
        """The terminal's next event, which is not taken yet."""
        journal = self.journal(terminal)
        return self.says(terminal, "event", journal.event(journal.add(kind=kind, body=body, time=self.now)))

    def jump(self, sale: str, terminal: str = TERMINAL) -> None:
        self.take(self.event(sale=sale, fields=["mid"], terminal=terminal))

    def all(self) -> Sequence[Alert]:
        return self._find(everything=True)

    def open(self) -> Sequence[Alert]:
        return self._find(everything=False)

    def shown(self) -> list[tuple[str, str]]:
        """Terminal and kind of each alert that is open and not hidden."""
        return [alert.place for alert in self.open() if alert.hidden_by is None]

    def _find(self, everything: bool) -> list[Alert]:
        engine = Place(self.directory).reading()
        with engine.connect() as connection:
            found = find(connection, alerts.c.id > 0 if everything else OPEN)
        engine.dispose()
        return found
