"""What the doctor reads in the journal of a terminal that does not run, as a power cut left it."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.adapters.binding_store import TinyBindingStore
from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.binding import reasons
from agent.journal.disowned import DISOWNED, JOURNAL_DISOWNED
from agent.journal.entry import Record
from agent.lifecycle import CHANGED, LOCKED, RETIRED, SUSPENDED, TAMPERED
from agent.sale import kinds
from agent.sale.outcome import REVERSALS_UNRESOLVED
from provisioning.doctor import codes
from provisioning.doctor.finding import Level
from provisioning.keys import BINDING
from tests.provisioning.doctor.clinic import Clinic, replaced
from tools.rig.files import binding_document, utc_in

Change = Callable[[Path], None]


def written(*records: Record, days: int = 0) -> Change:
    """The journal goes on with `records`, by a clock that was set and is so many days ahead."""

    class Ahead(SystemClock):
        def utc(self, days_more: int = 0, seconds: int = 0) -> str:
            return super().utc(days + days_more, seconds)

    async def write(state: Path) -> None:
        journal = SqliteJournal(state / "journal.sqlite", Ahead(state), "a-boot")
        await journal.start()
        await journal.append(*records)
        await journal.stop()

    return lambda state: asyncio.run(write(state))


def became(state: str, *before: Record) -> Change:
    return written(*before, Record(CHANGED, {"from": "active", "to": state, "reason": "somebody"}))


def sql(statement: str) -> Change:
    def change(state: Path) -> None:
        with closing(sqlite3.connect(state / "journal.sqlite")) as connection, connection:
            connection.execute(statement)

    return change


def scribbled(state: Path) -> None:
    """A page of the file holds something else, and nothing beside it does."""
    written(Record("one.more", {}))(state)  # and its log is closed
    path = state / "journal.sqlite"
    raw = bytearray(path.read_bytes())
    raw[4096 : 4096 + 512] = b"\xff" * 512
    path.write_bytes(raw)


def emptied(state: Path) -> None:
    for path in state.glob("journal.sqlite*"):
        path.unlink()
    (state / "journal.sqlite").touch()


@pytest.mark.parametrize(
    ("change", "check", "code"),
    [
        (became(LOCKED), "lifecycle", reasons.LIFECYCLE_LOCKED),
        (became(SUSPENDED), "lifecycle", reasons.LIFECYCLE_SUSPENDED),
        (became(TAMPERED), "lifecycle", reasons.LIFECYCLE_TAMPERED),
        (became(RETIRED), "lifecycle", reasons.LIFECYCLE_RETIRED),
        (became(LOCKED, Record(DISOWNED, {"sequence": 3})), "lifecycle", JOURNAL_DISOWNED),
        (written(Record(kinds.REVERSAL_UNRESOLVED, {"sale": "S1"})), "reversals", REVERSALS_UNRESOLVED),
        (written(Record("one.day", {}), days=3), "clock", reasons.CLOCK_UNTRUSTED),
        (sql("UPDATE entries SET data = data || ' ' WHERE sequence = 2"), "journal", codes.JOURNAL_DAMAGED),
        (sql("DELETE FROM entries WHERE sequence = 3"), "journal", codes.JOURNAL_DAMAGED),
        (sql("DROP TABLE entries"), "journal", codes.JOURNAL_DAMAGED),
        (scribbled, "journal", codes.JOURNAL_DAMAGED),
        (emptied, "journal", codes.JOURNAL_DAMAGED),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_the_journal_tells_is_found(clinic: Clinic, change: Change, check: str, code: str) -> None:
    only = ("journal", "lifecycle", "binding", "clock", "reversals")
    with clinic.copied(change) as settings:
        assert clinic.unwell(settings, only) == {check: (Level.PROBLEM, code)}


def test_of_a_retired_terminal_its_state_is_the_cause_and_the_machine_is_looked_at(clinic: Clinic) -> None:
    with clinic.copied(became(RETIRED)) as settings, replaced(clinic.rig.files.link.key, None):
        found = clinic.findings(settings)
    assert {name: one.code for name, one in found.items() if one.level is Level.PROBLEM} == {
        "lifecycle": reasons.LIFECYCLE_RETIRED
    }
    well = {name for name, one in found.items() if one.level is Level.OK}
    assert well == {"settings", "journal", "system", "clock", "supply", "heat", "memory", "disk"}
    others = [one for name, one in found.items() if name not in {*well, "lifecycle"}]
    assert {(one.level, one.facts["because"]) for one in others} == {(Level.UNKNOWN, "lifecycle")}


def test_a_reversal_that_waits_is_no_problem_yet(clinic: Clinic) -> None:
    with clinic.copied(written(Record(kinds.REVERSAL_QUEUED, {"sale": "S1", "reason": "no_answer"}))) as settings:
        found = clinic.findings(settings, ("reversals",))["reversals"]
    assert found == ("reversals", Level.WARNING, codes.REVERSALS_WAIT, {"unresolved": 0, "waiting": 1, "sales": "S1"})


def test_a_merchant_record_that_ends_soon_is_no_problem_yet(clinic: Clinic) -> None:
    document, signer = binding_document(1, valid_to=utc_in(9)), clinic.rig.files.signer(BINDING)

    def ending(state: Path) -> None:
        store = TinyBindingStore(state / clinic.rig.files.merchant_file.name)
        store.write(document, signer.id, bytes.fromhex(signer.sign(document)))

    # Not in the running terminal: it would sign on anew by it.
    with clinic.copied(ending) as settings:
        found = clinic.findings(settings, ("binding",))["binding"]
    assert (found.level, found.code, found.facts["ends"]) == (
        Level.WARNING,
        codes.BINDING_ENDING,
        document["valid_to"],
    )


def test_a_journal_that_a_power_cut_left_with_its_log_is_well_and_not_touched(clinic: Clinic) -> None:
    with clinic.copied(lambda state: None) as settings:
        state = clinic.rig.directory / "copy"
        assert (state / "journal.sqlite-wal").stat().st_size > 0
        before = {path.name: path.read_bytes() for path in state.iterdir() if not path.name.endswith("-shm")}
        found = clinic.findings(settings, ("journal", "reporting"))
        after = {path.name: path.read_bytes() for path in state.iterdir() if not path.name.endswith("-shm")}
    assert found["journal"].level is Level.OK
    assert found["journal"].facts["entries"] == len(clinic.rig.journal())
    assert after == before


def test_where_there_is_no_journal_yet_what_it_would_tell_is_unknown(clinic: Clinic) -> None:
    def removed(state: Path) -> None:
        for path in state.glob("journal.*"):
            path.unlink()

    with clinic.copied(removed) as settings:
        found = clinic.findings(settings, ("journal", "lifecycle", "binding", "reversals"))
        left = list((clinic.rig.directory / "copy").glob("journal.*"))
    assert found["journal"].code == codes.JOURNAL_NONE
    assert {one.level for one in found.values()} == {Level.UNKNOWN}
    assert found["binding"].facts == {"because": "journal"}
    assert left == []
