"""The emulated PN532 as a host sees it: bytes on a serial port (NXP UM0701-02, chapters 6 and 7)."""

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest

from board.virtual.applet import Applet
from board.virtual.card import Card
from board.virtual.chip import Chip, Fault, Field
from board.virtual.hostlink import FrameReader, encode
from tests.board.helpers import descriptors, until

ACK = bytes.fromhex("0000ff00ff00")
SYNTAX_ERROR = bytes.fromhex("0000ff01ff7f8100")
GET_FIRMWARE = bytes.fromhex("0000ff02fed4022a00")
FIRMWARE = bytes.fromhex("0000ff06fad50332010607e800")
SENSE = encode(bytes.fromhex("d44a0100"))
FIELD_OFF = encode(bytes.fromhex("d4320102"))
RATS = encode(bytes.fromhex("d442e080"))
DONE_32 = encode(bytes.fromhex("d533"))
GONE = encode(bytes.fromhex("d54301"))
NO_TARGET = encode(bytes.fromhex("d54b00"))


class Host:
    """The host's end of the serial port."""

    def __init__(self, path: str) -> None:
        self.port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.port)
        self._heard = bytearray()
        self._more = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.port, self._read)

    def _read(self) -> None:
        self._heard += os.read(self.port, 4096)
        self._more.set()

    def close(self) -> None:
        self._loop.remove_reader(self.port)
        os.close(self.port)

    def set_speed(self, speed: int) -> None:
        attributes = termios.tcgetattr(self.port)
        attributes[4] = attributes[5] = speed
        termios.tcsetattr(self.port, termios.TCSANOW, attributes)

    def write(self, data: bytes) -> None:
        os.write(self.port, data)

    def flood(self, data: bytes) -> None:
        """Write as much as fits now, without ever reading."""
        with contextlib.suppress(BlockingIOError):
            os.write(self.port, data)

    async def hears(self, expected: bytes) -> None:
        """Wait for exactly these bytes, the next on the line."""
        async with asyncio.timeout(10):
            while len(self._heard) < len(expected):
                self._more.clear()
                await self._more.wait()
        assert self._heard[: len(expected)].hex() == expected.hex()
        del self._heard[: len(expected)]

    async def hears_nothing_until(self, data: bytes, expected: bytes) -> None:
        """What was said before has no answer: the next one is that to `data`."""
        self.write(data)
        await self.hears(expected)
        assert not self._heard


class Bench:
    def __init__(self, chip: Chip, field: Field) -> None:
        self.chip = chip
        self.field = field
        self.host = Host(chip.path)


def new_card() -> Card:
    return Card(Applet([], lambda *_: None))


@pytest.fixture(params=[0])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """A chip and a host, which leave no descriptor; `request.param` is the speed of the modelled line."""
    before = descriptors()
    field = Field()
    chip = Chip(field, baud=request.param)
    await chip.start()
    one = Bench(chip, field)
    yield one
    one.host.close()
    await chip.stop()
    assert descriptors() <= before


on_modelled_line = pytest.mark.parametrize("bench", [115200], indirect=True)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("d402", "d50332010607"),
        ("d414010000", "d515"),
        ("d41200", "d513"),
        ("d41004", "d511"),
        ("d40001", "d50100"),
        ("d400000102", "d501000102"),
        ("d43205010001", "d533"),
        ("d4063339", "d50700"),
        ("d41620", "d51700"),
        ("d44a0103", "d54b00"),
    ],
)
async def test_command_is_acknowledged_and_answered(bench: Bench, command: str, answer: str) -> None:
    bench.host.write(encode(bytes.fromhex(command)))
    await bench.host.hears(ACK + encode(bytes.fromhex(answer)))


async def test_extended_frame_is_echoed_whole(bench: Bench) -> None:
    data = bytes(range(256)) + bytes(6)
    bench.host.write(encode(b"\xd4\x00\x00" + data))
    await bench.host.hears(ACK + bytes.fromhex("0000ffffff0109f6") + b"\xd5\x01\x00" + data)


async def test_registers_keep_what_was_written(bench: Bench) -> None:
    bench.host.write(encode(bytes.fromhex("d408 6302 80 6303 81")))
    await bench.host.hears(ACK + encode(b"\xd5\x09"))
    bench.host.write(encode(bytes.fromhex("d406 6303 6302 6305")))
    await bench.host.hears(ACK + encode(bytes.fromhex("d507818000")))


