"""The search for card data finds what is planted in every encoding, and nothing in what may be stored."""

import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import random
import socket
import sqlite3
import time
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.leaks.search import Secrets

PAN = "6212345678901232"
OTHER_PAN = "6250947000000014"
EXPIRY = "2812"
REST = "28122010000000789"
TRACK2 = f"{PAN}={REST}"
SECRETS = Secrets(pans=[OTHER_PAN], track2=[TRACK2], expiries=[EXPIRY])


def bcd(digits: str, shifted: bool = False) -> bytes:
    """Packed digits, from the left of a byte or, `shifted`, from its right half."""
    nibbles = ("3" if shifted else "") + digits
    return bytes.fromhex(nibbles + "F" * (len(nibbles) % 2))


def deflated(data: bytes) -> bytes:
    """A raw deflate stream."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zipped(data: bytes) -> bytes:
    """A zip archive of one compressed file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("log.txt", data)
    return archive.getvalue()


def grouped(separator: str, size: int = 4) -> bytes:
    """The PAN in groups."""
    return separator.join(PAN[at : at + size] for at in range(0, len(PAN), size)).encode()


ENCODINGS: dict[str, bytes] = {
    "text": PAN.encode(),
    "UTF-16 LE": PAN.encode("utf-16-le"),
    "UTF-16 BE": PAN.encode("utf-16-be"),
    "BCD": bcd(PAN),
    "BCD, shifted": bcd(PAN, shifted=True),
    "BCD track 2": bcd(f"{PAN}D{REST}"),
    "BCD track 2, shifted": bcd(f"{PAN}D{REST}", shifted=True),
    "text track 2": TRACK2.encode(),
    "text track 2 with D": TRACK2.replace("=", "D").encode(),
    "integer, big endian": int(PAN).to_bytes(8, "big"),
    "integer, little endian": int(PAN).to_bytes(8, "little"),
    "hexadecimal": PAN.encode().hex().encode(),
    "hexadecimal of UTF-16": PAN.encode("utf-16-le").hex().encode(),
    "hexadecimal, spaced": PAN.encode().hex(" ").encode(),
    "hexadecimal of BCD, with colons": bcd(PAN).hex(":").encode(),
    "grouped by spaces": grouped(" "),
    "grouped by dashes": grouped("-"),
    "grouped in pairs": grouped(", ", 2),
    "grouped by line ends": grouped("\r\n"),
    "JSON escapes": "".join(f"\\u{ord(digit):04x}" for digit in PAN).encode(),
    "JSON escapes in JSON": json.dumps("".join(f"\\u{ord(digit):04x}" for digit in PAN)).encode(),
    "percent": "".join(f"%{ord(digit):02X}" for digit in PAN).encode(),
    "percent, in part": urllib.parse.quote(grouped(" ")).encode(),
    "repr of BCD": repr(bcd(PAN)).encode(),
    "repr of BCD track 2": repr(bcd(f"{OTHER_PAN}D{REST}")).encode(),
    "list of bytes": ", ".join(f"0x{byte:02x}" for byte in bcd(PAN)).encode(),
    "HTML": "".join(f"&#{ord(digit)};" for digit in PAN).encode(),
    "HTML, hexadecimal": "".join(f"&#x{ord(digit):x};" for digit in PAN).encode(),
    "gzip": gzip.compress(b"log: " + PAN.encode()),
    "gzip, torn off": gzip.compress(PAN.encode() + os.urandom(9000))[:4000],
    "zlib": zlib.compress(PAN.encode()),
    "zlib, fast": zlib.compress(PAN.encode(), 1),
    "zlib, small window": (lambda packer: packer.compress(PAN.encode()) + packer.flush())(zlib.compressobj(wbits=9)),
    "deflate": deflated(PAN.encode() + b" " + bytes(range(128, 255))),
    "zip": zipped(PAN.encode()),
    "bzip2": bz2.compress(PAN.encode()),
    "xz": lzma.compress(PAN.encode()),
    "gzip in zip in gzip": gzip.compress(zipped(gzip.compress(bcd(PAN)))),
    "escapes in gzip": gzip.compress(repr(bcd(PAN)).encode()),
    "base64 over several lines": base64.encodebytes(b"x" * 50 + PAN.encode()),
    "base64 in JSON, lines escaped": json.dumps(base64.encodebytes(b"x" * 50 + PAN.encode()).decode()).encode(),
}


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 7, 1000])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_planted_leak_is_found_in_every_encoding_at_every_offset(encoding: str, offset: int) -> None:
    before, after = filler(offset), filler(40)
    assert SECRETS.find(before + after) == []
    assert SECRETS.find(before + ENCODINGS[encoding] + after)


