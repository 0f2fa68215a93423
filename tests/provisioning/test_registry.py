"""The registry: it only grows, and whatever was changed, left out, forged or cut off in it is named."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent.canonical import encode
from provisioning import key_set, keys, signing
from provisioning.chain import Sealed, seal
from provisioning.errors import KeyFileError, RegistryError
from provisioning.key_set import public_half
from provisioning.registry import reading, writing
from provisioning.registry_check import faults, vouched_keys
from provisioning.registry_entry import Entry
from tests.provisioning.merchant import application, other_uscc


@pytest.fixture
def signer(tmp_path: Path) -> keys.SigningKey:
    return keys.create(tmp_path / "binding.key", keys.BINDING)


@pytest.fixture
def book(tmp_path: Path, signer: keys.SigningKey) -> Path:
    """A registry with five entries."""
    path = tmp_path / "registry"
    order = signing.Order(by="desk", valid_from=datetime.now(UTC), renew=True, change="sold")
    with writing(path) as registry:
        for number in range(1, 4):
            signing.sign(application(serial=f"JG-2026-000{number}", tid=f"1000000{number}"), registry, signer, order)
        other = application(uscc=other_uscc(), mid="898350154990002", tid="10000009")
        signing.sign(other, registry, signer, order)
        signing.close("JG-2026-0002", "returned", registry, signer, "desk")
    return path


def altered(path: Path, statement: str, *values: object) -> None:
    """Change the file as whoever has it can, whatever the file itself says against it."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER never_changed")
        connection.execute("DROP TRIGGER never_removed")
        connection.execute(statement, values)
    connection.close()


def test_a_whole_registry_proves(book: Path, signer: keys.SigningKey) -> None:
    registry = reading(book)
    assert [one.entry.action for one in registry.entries] == ["issued", "issued", "issued", "changed", "closed"]
    assert list(faults(registry)) == list(faults(registry, {signer.id: signer.public_hex})) == []
    assert registry.live("JG-2026-0002") is None
    live = registry.live("JG-2026-0001")
    assert live is not None and (live.version, live.switches) == (2, 1)
    assert {entry.serial for _name, entry in registry.others_with("X", "898", "898350154990001", "")} == {
        "JG-2026-0003"
    }


def test_it_only_grows(book: Path) -> None:
    with sqlite3.connect(book) as connection:
        for statement in ("UPDATE entries SET text = ''", "DELETE FROM entries"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE entries SET text = replace(text, 'JG-2026-0003', 'JG-2026-0004') WHERE sequence = 3",
         "entry 3: its hash"),
        ("UPDATE entries SET hash = 'x' || substr(hash, 2) WHERE sequence = 3", "entry 3: its hash"),
        ("UPDATE entries SET signature = (SELECT signature FROM entries WHERE sequence = 1) WHERE sequence = 2",
         "entry 2: not signed by"),
        ("UPDATE entries SET signature = 'xyz' WHERE sequence = 2", "entry 2: not signed by"),
        ("DELETE FROM entries WHERE sequence = 3", "entry 3: does not follow"),
        ("DELETE FROM entries WHERE sequence = 1", "entry 1: does not follow"),
        ("INSERT INTO entries SELECT 6, text, hash, signature FROM entries WHERE sequence = 5",
         "entry 6: does not follow"),
    ],
)  # fmt: skip
def test_what_was_changed_left_out_or_doubled_is_named(book: Path, statement: str, why: str) -> None:
    altered(book, statement)
    for opens in (reading, lambda path: writing(path).__enter__()):
        with pytest.raises(RegistryError, match=why):
            opens(book)


def test_whoever_has_another_key_cannot_write_a_chain_of_their_own(
    book: Path, signer: keys.SigningKey, tmp_path: Path
) -> None:
    thief = keys.create(tmp_path / "thief.key", keys.BINDING)
    with writing(book) as registry:
        signing.close("JG-2026-0003", "mine now", registry, thief, "desk")
    found = reading(book)
    assert list(faults(found)) == []
    (said,) = faults(found, {signer.id: signer.public_hex})
    assert said == f"entry 6 (JG-2026-0003 version 1): the operator does not vouch for its key {thief.id}"


CHANGES: list[tuple[dict[str, object], str]] = [
    ({"version": 7}, "says something else"),
    ({"serial": "JG-2026-0009"}, "says something else"),
    ({"binding": {}}, "its binding is none"),
    ({"switches": 5}, "its count of switches is 5, and should be"),
    ({"action": "issued"}, "it is issued, and should be renewed"),
    ({"action": "changed"}, "it is changed, and should be renewed"),
    ({"tid": "10000008"}, "says something else"),
]