@pytest.mark.parametrize("command", ["d499", "d410", "d41009", "d432", "d406630263"])
async def test_unknown_or_short_command_is_a_syntax_error(bench: Bench, command: str) -> None:
    bench.host.write(encode(bytes.fromhex(command)))
    await bench.host.hears(ACK + SYNTAX_ERROR)


async def test_frame_that_is_not_from_a_host_is_a_syntax_error(bench: Bench) -> None:
    bench.host.write(encode(bytes.fromhex("d502")))
    await bench.host.hears(SYNTAX_ERROR)


@pytest.mark.parametrize("broken", ["0000ff02fed4022b00", "0000ff02ffd4022a00", "0000ffffff0002ffd4022a00"])
async def test_frame_with_wrong_checksum_is_not_heard(bench: Bench, broken: str) -> None:
    bench.host.write(bytes.fromhex(broken))
    await bench.host.hears_nothing_until(GET_FIRMWARE, ACK + FIRMWARE)


def test_frames_are_found_wherever_the_line_cuts_them() -> None:
    long = encode(b"\xd4" + bytes(300))
    stream = bytes(10) + GET_FIRMWARE + ACK + long + bytes(3) + GET_FIRMWARE
    for cut in range(len(stream)):
        reader = FrameReader()
        bodies = [*reader.feed(stream[:cut]), *reader.feed(stream[cut:])]
        assert bodies == [b"\xd4\x02", b"", b"\xd4" + bytes(300), b"\xd4\x02"], cut


async def test_card_is_found_only_where_there_is_one(bench: Bench) -> None:
    bench.host.write(SENSE)
    await bench.host.hears(ACK + NO_TARGET)
    bench.host.write(encode(bytes.fromhex("d4066339")))
    await bench.host.hears(ACK + encode(bytes.fromhex("d50726")))  # its SENS_REQ, which nobody answered
    bench.field.place(new_card())
    bench.host.write(SENSE)
    await bench.host.hears(ACK + encode(bytes.fromhex("d54b01010004200408a1b2c3")))


async def test_frames_reach_the_card_only_while_the_field_is_on(bench: Bench) -> None:
    bench.field.place(new_card())
    bench.host.write(SENSE)
    await bench.host.hears(ACK + encode(bytes.fromhex("d54b01010004200408a1b2c3")))
    bench.host.write(RATS)
    await bench.host.hears(ACK + encode(bytes.fromhex("d543000578807002")))
    bench.host.write(FIELD_OFF)
    await bench.host.hears(ACK + DONE_32)
    bench.host.write(RATS)
    await bench.host.hears(ACK + GONE)


@pytest.mark.parametrize("end", [lambda field: field.remove(), lambda field: field.place(new_card())])
async def test_card_taken_away_or_replaced_is_gone(bench: Bench, end: Callable[[Field], None]) -> None:
    bench.field.place(new_card())
    bench.host.write(SENSE)
    await bench.host.hears(ACK + encode(bytes.fromhex("d54b01010004200408a1b2c3")))
    end(bench.field)
    bench.host.write(RATS)
    await bench.host.hears(ACK + GONE)


@pytest.mark.parametrize(("code", "seconds"), [(0x0A, 0.0512), (0x0C, 0.2048)])
async def test_absent_card_times_out_after_the_time_that_the_host_set(bench: Bench, code: int, seconds: float) -> None:
    bench.host.write(encode(bytes([0xD4, 0x32, 0x02, 0x0A, 0x0B, code])))
    await bench.host.hears(ACK + DONE_32)
    begin = asyncio.get_running_loop().time()
    bench.host.write(RATS)
    await bench.host.hears(ACK + GONE)
    assert asyncio.get_running_loop().time() - begin >= seconds


async def test_acknowledgement_of_the_host_aborts_what_runs(bench: Bench) -> None:
    bench.host.write(encode(bytes.fromhex("d432020a0b10")))  # 3.3 s
    await bench.host.hears(ACK + DONE_32)
    bench.host.write(RATS)
    await bench.host.hears(ACK)
    bench.host.write(ACK)
    await bench.host.hears_nothing_until(GET_FIRMWARE, ACK + FIRMWARE)