@pytest.mark.parametrize("phase", range(3))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize(
    "secret",
    [PAN.encode(), PAN.encode("utf-16-le"), bcd(PAN), bcd(f"{PAN}D{REST}", shifted=True), b"=" + REST.encode()],
)
def test_a_leak_inside_base64_is_found_in_each_of_its_phases(
    secret: bytes, encode: Callable[[bytes], bytes], phase: int
) -> None:
    text = encode(b"\xfb" * phase + secret + b"\xff~?>")
    assert SECRETS.find(b'{"icc":"' + text + b'"}')
    assert SECRETS.find(b'{"icc":"' + encode(b"\xfb" * phase + bytes(len(secret))) + b'"}') == []


@pytest.mark.parametrize("separator", ["=", "D", "d"])
def test_what_follows_the_pan_in_a_track_2_is_found_without_it(separator: str) -> None:
    tail = separator + REST
    for data in (tail.encode(), tail.encode().hex().upper().encode(), tail.encode("utf-16-le")):
        (found, *_) = SECRETS.find(b"621234******1232" + data)
        assert found.what == "track 2 after 621234******1232"
    assert SECRETS.find(bcd("D" + REST))
    assert SECRETS.find(b"621234******1232" + separator.encode() + b"*" * len(REST)) == []


@pytest.mark.parametrize(
    ("accepted", "refused"),
    [
        ('"pan":"621234******1232","expiry":"****"', '"pan":"621234******1232","expiry":"2812"'),
        ("621234******1232 12:28:12", "621234******1232 12/28"),
        ("621234******1232 281200", "621234******1232 281231"),
        ("621234******1232 trace 002812", "621234******1232 exp 28/12"),
        ("621234******1232 2026-12-28", "621234******1232 2028-12"),
        ("621234xxxxxx1232 12.28", "exp 2812: 621234xxxxxx1232"),
        ("6212 34** **** 1232, 28.12", "6212 34** **** 1232, 28/12"),
        ("621234••••••1232 28120", "621234••••••1232 2812"),
        ("999999******9999 2812", "621234...1232 2812"),
    ],
)
def test_an_expiry_is_found_only_beside_its_number_and_standing_alone(accepted: str, refused: str) -> None:
    assert SECRETS.find(accepted.encode()) == []
    assert [one.what for one in SECRETS.find(refused.encode())] == ["expiry beside a PAN"]


def test_an_expiry_far_from_the_number_says_nothing() -> None:
    assert SECRETS.find(b"621234******1232" + b" " * 20 + b"2812")
    assert SECRETS.find(b"621234******1232" + b" " * 60 + b"2812") == []
    assert SECRETS.find(b"2812 2812 2812") == []


def test_an_expiry_in_emv_data_is_found_beside_the_pan() -> None:
    data = bytes.fromhex("5A08") + bcd(PAN) + bytes.fromhex("5F2403281231")
    assert "expiry beside a PAN" in [one.what for one in SECRETS.find(data)]


def test_what_may_be_stored_is_clean() -> None:
    record = {
        "pan": "621234******1232",
        "other": f"{OTHER_PAN[:6]}******{OTHER_PAN[-4:]}",
        "last4": PAN[-4:],
        "bin": PAN[:6],
        "amount": 281200,
        "trace": "002812",
        "time": "2026-12-28T12:28:12.281Z",
        "keyed_hash": hashlib.sha256(b"key" + PAN.encode()).hexdigest(),
        "mid": "898310058140001",
        "text": "\u7532\u5e97 \\u0036 100% %36",
    }
    text = json.dumps(record).encode()
    for data in (
        text,
        gzip.compress(text),
        base64.b64encode(text),
        text.decode().encode("utf-16-le"),
        repr(text).encode(),
    ):
        assert SECRETS.find(data) == []


def test_a_number_that_differs_in_one_digit_is_another_number() -> None:
    for at in range(len(PAN)):
        changed = PAN[:at] + str((int(PAN[at]) + 1) % 10) + PAN[at + 1 :]
        for data in (changed.encode(), bcd(changed), bcd(changed, shifted=True), gzip.compress(changed.encode())):
            assert SECRETS.find(data) == [], at