@pytest.mark.parametrize(("changes", "why"), CHANGES)
def test_an_entry_that_makes_no_sense_is_named_though_it_is_signed(
    book: Path, signer: keys.SigningKey, changes: dict[str, object], why: str
) -> None:
    order = signing.Order(by="desk", valid_from=datetime.now(UTC), renew=True)
    with writing(book) as registry:
        good = signing.sign(application(serial="JG-2026-0003", tid="10000003"), registry, signer, order).entry
        bad = msgspec.structs.replace(
            good,
            **{"sequence": registry.next_sequence, "previous": registry.head, "version": good.version + 1, **changes},
        )
        registry.append(seal(bad, signer))
    assert any(why in said for said in faults(reading(book)))


def test_an_end_that_was_cut_off_is_known_by_its_head_alone(book: Path) -> None:
    head = reading(book).head
    altered(book, "DELETE FROM entries WHERE sequence = 5")
    shorter = reading(book)
    assert list(faults(shorter)) == []
    assert head not in {one.digest for one in shorter.entries}


def test_a_file_that_is_no_registry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "registry"
    with pytest.raises(RegistryError, match="not there; check the name"):
        reading(path)
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(RegistryError, match="not a database"):
        reading(path)
    with pytest.raises(RegistryError, match="not a database"), writing(path):
        pass
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE something (else_)")
    connection.close()
    with pytest.raises(RegistryError, match="no such table"):
        reading(path)


HOSTILE: list[Callable[[Sealed[Entry]], tuple[object, object, object]]] = [
    lambda one: ("{}", one.digest, one.signature),
    lambda one: (b"\xff\xff", one.digest, one.signature),
    lambda one: (5, 5, 5),
    lambda one: ("[" * 100_000, one.digest, one.signature),
    lambda one: (one.text + " ", one.digest, one.signature),
]


@pytest.mark.parametrize("make", HOSTILE)
def test_hostile_rows_are_refused(book: Path, make: Callable[[Sealed[Entry]], tuple[object, object, object]]) -> None:
    row = make(reading(book).entries[0])
    with sqlite3.connect(book) as connection:
        connection.execute("DROP TABLE entries")
        connection.execute("CREATE TABLE entries (sequence, text, hash, signature)")
        connection.execute("INSERT INTO entries VALUES (1, ?, ?, ?)", row)
    connection.close()
    with pytest.raises(RegistryError, match="entry 1"):
        reading(book)


def test_key_sets_of_the_operator_say_whose_keys_count(tmp_path: Path, signer: keys.SigningKey) -> None:
    root, backend = keys.create(tmp_path / "root.key", keys.ROOT), keys.create(tmp_path / "b.key", keys.BACKEND)
    younger = keys.create(tmp_path / "younger.key", keys.BINDING)

    first = key_set.first(root, "demo", [public_half(signer, "binding"), public_half(backend, "backend")])
    second = key_set.following(root, first, [public_half(younger, "binding")], retired=[signer.id])
    third = key_set.following(root, second, revoked=[signer.id])
    path = tmp_path / "keys.json"

    def vouched(signed: dict[str, object], public: str = root.public_hex) -> set[str]:
        path.write_text(json.dumps(signed))
        return set(vouched_keys(path, public))

    assert vouched(first) == {signer.id}
    assert vouched(second) == {signer.id, younger.id}
    assert vouched(third) == {younger.id}
    with pytest.raises(KeyFileError, match="not signed by the operator root"):
        vouched(first, younger.public_hex)
    with pytest.raises(KeyFileError, match="no public half"):
        vouched(first, "abc")
    with pytest.raises(KeyFileError, match="not signed by the operator root"):
        vouched({**first, "signature": "zz"})


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from provisioning import keys, signing
from provisioning.registry import writing
from tests.provisioning.merchant import application
folder, desk = Path(sys.argv[1]), sys.argv[2]
order = signing.Order(by="desk", valid_from=datetime.now(UTC))
for number in range(10):
    one = application(serial=f"JG-{desk}-{number:04}", tid=f"{desk}{number:06}")
    with writing(folder / "registry") as registry:
        signing.sign(one, registry, keys.load(folder / "binding.key"), order)
"""


def test_two_desks_at_once_write_one_line(tmp_path: Path, signer: keys.SigningKey) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, desk], cwd=Path(__file__).parents[2])
        for desk in ("11", "22")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    registry = reading(tmp_path / "registry")
    assert (len(registry.entries), list(faults(registry))) == (20, [])
    copy = shutil.copy(tmp_path / "registry", tmp_path / "copy")
    assert reading(Path(copy)).head == registry.head
    assert encode(msgspec.to_builtins(registry.entries[0].entry)).decode() == registry.entries[0].text
