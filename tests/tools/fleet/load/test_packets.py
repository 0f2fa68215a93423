"""Packets are found in a stream however it is cut, and what is no MQTT is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.mqtt_packets import packet, text
from tools.fleet.load import packets
from tools.fleet.load.errors import PacketError
from tools.fleet.load.packets import PUBACK, PUBLISH, Packet, Packets, puback, publish, read_publish

BODIES = st.binary(max_size=300)


@given(st.lists(BODIES, min_size=1, max_size=6), st.data())
def test_packets_are_found_wherever_the_stream_is_cut(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(packet(PUBACK << 4, body) for body in bodies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader, found = Packets(), list[Packet]()
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[begin:end])
    assert [each.body for each in found] == bodies


def test_a_packet_of_a_mebibyte_is_found_byte_by_byte_at_its_head() -> None:
    stream = publish("a/b", b"x" * 2**20, 7)
    reader = Packets()
    assert [reader.feed(stream[at : at + 1]) for at in range(6)] == [[]] * 6
    (found,) = reader.feed(stream[6:])
    assert read_publish(found) == ("a/b", b"x" * 2**20, 7)


@given(st.text(max_size=20), st.binary(max_size=40), st.integers(0, 0xFFFF), st.booleans())
def test_a_message_is_read_as_it_was_written(topic: str, payload: bytes, packet_id: int, retain: bool) -> None:
    (found,) = Packets().feed(publish(topic, payload, packet_id, retain))
    assert (found.kind, bool(found.flags & 1)) == (PUBLISH, retain)
    assert read_publish(found) == (topic, payload, packet_id)


def test_a_confirmation_names_its_message() -> None:
    (found,) = Packets().feed(puback(513))
    assert (found.kind, packets.number(found.body)) == (PUBACK, 513)


def test_a_length_of_five_digits_is_refused() -> None:
    with pytest.raises(PacketError, match="four digits"):
        Packets().feed(b"\x30\xff\xff\xff\xff\x01")


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"\0\5abc", text("a/b")[:-1], b"\0\2\xff\xff"], ids=["empty", "half", "short", "cut", "utf-8"]
)
def test_a_message_that_ends_within_its_topic_is_refused(body: bytes) -> None:
    with pytest.raises(PacketError):
        read_publish(Packet(PUBLISH, 2, body))


@given(st.binary(max_size=60))
def test_any_bytes_are_packets_or_refused(data: bytes) -> None:
    try:
        for found in Packets().feed(data):
            if found.kind == PUBLISH:
                read_publish(found)
    except PacketError as error:
        assert str(error).startswith("mqtt: ")