async def test_hung_chip_says_nothing_until_it_is_reset(bench: Bench) -> None:
    bench.chip.fault = "hung"
    bench.host.write(GET_FIRMWARE)
    bench.host.write(SENSE)
    await until(lambda: bench.chip.counts["unheard"] == 2)
    bench.chip.reset()
    assert bench.chip.fault is None
    await bench.host.hears_nothing_until(GET_FIRMWARE, ACK + FIRMWARE)


async def test_chip_that_only_acknowledges_is_well_after_reset(bench: Bench) -> None:
    bench.chip.fault = "ack_only"
    bench.host.write(GET_FIRMWARE)
    await bench.host.hears(ACK)
    bench.chip.reset()
    await bench.host.hears_nothing_until(GET_FIRMWARE, ACK + FIRMWARE)


async def test_noise_stays_over_a_reset(bench: Bench) -> None:
    bench.chip.fault = "junk"
    bench.chip.reset()
    bench.host.write(GET_FIRMWARE)
    await bench.host.hears(b"\xff\xff\xff")
    bench.chip.fault = None
    await bench.host.hears_nothing_until(GET_FIRMWARE, ACK + FIRMWARE)


async def test_one_frame_is_lost_and_the_next_is_heard(bench: Bench) -> None:
    bench.chip.fault = "lost_frame"
    bench.host.write(SENSE)
    await bench.host.hears_nothing_until(GET_FIRMWARE, ACK + FIRMWARE)
    assert bench.chip.counts == {"unheard": 1, "GetFirmwareVersion": 1}


async def test_host_that_does_not_read_loses_bytes_and_stops_nothing(bench: Bench) -> None:
    question = encode(b"\xd4\x00\x00" + bytes(259))
    asyncio.get_running_loop().remove_reader(bench.host.port)

    def full() -> bool:
        bench.host.flood(question)
        return bench.chip.lost_bytes > 0

    await until(full)
    assert bench.chip.counts["Diagnose"] >= 10

    def heard() -> bool:
        bench.host.flood(GET_FIRMWARE)
        return bench.chip.counts["GetFirmwareVersion"] > 0

    await until(heard)


def test_fault_that_no_chip_has_is_refused() -> None:
    chip = Chip(Field())
    with pytest.raises(ValueError, match="lost_frame"):
        chip.fault = cast("Fault", "tired")
    assert chip.fault is None


@on_modelled_line
async def test_bytes_at_another_speed_than_the_chip_has_are_lost(bench: Bench) -> None:
    bench.host.set_speed(termios.B921600)
    bench.host.write(GET_FIRMWARE)
    await until(lambda: bench.chip.lost_bytes == len(GET_FIRMWARE))
    bench.host.set_speed(termios.B115200)
    await bench.host.hears_nothing_until(SENSE, ACK + NO_TARGET)
    assert bench.chip.counts == {"InListPassiveTarget": 1}


@on_modelled_line
async def test_speed_follows_the_host_and_returns_at_reset(bench: Bench) -> None:
    bench.host.set_speed(termios.B115200)
    bench.host.write(encode(bytes.fromhex("d41007")))
    await bench.host.hears(ACK + encode(b"\xd5\x11"))
    assert bench.chip.baud == 921600
    bench.host.set_speed(termios.B921600)
    bench.host.write(GET_FIRMWARE)
    await bench.host.hears(ACK + FIRMWARE)
    bench.chip.reset()
    assert bench.chip.baud == 115200


@on_modelled_line
async def test_modelled_line_takes_its_time_for_every_byte(bench: Bench) -> None:
    loop = asyncio.get_running_loop()
    bench.host.set_speed(termios.B115200)
    question = encode(b"\xd4\x00\x00" + bytes(259))
    answer = encode(b"\xd5\x01\x00" + bytes(259))
    begin = loop.time()
    for _ in range(5):
        bench.host.write(question)
        await bench.host.hears(ACK + answer)
    line_time = 5 * (len(question) + len(ACK) + len(answer)) * 10 / 115200
    # Lateness of one wait is given back in the next, so the sum is right to one wait.
    assert line_time - 0.006 <= loop.time() - begin


async def test_stopped_chip_hangs_up_and_starts_again(bench: Bench) -> None:
    bench.host.close()
    await bench.chip.stop()
    await bench.chip.stop()
    await bench.chip.start()
    bench.host = Host(bench.chip.path)
    await bench.host.hears_nothing_until(GET_FIRMWARE, ACK + FIRMWARE)
