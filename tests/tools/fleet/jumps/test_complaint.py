"""A complaint: the letter, the entries behind it and how somebody else checks them; the same bytes each time."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection

from agent.journal.entry import Record
from agent.sale import kinds
from provisioning import keys
from tests.leaks.cards import PANS, SECRETS
from tests.portable.ports import binding as bound
from tests.tools.fleet.jumps.shop import CARD, OTHER, Shop
from tests.tools.fleet.publisher import FLEET
from tools.fleet.errors import MissingError
from tools.fleet.jumps.complaint import chain
from tools.fleet.jumps.complaint.check import check
from tools.fleet.jumps.complaint.package import package
from tools.fleet.signers import Signers
from tools.fleet.store import Store

AT, SOON = "2026-11-26T07:00:00.000Z", "2026-11-26T07:00:01.000Z"


def unpacked(connection: Connection, folder: Path, number: int = 1) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package(connection, number))) as archive:
        archive.extractall(folder)
        return {name: archive.read(name) for name in archive.namelist()}


def anchor(store: Store, key_file: Path) -> None:
    store.look_at_jumps(FLEET, Signers([keys.load(key_file)]))


def changed(folder: Path, old: bytes, new: bytes) -> list[str]:
    """What the check says once the entries were changed."""
    path = folder / "entries.jsonl"
    kept = path.read_bytes()
    path.write_bytes(kept.replace(old, new))
    found = check(folder)
    path.write_bytes(kept)
    return found


def test_a_third_party_checks_the_entries_with_what_is_in_the_file(
    store: Store, shop: Shop, connection: Connection, key_file: Path, tmp_path: Path
) -> None:
    store.take([*shop.sell({}, AT), *shop.sell(OTHER, AT)], SOON)
    anchor(store, key_file)
    files = unpacked(connection, tmp_path / "zip")
    command = [sys.executable, "check.py"]
    done = subprocess.run(command, cwd=tmp_path / "zip", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "The entries are what was hashed, and follow each other.\n")
    assert len(files["entries.jsonl"].splitlines()) == 5
    assert changed(tmp_path / "zip", bound.OTHER_MID.encode(), bound.MID.encode()) == [
        "entry 5 is not the one that was hashed",
        "entry 6 is not the one that was hashed",
    ]
    hashes = files["hashes.txt"].decode()
    (tmp_path / "zip/hashes.txt").write_text(hashes.replace("\n5 ", "\n50 "))
    assert "entries are missing in between" in check(tmp_path / "zip")
    (tmp_path / "zip/hashes.txt").write_text(hashes)
    said = json.loads(files["acknowledgement.json"]) | {"head_hash": "0" * 64}
    (tmp_path / "zip/acknowledgement.json").write_text(json.dumps(said))
    assert check(tmp_path / "zip") == ["the acknowledgement names another entry"]


def test_an_entry_that_was_written_anew_with_a_hash_of_its_own_does_not_fit_in(
    store: Store, shop: Shop, connection: Connection, tmp_path: Path
) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    files = unpacked(connection, tmp_path)
    old = files["entries.jsonl"].splitlines()[1]
    new = old.replace(bound.OTHER_MID.encode(), bound.MID.encode())
    (tmp_path / "entries.jsonl").write_bytes(files["entries.jsonl"].replace(old, new))
    before, after = (hashlib.sha256(each).hexdigest().encode() for each in (old, new))
    (tmp_path / "hashes.txt").write_bytes(files["hashes.txt"].replace(before, after))
    assert check(tmp_path) == ["entry 3 does not follow the one before"]


def test_openssl_knows_the_backends_signature(
    store: Store, shop: Shop, connection: Connection, key_file: Path, tmp_path: Path
) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    anchor(store, key_file)
    unpacked(connection, tmp_path)
    public = keys.load(key_file).private.public_key()
    (tmp_path / "backend.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    command = next(
        line.partition("  ")[0].removeprefix("3. ")
        for line in (tmp_path / "README.txt").read_text().splitlines()
        if line.startswith("3. openssl")
    )
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "acknowledgement.signed").write_bytes(b"{}")
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_the_same_store_makes_the_same_bytes(store: Store, shop: Shop, connection: Connection, key_file: Path) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    anchor(store, key_file)
    assert package(connection, 1) == package(connection, 1)


def test_the_letter_says_in_both_languages_what_happened(
    store: Store, shop: Shop, connection: Connection, key_file: Path, tmp_path: Path
) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    anchor(store, key_file)
    letter = unpacked(connection, tmp_path)["complaint.html"].decode()
    for text in (
        bound.MID, bound.OTHER_MID, bound.NAME, "别家商店", "CNY 18.80", "000001", CARD.pan.masked,
        "2026-11-26 15:00:00+08:00 Asia/Shanghai", "Expected and observed", "应有与实际", "up to entry 5",
    ):  # fmt: skip
        assert text in letter, text


def test_a_clock_that_was_not_set_names_no_day(
    store: Store, shop: Shop, connection: Connection, tmp_path: Path
) -> None:
    store.take(shop.sell(OTHER, "1970-01-01T00:00:00.000Z", "unsynced"), SOON)
    letter = unpacked(connection, tmp_path)["complaint.html"].decode()
    assert "1970" not in letter and "the day is not known; received 2026-11-26 15:00:01+08:00" in letter


def test_without_an_acknowledgement_none_is_claimed(
    store: Store, shop: Shop, connection: Connection, tmp_path: Path
) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    files = unpacked(connection, tmp_path)
    assert "acknowledgement.json" not in files
    assert "prove only that they go together" in files["complaint.html"].decode()
    assert check(tmp_path) == []


def test_what_lies_too_far_behind_is_left_out_and_said(
    store: Store, shop: Shop, connection: Connection, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "MOST_BETWEEN", 3)
    store.take([*shop.sell(OTHER, AT), *shop.sell({}, AT), *shop.sell({}, AT)], SOON)
    anchor(store, key_file)
    files = unpacked(connection, tmp_path)
    assert len(files["hashes.txt"].splitlines()) == 5
    assert "are not in this file" in files["complaint.html"].decode()


@pytest.mark.parametrize("body", [{"expected": 1}, {"observed": {"name": f"card {PANS[0]} <script>x</script>"}}])
def test_hostile_bodies_are_text_in_it_and_no_card_leaves(
    store: Store, shop: Shop, connection: Connection, tmp_path: Path, body: dict[str, Any]
) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    whole = {**shop.journal.entries[2]["body"], **body}
    store.take(shop.write([Record(kinds.JUMP_DETECTED, whole)], AT), SOON)
    files = unpacked(connection, tmp_path, 2)
    for name, data in files.items():
        assert not SECRETS.find(data), name
    assert b"<script>" not in files["complaint.html"]
    assert check(tmp_path) == []
    if "observed" in body:
        assert "6 " in files["hashes.txt"].decode() and "withheld" in files["hashes.txt"].decode()


def test_a_jump_that_there_is_not_has_no_file(store: Store, connection: Connection) -> None:
    with pytest.raises(MissingError):
        package(connection, 1)
