import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tools.acquirer.ledger import Charge, Ledger, read_charges, summary
from tools.acquirer.wire import Message
from tools.errors import AcquirerSimulatorError

CHARGE = Charge(
    terminal="10000001", acquirer="898", mid="898350154110001", tid="10000001", batch="000001", trace="000002",
    amount=1000, currency="156", card="621234******1232", rrn="112300000001", approval="123456",
    response_code="00", state="approved",
)  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.start()
    yield ledger
    ledger.stop()


def test_every_commit_is_synchronised(ledger: Ledger) -> None:
    assert ledger._open.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert ledger._open.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_booked_charge_is_there_for_every_reader_at_once(ledger: Ledger) -> None:
    ledger.book(CHARGE)
    (row,) = read_charges(ledger.path)
    assert {**row, **vars(CHARGE)} == row
    assert ledger.find("10000001", "000001", "000002") == row
    assert ledger.find("10000001", "000001", "000003") is None
    assert ledger.find("10000001", "000002", "000002") is None
    assert ledger.find("10000002", "000001", "000002") is None


def test_a_trace_is_booked_once_a_batch_and_terminal(ledger: Ledger) -> None:
    ledger.book(CHARGE)
    with pytest.raises(sqlite3.IntegrityError):
        ledger.book(replace(CHARGE, amount=1))
    ledger.book(replace(CHARGE, batch="000002"))
    assert [row["amount"] for row in ledger.charges()] == [1000, 1000]


@pytest.mark.parametrize(("before", "after"), [("approved", "reversed"), ("declined", "declined")])
def test_only_an_approved_charge_becomes_reversed(ledger: Ledger, before: str, after: str) -> None:
    ledger.book(replace(CHARGE, state=before))
    ledger.reverse(1)
    assert ledger.charges()[0]["state"] == after


def test_numbers_of_messages_go_on_after_the_rows_were_cleared(ledger: Ledger) -> None:
    first = ledger.record("in", Message("0200", {11: "000001"}))
    ledger.clear()
    assert ledger.messages() == []
    assert ledger.record("in", Message("0200", {11: "000001"})) > first


def test_a_summary_shows_no_card_data() -> None:
    message = Message(
        "0200", {4: "000000001000", 14: "3012", 35: "6212345678901232D3012", 55: b"\x57", 64: b"01234567"}
    )
    assert summary(message) == "4=000000001000 with 14,35,55,64"


def test_a_file_that_is_no_ledger_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database, but long enough to be looked at" * 10)
    with pytest.raises(AcquirerSimulatorError, match=r"ledger\.sqlite"):
        Ledger(path).start()
    with pytest.raises(AcquirerSimulatorError, match=r"ledger\.sqlite"):
        read_charges(path)
    with pytest.raises(AcquirerSimulatorError, match="not open"):
        Ledger(path).charges()
