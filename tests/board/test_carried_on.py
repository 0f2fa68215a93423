"""What a new journal, begun after an inspection, carries on: the terminal does not forget what it counted."""

import asyncio
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import SqliteJournal
from agent.binding.reasons import MERCHANT_SWITCHES
from agent.binding.record import parse
from agent.clock import UNSYNCED
from agent.errors import RefusedMessageError
from agent.journal.disowned import DISOWNED
from agent.journal.entry import Entry, Record
from agent.keys import rotation
from agent.lifecycle import CLOCK_FLOOR, LOCKED, STARTED
from board.by_hand import clear
from tests.portable.helpers import settle, until
from tests.portable.ports.backend import Backend
from tests.portable.ports.binding import MID, OTHER_MID, altered, document
from tests.portable.ports.journal import MemoryJournal
from tests.portable.ports.machine import ManualClock
from tests.portable.shop import Shop, opened, told

LATER = "2026-11-29T00:00:00.000Z"


async def busy_shop() -> Shop:
    """A shop that switched its merchant five times, and did what its backend ordered."""
    shop = await opened()
    backend = Backend(shop.keys)
    for number, mid in enumerate([OTHER_MID, MID, OTHER_MID, MID, OTHER_MID]):
        await shop.history.take_up(parse(altered({"mid": mid})), f"{number:064x}")
    await shop.history.take_up(parse(document()), shop.gate.prove().digest)
    await shop.journal.append(Record(STARTED, {"software": "0.1.0", CLOCK_FLOOR: LATER}))
    await shop.commands.start()
    await shop.configuration.start()
    running = [asyncio.create_task(part.run()) for part in (shop.commands, shop.configuration)]
    await shop.commands.heard(*backend.command("ping", "c7", 7))
    await shop.configuration.heard("config/desired", backend.configuration(7, {"settings": {}}))
    await until(lambda: bool(shop.journal.of("config.committed")))
    await shop.configuration.heard("config/desired", backend.configuration(8, {"nonsense": {}}))
    await until(lambda: bool(shop.journal.of("command.ended") and shop.journal.of("config.rejected")))
    for task in running:
        task.cancel()
    await settle()
    await shop.lifecycle.become(LOCKED, "test")
    return shop


async def cleared(shop: Shop, path: Path) -> list[Entry]:
    """The new journal of a shop that an inspection gave one, by the real one on the disk."""
    journal = SqliteJournal(path / "journal.sqlite", shop.clock, "boot-1")
    await journal.start()
    await journal.append(*(Record(entry.kind, entry.body) for entry in shop.journal.entries))
    await journal.append(Record(DISOWNED, {"sequence": 99}))
    await clear(journal, "looked at")
    entries = await journal.after(0, 100)
    await journal.stop()
    return entries


async def test_a_new_journal_carries_on_what_the_gate_the_commands_and_the_configuration_count(tmp_path: Path) -> None:
    old = await busy_shop()
    assert told(await old.sell()) == ("refused", "LIFECYCLE_LOCKED")
    again = await opened(MemoryJournal(old.clock, await cleared(old, tmp_path)))
    assert told(await again.sell()) == ("refused", MERCHANT_SWITCHES)
    assert (again.history.version, again.history.switches) == (old.history.version, old.history.switches)
    backend = Backend(again.keys)
    await again.commands.start()
    await again.configuration.start()
    for name, counter in (("other", 6), ("c8", 7)):
        with pytest.raises(RefusedMessageError, match="its counter is not above the last one's"):
            await again.commands.heard(*backend.command("ping", name, counter))
    await again.commands.heard(*backend.command("ping", "c7", 7))  # it is answered again
    assert (again.configuration.version, again.configuration.state) == (8, "rejected")
    with pytest.raises(RefusedMessageError, match="its version is below the last one's"):
        await again.configuration.heard("config/desired", backend.configuration(7, {"settings": {}}))


async def test_a_clock_that_nobody_set_is_doubted_in_a_new_journal_as_in_the_old_one(tmp_path: Path) -> None:
    old = await busy_shop()
    old.clock.synced = False
    again = Shop(MemoryJournal(old.clock, await cleared(old, tmp_path)))
    await again.history.start()
    assert (old.clock.state(), again.history.floor) == (UNSYNCED, LATER)


async def test_the_key_set_that_was_in_force_stays_the_oldest_that_is_taken(tmp_path: Path) -> None:
    old = await busy_shop()
    body: dict[str, object] = {"version": 7, "digest": "ab" * 32}
    await old.journal.append(Record(rotation.TAKEN, body))
    (carried,) = [entry.body for entry in await cleared(old, tmp_path) if entry.kind == rotation.TAKEN]
    assert carried == body


async def test_what_is_carried_on_is_named_as_such(tmp_path: Path) -> None:
    old = await busy_shop()
    entries = await cleared(old, tmp_path)
    carried = entries[0].body["carried"]
    assert isinstance(carried, list)
    # The real journal began with an entry of its own.
    repeated = [old.journal.entries[sequence - 2] for sequence in carried]
    following = entries[1 : 1 + len(repeated)]
    assert [(entry.kind, entry.body) for entry in following] == [(entry.kind, entry.body) for entry in repeated]
    assert [entry.kind for entry in entries[1 + len(repeated) :]] == ["lifecycle.changed"]
    assert len(set(carried)) == len(carried) == 8


def test_a_session_is_never_used_twice(tmp_path: Path) -> None:
    async def scenario() -> None:
        journal = SqliteJournal(tmp_path / "journal.sqlite", ManualClock(), "boot-1")
        await journal.start()
        before = [await journal.next_session(), await journal.next_session()]
        await journal.begin_anew({})
        assert [*before, await journal.next_session()] == [1, 2, 3]
        await journal.begin_anew({})
        assert await journal.next_session() == 4
        await journal.stop()

    asyncio.run(scenario())
