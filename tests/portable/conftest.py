"""On CPython, what the core writes down and says in these tests is held against the fleet contract."""

from collections.abc import Iterator

import pytest

from agent.command.commands import Commands
from agent.command.status import Status
from agent.command.types import TYPES
from agent.journal.entry import Entry, Record
from agent.report.events import cloud_event
from agent.report.topics import EVENT, Topics
from tests.contract.witness import is_of_fleet, see
from tests.portable.ports.binding import SERIAL
from tests.portable.ports.fleet import MemoryLink
from tests.portable.ports.journal import MemoryJournal
from tools.contract.document import SEND
from tools.contract.errors import BrokenContractError

TOPICS = Topics("demo", SERIAL)

# These write down or send themselves what has as much of a body as they need, or was long before the clock began.
BY_HAND = ("test_traces", "test_same_card", "test_guarded_link")


@pytest.fixture(autouse=True)
def held_to_contract(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look over the journal's and the link's shoulder, and fail the test whose messages break the contract."""
    if request.path.stem in BY_HAND:
        yield
        return
    broken: list[str] = []
    append, connect, publish = MemoryJournal.append, MemoryLink.connect, MemoryLink.publish
    tell = Commands._tell

    def look(topic: str, payload: bytes, retain: bool) -> None:
        if not is_of_fleet(topic):
            return
        try:
            see(topic, payload, SEND, retain)
        except BrokenContractError as error:
            broken.append(str(error))

    async def append_seen(journal: MemoryJournal, *records: Record) -> list[Entry]:
        entries = await append(journal, *records)
        for entry in entries:
            look(TOPICS.of(EVENT), cloud_event(entry, TOPICS.source), False)
        return entries

    async def connect_seen(link: MemoryLink, will: tuple[str, bytes], topics: list[str]) -> None:
        look(*will, True)
        await connect(link, will, topics)

    async def publish_seen(link: MemoryLink, topic: str, payload: bytes, retain: bool) -> None:
        look(topic, payload, retain)
        await publish(link, topic, payload, retain)

    async def tell_seen(commands: Commands, status: Status) -> None:
        if status.order.type in TYPES:  # the contract has no form for the answer to a type that is none
            look(TOPICS.of(status.order.status_topic), status.payload(), False)
        await tell(commands, status)

    monkeypatch.setattr(Commands, "_tell", tell_seen)
    monkeypatch.setattr(MemoryJournal, "append", append_seen)
    monkeypatch.setattr(MemoryLink, "connect", connect_seen)
    monkeypatch.setattr(MemoryLink, "publish", publish_seen)
    yield
    assert sorted(set(broken)) == []