def test_megabytes_of_noise_give_nothing_in_good_time() -> None:
    noise = random.Random(1).randbytes(4_000_000)
    text = base64.b64encode(noise) + noise.hex().encode()
    started = time.monotonic()
    assert SECRETS.find(noise) == []
    assert SECRETS.find(text) == []
    assert time.monotonic() - started < 60
    assert SECRETS.find(noise + bcd(PAN) + noise)


def test_a_compression_bomb_ends() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    assert SECRETS.find(bomb) == []


def test_a_finding_tells_what_where_and_how_but_not_the_number() -> None:
    (found,) = SECRETS.find(b"xyz" + PAN.encode(), "agent.log")
    assert str(found) == "agent.log, byte 3: 621234******1232 as text"
    inside = SECRETS.find(b"xyz" + gzip.compress(bcd(PAN)), "journal")
    assert "journal > gzip at 3, byte 0: 621234******1232 as BCD" in [str(one) for one in inside]
    assert PAN not in repr(SECRETS) + repr(found) + repr(inside)


def test_a_tree_is_searched_in_every_kind_of_file_and_in_its_names(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "clean.txt").write_text("621234******1232", encoding="utf-8")
    assert SECRETS.search_tree(tmp_path) == []
    (tmp_path / "deep" / "er" / "core.1").write_bytes(bytes(5000) + bcd(PAN))
    (tmp_path / f"receipt-{PAN}.txt").write_text("clean", encoding="utf-8")
    (tmp_path / "link").symlink_to(f"/nowhere/{PAN}")
    (tmp_path / f"dir-{OTHER_PAN}").mkdir()
    found = SECRETS.search_tree(tmp_path)
    assert {one.where.partition(" >")[0].rpartition(" ")[0] for one in found} == {"", "name of inode", "target of"}
    assert {one.where for one in found if "core" in one.where} == {"deep/er/core.1"}
    assert {one.what for one in found} == {"621234******1232", "625094******0014"}
    assert not [one for one in found if PAN in str(one) or OTHER_PAN in str(one)]


@pytest.mark.parametrize("kept", ["INTEGER", "TEXT", "BLOB"])
def test_a_live_database_is_searched_with_its_wal(kept: str, tmp_path: Path) -> None:
    values: dict[str, object] = {"INTEGER": int(PAN), "TEXT": PAN, "BLOB": bcd(PAN)}
    with sqlite3.connect(tmp_path / "journal.db") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(f"CREATE TABLE entries (kept {kept})")
        database.commit()
        database.execute("INSERT INTO entries VALUES (?)", ("621234******1232",))
        database.commit()
        assert SECRETS.search_tree(tmp_path) == []
        database.execute("INSERT INTO entries VALUES (?)", (values[kept],))
        database.commit()
        assert {one.where for one in SECRETS.search_tree(tmp_path)} == {"journal.db-wal"}
    database.close()


def test_sockets_and_pipes_are_searched_by_name_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("clean", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "control.sock"))
        assert SECRETS.search_tree(tmp_path) == []


def test_an_empty_or_missing_folder_cannot_look_clean(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path, tmp_path / "empty", tmp_path / "missing"):
        with pytest.raises(FileNotFoundError, match="no file to search"):
            SECRETS.search_tree(folder)
    (tmp_path / "file").touch()
    assert SECRETS.search_tree(tmp_path) == []


@pytest.mark.parametrize(
    ("accepted", "refused"),
    [
        ({"pans": [PAN]}, {"pans": [PAN[:11]]}),
        ({"pans": [PAN]}, {"pans": ["6212 3456 7890 1232"]}),
        ({"track2": [TRACK2]}, {"track2": [PAN]}),
        ({"track2": [TRACK2 + "F"]}, {"track2": [TRACK2 + "X"]}),
        ({"pans": [PAN], "expiries": ["2812"]}, {"pans": [PAN], "expiries": ["12/28"]}),
        ({"pans": [PAN], "expiries": []}, {"expiries": ["2812"]}),
    ],
)
def test_secrets_are_well_formed(accepted: dict[str, list[str]], refused: dict[str, list[str]]) -> None:
    Secrets(**accepted)
    with pytest.raises(ValueError, match=r"PAN|expiry") as error:
        Secrets(**refused)
    assert PAN not in str(error.value)


def filler(size: int) -> bytes:
    """Bytes that are neither text nor anything else."""
    return random.Random(size).randbytes(size)
