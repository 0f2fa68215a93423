"""Acknowledgements are cumulative: while more waits to be stored, those of many batches are signed as one."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.report.delivery import WINDOW
from provisioning import keys
from tests.tools.fleet.intake import Out, message
from tests.tools.fleet.publisher import FLEET, Journal, digest
from tools.fleet import acks
from tools.fleet.acks import DueHeads
from tools.fleet.checkpoints import Checkpoints
from tools.fleet.ingest import BATCH_MESSAGES, Ingest
from tools.fleet.journals import Head
from tools.fleet.signers import Signers
from tools.fleet.store import Store
from tools.fleet.waiting import MOST_OF_A_TERMINAL


def head(sequence: int, held: Sequence[str] = (), journal_id: str = "a") -> Head:
    return Head("JG-TEST-0001", journal_id, sequence, "h", sequence, list(held))


def test_what_waits_is_the_latest_of_each_journal_and_all_that_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acks, "WAIT_SECONDS", 3600)
    due = DueHeads()
    assert due.taken(at_once=True) == []
    for one in (head(1, ["x"]), head(2, ["y"]), head(5, journal_id="b")):
        due.add(one)
        assert due.taken(at_once=False) == []
    assert due.taken(at_once=True) == [head(2, ["x", "y"]), head(5, journal_id="b")]
    assert due.taken(at_once=True) == []
    due.add(head(1, ["x"] * WINDOW))
    due.add(head(2, ["y"]))
    assert due.taken(at_once=True) == [head(2, [*["x"] * (WINDOW - 1), "y"])]


def test_it_waits_no_longer_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acks, "WAIT_SECONDS", 0)
    due = DueHeads()
    due.add(head(1))
    assert due.taken(at_once=False) == [head(1)]


def test_a_backlog_is_acknowledged_whole_and_once_for_many_batches(store: Store, key_file: Path) -> None:
    journals, out = [Journal(f"JG-TEST-{number:04d}") for number in range(1, 9)], Out()
    each = 2 * BATCH_MESSAGES // len(journals)
    assert each < MOST_OF_A_TERMINAL
    signers = Signers([keys.load(key_file)])
    ingest = Ingest(store, FLEET, signers, Checkpoints(None), None, lambda: None)
    ingest.use(out)
    for _ in range(each):
        for journal in journals:
            payload = json.dumps(journal.event(journal.add())).encode()
            ingest.deliver(out, message(journal.terminal, payload))
    ingest.start()
    ingest.stop()
    assert out.confirmed == each * len(journals)
    for journal in journals:
        mine = [ack for ack in out.acks if ack.document["journal_id"] == journal.journal_id]
        assert (mine[-1].sequence, mine[-1].document["head_hash"]) == (each, digest(journal.entries[-1]))
        assert [ack.sequence for ack in mine] == sorted({ack.sequence for ack in mine})
