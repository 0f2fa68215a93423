"""A store that lost what a terminal had pruned goes on where a checkpoint proves it, and says what nobody has."""

import copy
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.journal.pruning import PRUNED, signed_part
from agent.keys.key_set import parse
from provisioning import key_set, keys
from provisioning.keys import SigningKey
from tests.tools.fleet.intake import events, greeting
from tests.tools.fleet.publisher import FLEET, Journal, digest
from tests.tools.fleet.test_checkpoints import Fleet
from tools.fleet.acks import acknowledgements
from tools.fleet.checkpoints import Checkpoints
from tools.fleet.desk import Desk
from tools.fleet.proofs import Proofs
from tools.fleet.reader import Reader
from tools.fleet.signers import Signers
from tools.fleet.store import Head, Store

GENESIS = "0" * 64
NOW = "2026-11-26T10:00:00.000Z"
# Up to where the terminal has pruned, what was acknowledged then, and its checkpoint.
TO, ACKNOWLEDGED, CHECKPOINT = 4, 7, 8

Body = dict[str, Any]


class Loss:
    """A backend with an empty store, and a terminal that has pruned its journal while there was another one."""

    def __init__(self, store: Store, directory: Path, journal: Journal) -> None:
        self.store = store
        self.directory = directory
        self.journal = journal
        self.key = keys.create(directory / "backend.key", keys.BACKEND)
        self.checkpoints = Checkpoints(None)
        self.keys = [self.key]
        for _ in range(ACKNOWLEDGED):
            journal.add()
        journal.add(kind=PRUNED, body=self.body(self.key))
        for _ in range(3):
            journal.add()

    def body(self, key: SigningKey, acknowledged: int = ACKNOWLEDGED, terminal: str | None = None) -> Body:
        """What the checkpoint says, with what `key` acknowledged."""
        entry = self.journal.entries[acknowledged - 1]
        head = Head(terminal or self.journal.terminal, self.journal.journal_id, acknowledged, digest(entry), 12, [])
        ack = json.loads(acknowledgements(head, FLEET, key)[0].payload)
        return {
            "from": 1,
            "to": TO,
            "hash": digest(self.journal.entries[TO - 1]),
            "why": "age",
            "kept_hash": "ab" * 32,
            "anchor": {name: ack[name] for name in ("sequence", "head_hash", "counter", "key_id", "signature")},
            "device": {"certificate": "", "signature": ""},
        }

    def take(self, *sequences: int, journal: Journal | None = None) -> Head:
        """The entries `sequences` come; what is acknowledged then."""
        prove = Proofs(FLEET, Signers(self.keys), self.checkpoints).prove
        (head,) = self.store.take(events(journal or self.journal, *sequences), NOW, (), prove)
        return head

    def head(self, sequence: int) -> tuple[int, str]:
        return sequence, digest(self.journal.entries[sequence - 1]) if sequence else GENESIS

    def alarms(self) -> list[tuple[str, int]]:
        with closing(Reader(self.store.place.directory)) as reader:
            return [(alarm.kind, alarm.sequence) for alarm in reader.alarms() if alarm.cleared_at is None]

    def line(self) -> list[str]:
        with closing(Reader(self.store.place.directory)) as reader:
            return [event.hash for event in reader.events()]


@pytest.fixture
def loss(store: Store, tmp_path: Path, journal: Journal) -> Loss:
    return Loss(store, tmp_path, journal)


def hashes(loss: Loss, *sequences: int) -> list[str]:
    return [digest(loss.journal.entries[sequence - 1]) for sequence in sequences]


def test_a_journal_that_is_not_known_is_acknowledged_as_not_held_at_a_greeting_and_in_the_middle(loss: Loss) -> None:
    (head,) = loss.store.take([greeting(loss.journal)], NOW)
    assert (head.journal_id, head.sequence, head.hash) == (loss.journal.journal_id, 0, GENESIS)
    again = loss.take(6, 7)
    assert (again.sequence, again.hash) == (0, GENESIS)
    assert again.counter > head.counter
    loss.take(1, 2, 3, 4)
    assert loss.take(5).sequence == 7
    assert loss.alarms() == []


def test_an_empty_store_goes_on_behind_what_was_pruned_and_says_what_it_will_never_have(loss: Loss) -> None:
    head = loss.take(CHECKPOINT)
    assert (head.sequence, head.hash) == (0, GENESIS), "the place that it names has not come"
    head = loss.take(5, 6)
    assert (head.sequence, head.hash) == loss.head(6)
    assert loss.alarms() == [("entries_lost", 1)]
    head = loss.take(7, 8, 9, 10, 11)
    assert (head.sequence, head.hash) == loss.head(11)
    assert loss.alarms() == [("entries_lost", 1)]
    with closing(Reader(loss.store.place.directory)) as reader:
        assert "entries 1 to 4 are lost" in reader.alarms()[0].detail
    assert loss.line() == hashes(loss, *range(5, 12))


