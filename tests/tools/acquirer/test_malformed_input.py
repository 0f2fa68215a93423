from collections.abc import Iterator

import pytest

from tests.tools.acquirer.till import HEADER, NAMED, TPDU, Process, Till
from tools.acquirer import wire
from tools.acquirer.wire import Message


@pytest.fixture
def raw(process: Process) -> Iterator[Till]:
    till = Till(process)
    yield till
    till.close()


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


SIGN_ON = wire.encode(
    Message("0800", {11: "000001", 41: NAMED.tid, 42: NAMED.mid, 60: "00000001003", 63: "01 "})
)  # fmt: skip
SIGN_OFF = wire.encode(Message("0820", {11: "000001", 41: NAMED.tid, 42: NAMED.mid}))
ENVELOPE = TPDU + HEADER

INPUTS = [
    (framed(ENVELOPE + SIGN_ON), None),
    (framed(ENVELOPE + SIGN_ON + b"\0"), "trailing"),
    (framed(ENVELOPE + SIGN_ON[:-1]), "truncated"),
    (framed(ENVELOPE + SIGN_ON)[:-1], "truncated"),
    (framed(ENVELOPE + SIGN_OFF), "unknown_mti"),
    (framed(b"\x00" + TPDU[1:] + HEADER + SIGN_ON), "tpdu"),
    (framed(TPDU + b"\xff" * 6 + SIGN_ON), "header"),
    (framed(ENVELOPE + b"\x0a" + SIGN_ON[1:]), "mti"),
    (framed(ENVELOPE + SIGN_ON[:2] + b"\xff" * 8 + SIGN_ON[10:]), "unknown_element"),
    (framed(ENVELOPE + SIGN_ON[:10] + b"\xaa" + SIGN_ON[11:]), "bcd"),
    (framed(b""), "short"),
    (b"\xff\xff", "oversize"),
    (b"GET / HTTP/1.1\r\n\r\n", "oversize"),
    (b"\x00", "truncated"),
]


@pytest.mark.parametrize(("data", "reason"), INPUTS)
def test_malformed_input_is_counted_and_closes_its_own_connection_only(
    process: Process, till: Till, raw: Till, data: bytes, reason: str | None
) -> None:
    raw.send_raw(data)
    if reason is None:
        assert wire.decode(raw.receive_frame()[11:]).text(39) == "00"
        till.sign_on()
    assert raw.receive_frame() == b""
    assert process.control.status()["malformed"] == ({reason: 1} if reason else {})
    assert till.sale().text(39) == "00"


def test_a_message_that_comes_byte_by_byte_is_answered_and_two_at_once_are_both(till: Till, raw: Till) -> None:
    whole = framed(ENVELOPE + SIGN_ON)
    for byte in whole:
        raw.send_part(bytes([byte]))
    assert raw.receive_frame()
    raw.send_part(whole * 2)
    assert raw.receive_frame() and raw.receive_frame()


def test_a_refusal_is_logged_by_reason(process: Process, raw: Till) -> None:
    raw.send_raw(b"\xfe\xfe")
    assert raw.receive_frame() == b""
    assert "refused without an answer (oversize): a frame claims 65278 bytes" in process.stderr_file.read_text()
