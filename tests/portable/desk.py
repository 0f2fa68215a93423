"""A reporter at a desk, with a backend that acknowledges what a test says."""

import asyncio
import binascii
import json

from agent.backoff import Backoff
from agent.binding.history import History
from agent.binding.ports import Keys
from agent.canonical import encode
from agent.journal.entry import Record
from agent.lifecycle import Lifecycle
from agent.report.info import Info
from agent.report.reporter import REFUSED, Reporter
from agent.report.topics import EVENT, EVENT_ACK, VITALS, Topics
from tests.portable.helpers import end, settle, until
from tests.portable.ports.binding import BACKEND_KEY, SERIAL, KnownKeys
from tests.portable.ports.fleet import MemoryLink
from tests.portable.ports.journal import JOURNAL_ID, MemoryJournal
from tests.portable.ports.machine import DeskMachine, ManualClock

TOPICS = Topics("demo", SERIAL)
COUNTER = 1_795_402_800_000


class Desk:
    """A reporter between a journal and a link."""

    def __init__(self, backoff_ms: int = 0, journal: "MemoryJournal | None" = None) -> None:
        self.journal = journal or MemoryJournal()
        self.link = MemoryLink()
        self.clock = ManualClock()
        self.keys = KnownKeys()
        self.lifecycle = Lifecycle(self.journal)
        keys: Keys = self.keys
        self.backoff = Backoff(backoff_ms, backoff_ms)
        self.history = History(self.journal, ManualClock())
        info = Info(DeskMachine(), self.history, keys, ("ping", "lock"))
        self.reporter = Reporter(
            self.link, self.journal, TOPICS, keys, DeskMachine(), info, self.lifecycle, self.clock, self.backoff
        )
        self.journal.on_append(self.reporter.nudge)
        self.counter = COUNTER
        self.reporter.report_vitals({"uptime_s": 1})
        self.running: "asyncio.Task[None] | None" = None

    async def happen(self, times: int = 1) -> None:
        for _ in range(times):
            await self.journal.append(Record("test.happened", {}))

    async def start(self) -> "Desk":
        self.running = asyncio.create_task(self.reporter.run())
        await until(lambda: bool(self.said(VITALS)))
        await settle()
        return self

    async def stop(self) -> None:
        if self.running is not None:
            await end(self.running)

    def said(self, name: str) -> "list[dict[str, object]]":
        return [json.loads(payload) for payload in self.link.of(TOPICS.of(name))]

    def sequences(self) -> "list[int]":
        """The sequences of the events that were sent, in order."""
        return [int(str(event["sequence"])) for event in self.said(EVENT)]

    def acknowledge(self, sequence: int, changes: "dict[str, object] | None" = None) -> None:
        """The backend says, later than before, that it holds everything up to `sequence`; `changes` are signed too."""
        self.counter += 1
        digests = {entry.sequence: entry.digest for entry in self.journal.entries}
        document: "dict[str, object]" = {
            "format": "jumpguard.ack/1", "fleet": "demo", "terminal": SERIAL, "journal_id": JOURNAL_ID,
            "sequence": sequence, "head_hash": digests.get(sequence, "ab" * 32),
            "counter": self.counter, "key_id": BACKEND_KEY,
        }  # fmt: skip
        document.update(changes or {})
        signature = self.keys.sign("backend", BACKEND_KEY, encode(document))
        document["signature"] = binascii.hexlify(signature).decode()
        self.link.say(TOPICS.of(EVENT_ACK), json.dumps(document).encode())

    def refusals(self) -> "list[object]":
        return [entry.body["why"] for entry in self.journal.of(REFUSED)]


def state(word: str, session: int, lifecycle: str = "unprovisioned", disowned: int = 0) -> "dict[str, object]":
    return {
        "state": word, "lifecycle": lifecycle, "session": session, "boot_id": "boot-1", "journal_id": JOURNAL_ID,
        "disowned": disowned,
    }  # fmt: skip