def test_a_store_from_before_the_pruning_keeps_what_it_has(loss: Loss) -> None:
    assert loss.take(1, 2).sequence == 2
    head = loss.take(CHECKPOINT, 5, 6, 7)
    assert (head.sequence, head.hash) == loss.head(8)
    assert loss.alarms() == [("entries_lost", 3)]
    # What comes late of the lost ones can be held against nothing.
    assert loss.take(3).sequence == 8
    assert loss.line() == hashes(loss, 1, 2, 5, 6, 7, 8)
    with closing(Reader(loss.store.place.directory)) as reader:
        assert [stray.hash for stray in reader.strays()] == hashes(loss, 3)


def test_a_store_that_holds_enough_takes_a_checkpoint_like_any_entry(loss: Loss) -> None:
    assert loss.take(1, 2, 3, 4).sequence == 4
    assert loss.take(CHECKPOINT, 6, 7).sequence == 4
    assert loss.take(5).sequence == 8
    assert loss.alarms() == []


def with_anchor(**changes: object) -> "Callable[[Loss, Body], object]":
    return lambda _, body: body["anchor"].update(changes)


FORGERIES: "dict[str, Callable[[Loss, Body], object]]" = {
    "the acknowledgement says another entry": with_anchor(head_hash="ab" * 32),
    "another place": with_anchor(sequence=6),
    "another counter": with_anchor(counter=13),
    "a signature of nobody": with_anchor(signature="ab" * 64),
    "a signature that is none": with_anchor(signature="x"),
    "a key that is not known": with_anchor(key_id="backend-00000000"),
    "another's key": lambda loss, body: body.update(loss.body(keys.create(loss.directory / "o.key", keys.BACKEND))),
    "for another terminal": lambda loss, body: body.update(loss.body(loss.key, terminal="JG-OTHER-0001")),
    "no acknowledgement": lambda _, body: body.pop("anchor"),
    "no object": lambda _, body: body.update(anchor=[]),
    "not behind what was pruned": lambda loss, body: body.update(loss.body(loss.key, acknowledged=TO)),
    "the hash of another": lambda _, body: body.update(hash="ab" * 32),
    "no hash": lambda _, body: body.update(hash="x"),
    "no place": lambda _, body: body.update(to=True),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_checkpoint_moves_nothing_and_hides_no_right_one(loss: Loss, forgery: str) -> None:
    forged = copy.deepcopy(loss.journal)
    body = loss.body(loss.key)
    FORGERIES[forgery](loss, body)
    forged.entries[CHECKPOINT] = forged.entries[CHECKPOINT] | {"kind": PRUNED, "body": body}
    assert loss.take(CHECKPOINT + 1, 5, 6, 7, journal=forged).sequence == 0
    assert loss.alarms() == []
    assert loss.take(CHECKPOINT).sequence == CHECKPOINT + 1
    assert loss.alarms()[0] == ("entries_lost", 1)


def test_a_line_that_does_not_lead_to_what_was_acknowledged_ends_there(loss: Loss) -> None:
    forged = copy.deepcopy(loss.journal)
    del forged.entries[4:]
    for _ in range(6):
        forged.add(kind="sale.forged")
    loss.take(CHECKPOINT)
    assert loss.take(5, 6, 7, 9, journal=forged).sequence == 6
    assert loss.alarms() == [("entries_lost", 1), ("chain_break", 7)]
    with closing(Reader(loss.store.place.directory)) as reader:
        assert "what was acknowledged before is" in reader.alarms()[1].detail


@pytest.mark.parametrize(("standing", "sequence"), [("", 0), ("retired", 5), ("revoked", 0)])
def test_what_an_earlier_key_acknowledged_counts_as_long_as_the_operator_vouches_for_it(
    loss: Loss, standing: str, sequence: int
) -> None:
    root = keys.create(loss.directory / "root.key", keys.ROOT)
    new = keys.create(loss.directory / "new.key", keys.BACKEND)
    loss.keys = [new]
    if standing:
        trusted = key_set.first(root, FLEET, [key_set.public_half(key, "backend") for key in (loss.key, new)])
        names = [loss.key.id]
        out = (names, []) if standing == "retired" else ([], names)
        trusted = key_set.following(root, trusted, (), *out)
        Desk(loss.store.place.file.parent).give_key_set(FLEET, parse(trusted, FLEET))
    assert loss.take(CHECKPOINT, 5).sequence == sequence


def test_where_the_terminal_has_a_certificate_its_device_key_must_have_signed_the_checkpoint(loss: Loss) -> None:
    fleet = Fleet(loss.directory)
    device = fleet.enrol(fleet.authority, loss.journal.terminal, "own")
    loss.checkpoints = Checkpoints(fleet.authority)
    assert loss.take(CHECKPOINT, 5, 6, 7).sequence == 0
    body = loss.body(loss.key)
    certificate, signature = device.sign(signed_part(loss.journal.journal_id, body))
    body["device"] = {"certificate": certificate, "signature": signature}
    loss.journal.add(kind=PRUNED, body=body)
    assert loss.take(len(loss.journal.entries)).sequence == CHECKPOINT
