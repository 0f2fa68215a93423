"""Length, TPDU and header; and how a stream is cut into frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.adapters.iso8583.frame import MAX_FRAME, Inbox, parse_tpdu, unwrap, wrap
from agent.errors import AcquirerLostError, MessageError, SettingsError

# TPDU 60, to 0000, from 0003 | header: class 60, version 31, state 0, request 3, software 310000 | message
ANSWER = bytes.fromhex("6000000003 60 31 03 310000 0810")


def test_a_frame_is_length_tpdu_header_and_message() -> None:
    assert wrap(parse_tpdu("6000030000"), b"\x08\x00") == bytes.fromhex("000D 6000030000 60 31 00 310000 0800")


def test_a_frame_above_the_limit_is_not_made() -> None:
    largest = MAX_FRAME - 11
    assert len(wrap(parse_tpdu("6000030000"), bytes(largest))) == MAX_FRAME + 2
    with pytest.raises(MessageError, match=str(MAX_FRAME + 1)):
        wrap(parse_tpdu("6000030000"), bytes(largest + 1))


@pytest.mark.parametrize("text", ["6000030000", "60FFFF0001", "60abcd0000"])
def test_a_tpdu_is_ten_hexadecimal_digits(text: str) -> None:
    assert parse_tpdu(text) == bytes.fromhex(text)


@pytest.mark.parametrize(
    "text", ["", "60000300", "600003000000", "6100030000", "60000300XY", "60 0003000", "６000030000"]
)
def test_a_tpdu_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="tpdu"):
        parse_tpdu(text)


@pytest.mark.parametrize(("header", "request_seen"), [("603100310000", 0), ("603206310001", 6), ("613195310000", 5)])
def test_a_header_gives_the_processing_request(header: str, request_seen: int) -> None:
    assert unwrap(bytes.fromhex("6012345678" + header + "0810")) == (request_seen, b"\x08\x10")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("6100000003603103310000", "TPDU"),
        ("6000000003623103310000", "class"),
        ("60000000036031A3310000", "digits"),
        ("600000000360310A310000", "digits"),
    ],
)
def test_a_frame_with_another_envelope_is_refused(content: str, reason: str) -> None:
    with pytest.raises(MessageError, match=reason):
        unwrap(bytes.fromhex(content) + b"\x08\x10")


@pytest.mark.parametrize("length", range(11))
def test_a_frame_without_room_for_its_envelope_is_refused(length: int) -> None:
    with pytest.raises(MessageError, match=f"{length} bytes"):
        unwrap(ANSWER[:length])


def taken(inbox: Inbox) -> list[bytes]:
    return [inbox.take() for _ in range(len(inbox))]


def test_a_stream_is_cut_wherever_packets_end() -> None:
    stream = b"\x00\x03one" + b"\x00\x00" + b"\x00\x05three"
    for cut in range(len(stream) + 1):
        inbox = Inbox()
        inbox.feed(stream[:cut])
        inbox.feed(stream[cut:])
        assert (inbox.partial, inbox.size) == (0, len(stream))
        assert taken(inbox) == [b"one", b"", b"three"]
        assert inbox.size == 0


def test_an_unfinished_frame_waits() -> None:
    inbox = Inbox()
    for byte in b"\x00\x03on":
        inbox.feed(bytes([byte]))
        assert not inbox
    assert inbox.partial == 4
    inbox.feed(b"e")
    assert taken(inbox) == [b"one"]


def test_dropping_an_unfinished_frame_keeps_the_whole_ones() -> None:
    inbox = Inbox()
    inbox.feed(b"\x00\x03one\x00\x05thr")
    inbox.drop_partial()
    inbox.feed(b"\x00\x03two")
    assert taken(inbox) == [b"one", b"two"]


def test_a_length_above_the_limit_ends_the_stream_after_what_came_before() -> None:
    inbox = Inbox()
    inbox.feed(MAX_FRAME.to_bytes(2, "big") + bytes(MAX_FRAME))
    with pytest.raises(AcquirerLostError, match=str(MAX_FRAME + 1)):
        inbox.feed(b"\x00\x03one" + (MAX_FRAME + 1).to_bytes(2, "big"))
    assert [len(frame) for frame in taken(inbox)] == [MAX_FRAME, 3]


@given(st.binary(max_size=40) | st.binary(max_size=20).map(lambda tail: ANSWER + tail))
def test_any_frame_gives_a_message_or_a_message_error(content: bytes) -> None:
    try:
        host_request, body = unwrap(content)
    except MessageError:
        return
    assert 0 <= host_request <= 9 and content.endswith(body) and len(content) == len(body) + 11


@given(st.lists(st.binary(max_size=30), max_size=10), st.integers(0, MAX_FRAME * 2))
def test_any_stream_is_cut_into_its_frames_or_lost(pieces: list[bytes], announced: int) -> None:
    pieces = [*pieces, announced.to_bytes(2, "big")]
    inbox, stream, at = Inbox(), b"".join(pieces), 0
    try:
        for piece in pieces:
            inbox.feed(piece)
    except AcquirerLostError as error:
        assert str(MAX_FRAME) in str(error)
    for frame in taken(inbox):
        assert stream[at : at + 2] == len(frame).to_bytes(2, "big") and stream[at + 2 :].startswith(frame)
        at += 2 + len(frame)
