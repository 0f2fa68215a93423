"""The reader, the real nfcpy in it, and the emulated chip and cards, over a pseudo-terminal."""

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from statistics import median

import pytest

from agent.card.ports import Reader
from agent.errors import CardError, CardGoneError, ReaderError
from board.reader import NfcReader
from board.virtual.applet import Applet
from board.virtual.ber import dol_size
from board.virtual.card import WAITING_TIME_EXTENSION, Card
from board.virtual.chip import Chip, Fault, Field
from board.virtual.personalisation import build
from tests.board.helpers import descriptors, until

SELECT_PPSE = bytes.fromhex("00A404000E325041592E5359532E444446303100")
TRACK2 = {
    "unionpay": "6212345678901232D2912201",
    "visa": "4761739001010010D3006201",
    "mastercard": "5413330089020011D2811201",
    "dual": "6212345678901232D2912201",
    "long": "6250947000000014D3103201",
    "slow": "6212345678901232D2912201",
    "phone": "4111111111111111D2709221",
}


def objects(data: bytes) -> list[tuple[str, bytes]]:
    """All BER-TLV data objects in `data`, those inside constructed ones too."""
    found: list[tuple[str, bytes]] = []
    at = 0
    while at < len(data):
        end = at + (2 if data[at] & 0x1F == 0x1F else 1)
        constructed, tag, size = bool(data[at] & 0x20), data[at:end].hex().upper(), data[end]
        end += 1
        if size & 0x80:
            size, end = int.from_bytes(data[end : end + (size & 0x7F)], "big"), end + (size & 0x7F)
        found.append((tag, data[end : end + size]))
        if constructed:
            found += objects(data[end : end + size])
        at = end + size
    return found


async def command(reader: NfcReader, apdu: str) -> dict[str, bytes]:
    """Send an APDU that must succeed; the first data object of each tag."""
    response = await reader.transceive(bytes.fromhex(apdu))
    assert response[-2:].hex() == "9000", apdu
    return dict(reversed(objects(response[:-2])))


async def track2(reader: NfcReader) -> str:
    """Read the first application as a terminal does, up to its track 2 equivalent data."""
    aid = (await command(reader, SELECT_PPSE.hex()))["4F"]
    fci = await command(reader, f"00A40400{len(aid):02X}{aid.hex()}00")
    size = dol_size(fci.get("9F38", b""))
    options = await command(reader, f"80A80000{size + 2:02X}83{size:02X}{bytes(size).hex()}00")
    assert "9F26" in options or "80" in options
    locator = options["80"][2:] if "80" in options else options.get("94", b"")
    found = dict(options)
    for at in range(0, len(locator), 4):
        for number in range(locator[at + 1], locator[at + 2] + 1):
            found |= await command(reader, f"00B2{number:02X}{locator[at] | 4:02X}00")
    if "8C" in found:
        size = dol_size(found["8C"])
        found |= await command(reader, f"80AE8000{size:02X}{bytes(size).hex()}00")
    assert len(found["9F26"]) == 8
    return found["57"].hex().upper()


def not_recorded(*_header: int) -> None:
    """Nobody listens."""


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


class Bench:
    """A chip and a reader on it. `pulse` is the reset line, as a worker thread pulls it."""

    def __init__(self) -> None:
        self.field = Field()
        self.chip = Chip(self.field)
        self.reader = NfcReader("", poll_ms=10)
        self._loop = asyncio.get_running_loop()
        self._opened: list[Callable[[], object]] = []
        self.pulses = 0

    async def start(self, card: str | None = None, baud: int = 0, rf_delays: bool = False) -> None:
        await self.start_chip(baud, rf_delays)
        if card:
            self.field.place(build(card, not_recorded))
        await self.reader.start()

    async def start_chip(self, baud: int = 0, rf_delays: bool = False) -> None:
        self.chip = Chip(self.field, baud, rf_delays)
        await self.chip.start()
        self.reader = NfcReader(self.chip.path, poll_ms=10)

    @property
    def card(self) -> Card:
        assert self.field.card
        return self.field.card

    def pulse(self) -> None:
        async def pull() -> None:
            self.pulses += 1
            self.chip.reset()

        asyncio.run_coroutine_threadsafe(pull(), self._loop).result(timeout=5)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Whatever a test does, no descriptor and no thread may be left."""
    before = descriptors(), threads()
    one = Bench()
    yield one
    await one.reader.stop()
    await one.chip.stop()
    await until(lambda: descriptors() <= before[0] and threads() <= before[1])


@pytest.mark.parametrize("name", TRACK2)
async def test_payment_card_is_read_to_its_track_2(bench: Bench, name: str) -> None:
    await bench.start(name)
    port: Reader = bench.reader
    assert await port.wait_for_card(1000)
    assert (await track2(bench.reader)).startswith(TRACK2[name])
    await port.release()
    assert bench.card.counts["deselect"] == 1
    assert not bench.field.on


async def test_a_card_can_be_read_again_after_release(bench: Bench) -> None:
    await bench.start("visa")
    for _ in range(3):
        assert await bench.reader.wait_for_card(1000)
        await track2(bench.reader)
        await bench.reader.release()
    assert bench.reader.counters == {
        "opens": 1,
        "open_retries": 0,
        "cards": 3,
        "apdus": 9,
        "card_gone": 0,
        "faults": 0,
    }


async def test_long_card_chains_both_ways(bench: Bench) -> None:
    await bench.start("long")
    assert await bench.reader.wait_for_card(1000)
    await track2(bench.reader)
    assert bench.card.counts["chained_in"] >= 1
    assert bench.card.counts["chained_out"] >= 4


async def test_slow_card_is_given_the_time_it_asks_for(bench: Bench) -> None:
    await bench.start("slow")
    assert await bench.reader.wait_for_card(1000)
    await track2(bench.reader)
    assert bench.card.counts["waiting_time"] == 1


async def test_lost_blocks_are_asked_for_again(bench: Bench) -> None:
    await bench.start("long")
    bench.card.lose_every = 3
    assert await bench.reader.wait_for_card(1000)
    assert (await track2(bench.reader)).startswith(TRACK2["long"])
    assert bench.card.counts["lost"] >= 3
    assert bench.card.counts["sent_again"] == bench.card.counts["lost"]


async def test_no_card_is_false_when_the_time_is_over_and_true_when_one_comes(bench: Bench) -> None:
    await bench.start()
    assert not await bench.reader.wait_for_card(0)
    waiting = asyncio.create_task(bench.reader.wait_for_card(5000))
    asyncio.get_running_loop().call_later(0.03, bench.field.place, build("visa", not_recorded))
    assert await waiting


async def test_link_to_the_port_works_as_its_path(bench: Bench, tmp_path: Path) -> None:
    await bench.start_chip()
    link = tmp_path / "nfc port; of the board"
    link.symlink_to(bench.chip.path)
    bench.reader = NfcReader(str(link))
    await bench.reader.start()
    assert not await bench.reader.wait_for_card(0)


@pytest.mark.parametrize("name", ["memory", "short_ats"])
async def test_card_that_cannot_be_talked_to_is_unsupported(bench: Bench, name: str) -> None:
    await bench.start(name)
    with pytest.raises(CardError) as caught:
        await bench.reader.wait_for_card(1000)
    assert caught.value.code == "CARD_UNSUPPORTED"
    bench.field.place(build("visa", not_recorded))
    assert await bench.reader.wait_for_card(1000)


async def test_card_without_payment_application_says_so_itself(bench: Bench) -> None:
    await bench.start("transit")
    assert await bench.reader.wait_for_card(1000)
    assert (await bench.reader.transceive(SELECT_PPSE)).hex() == "6a82"


async def test_card_pulled_before_an_answer_is_gone(bench: Bench) -> None:
    await bench.start("unionpay")
    card = bench.card
    assert await bench.reader.wait_for_card(1000)
    card.on_block = lambda _: bench.field.remove()
    with pytest.raises(CardGoneError, match="present it again"):
        await bench.reader.transceive(SELECT_PPSE)
    with pytest.raises(CardGoneError, match="wait for one"):
        await bench.reader.transceive(SELECT_PPSE)
    await bench.reader.release()
    card.on_block = None
    bench.field.place(card)
    assert await bench.reader.wait_for_card(1000)
    assert (await track2(bench.reader)).startswith(TRACK2["unionpay"])
    assert bench.reader.counters["card_gone"] == 1


async def test_card_pulled_before_it_is_activated_counts_as_none(bench: Bench) -> None:
    class Shy(Card):
        def wake(self) -> bool:
            asyncio.get_running_loop().call_soon(bench.field.remove)
            return super().wake()

    await bench.start()
    bench.field.place(Shy(build("visa", not_recorded).applet))
    assert not await bench.reader.wait_for_card(0)
    assert bench.chip.counts["InCommunicateThru"] == 1


async def test_card_pulled_after_it_asked_for_time_is_gone(bench: Bench) -> None:
    await bench.start("slow")
    bench.card.on_block = lambda control: bench.field.remove() if control == WAITING_TIME_EXTENSION else None
    assert await bench.reader.wait_for_card(1000)
    with pytest.raises(CardGoneError):
        await track2(bench.reader)


@pytest.mark.parametrize("blocks_before", [0, 1])
async def test_card_that_asks_for_time_within_a_chain_is_gone_and_never_misread(
    bench: Bench, blocks_before: int
) -> None:
    await bench.start("long")
    bench.card.wtx_while_chaining = True
    bench.card.chain = 40
    assert await bench.reader.wait_for_card(1000)
    for _ in range(blocks_before):  # nfcpy fails in another way on each block number
        await bench.reader.transceive(b"\x00\xff\x00\x00")
    with pytest.raises(CardGoneError):
        await bench.reader.transceive(SELECT_PPSE)
    assert bench.card.counts["waiting_time"] == 1


async def test_card_that_answers_without_status_word_is_gone(bench: Bench) -> None:
    class Curt(Applet):
        def apdu(self, command: bytes) -> bytes:
            return super().apdu(command)[-1:]

    await bench.start()
    bench.field.place(Card(Curt([], not_recorded)))
    assert await bench.reader.wait_for_card(1000)
    with pytest.raises(CardGoneError, match="status word"):
        await bench.reader.transceive(SELECT_PPSE)


@pytest.mark.parametrize("fault", ["hung", "ack_only", "junk"])
async def test_chip_that_fails_while_idle_is_a_reader_error_and_recovers(bench: Bench, fault: Fault) -> None:
    await bench.start("visa")
    bench.chip.fault = fault
    with pytest.raises(ReaderError, match=f"{bench.chip.path} .*UART"):
        await bench.reader.wait_for_card(1000)
    assert bench.reader.counters["faults"] == 1
    bench.chip.fault = None
    await bench.reader.stop()
    await bench.reader.start()
    assert await bench.reader.wait_for_card(1000)


@pytest.mark.parametrize("fault", ["hung", "ack_only", "junk"])
async def test_chip_that_fails_between_two_apdus_is_a_reader_error(bench: Bench, fault: Fault) -> None:
    await bench.start("visa")
    assert await bench.reader.wait_for_card(1000)
    bench.chip.fault = fault
    with pytest.raises(ReaderError, match=f"{bench.chip.path} .*UART"):
        await bench.reader.transceive(SELECT_PPSE)
    await bench.reader.release()
    bench.chip.fault = None
    await bench.reader.stop()
    await bench.reader.start()
    assert await bench.reader.wait_for_card(1000)


@pytest.mark.parametrize("fault", ["hung", "ack_only", "junk"])
async def test_chip_that_fails_at_open_is_a_reader_error_after_four_attempts(bench: Bench, fault: Fault) -> None:
    await bench.start_chip()
    bench.chip.fault = fault
    with pytest.raises(ReaderError, match=f"{bench.chip.path} cannot be opened"):
        await bench.reader.start()
    assert bench.reader.counters["open_retries"] == 3
    with pytest.raises(ReaderError, match="start it first"):
        await bench.reader.wait_for_card(0)


async def test_reset_pulse_brings_a_hung_chip_back(bench: Bench) -> None:
    await bench.start_chip()
    bench.chip.fault = "hung"
    bench.reader = NfcReader(bench.chip.path, reset=bench.pulse)
    await bench.reader.start()
    assert bench.pulses == 1
    assert bench.reader.counters["open_retries"] == 0


async def test_first_frame_lost_on_wake_costs_one_retry(bench: Bench) -> None:
    await bench.start_chip()
    bench.chip.fault = "lost_frame"
    bench.reader = NfcReader(bench.chip.path, reset=bench.pulse)
    await bench.reader.start()
    assert bench.pulses == 2
    assert bench.reader.counters["open_retries"] == 1


async def test_line_that_hangs_up_is_a_reader_error_and_closes(bench: Bench) -> None:
    await bench.start("visa")
    path = bench.chip.path
    assert await bench.reader.wait_for_card(1000)
    await bench.chip.stop()
    with pytest.raises(ReaderError, match=path):
        await bench.reader.transceive(SELECT_PPSE)
    with pytest.raises(ReaderError, match=path):
        await bench.reader.wait_for_card(0)


@pytest.mark.parametrize("path", ["/dev/no-such-port", "/dev/pts/$(reboot)"])
async def test_path_that_is_no_port_is_named(bench: Bench, path: str) -> None:
    bench.reader = NfcReader(path)
    with pytest.raises(ReaderError) as caught:
        await bench.reader.start()
    assert path in str(caught.value)


async def test_stop_is_harmless_when_closed_and_start_when_open(bench: Bench) -> None:
    await bench.start_chip()
    await bench.reader.release()
    await bench.reader.stop()
    await bench.reader.start()
    await bench.reader.start()
    assert bench.reader.counters["opens"] == 1
    await bench.reader.stop()
    await bench.reader.stop()


async def test_cancelled_wait_ends_at_once_and_the_reader_goes_on(bench: Bench) -> None:
    await bench.start()
    loop = asyncio.get_running_loop()
    taken = []
    for _ in range(5):
        waiting = asyncio.create_task(bench.reader.wait_for_card(60_000))
        bench.chip.counts.clear()
        await until(lambda: bench.chip.counts["InListPassiveTarget"] >= 3)
        begin = loop.time()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await bench.reader.release()
        taken.append(loop.time() - begin)
    assert median(taken) < 0.5, "it waited for more than the look under way"
    bench.field.place(build("visa", not_recorded))
    assert await bench.reader.wait_for_card(1000)
    assert (await track2(bench.reader)).startswith(TRACK2["visa"])


async def test_cancelled_start_leaves_nothing_open(bench: Bench) -> None:
    await bench.start_chip()
    starting = asyncio.create_task(bench.reader.start())
    await until(lambda: bool(bench.chip.counts["GetFirmwareVersion"]))
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not [name for name in threads() if name.startswith("nfc-reader")]


async def test_chip_left_at_high_speed_by_a_killed_process_needs_its_reset(bench: Bench) -> None:
    await bench.start_chip(baud=115200)
    program = (
        "import asyncio, sys, board.reader as b\n"
        "async def main():\n"
        " await b.NfcReader(sys.argv[1]).start(); print('open', flush=True); await asyncio.Event().wait()\n"
        "asyncio.run(main())"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, bench.chip.path, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    assert await asyncio.wait_for(process.stdout.readline(), 30) == b"open\n"
    process.kill()
    await process.communicate()
    assert bench.chip.baud == 921600
    with pytest.raises(ReaderError):
        await bench.reader.start()
    bench.reader = NfcReader(bench.chip.path, reset=bench.pulse)
    await bench.reader.start()
    assert bench.pulses == 1


async def tap_time(bench: Bench) -> float:
    """Seconds from the first look to track 2 on a modelled line, and close."""
    await bench.start("unionpay", baud=115200, rf_delays=True)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    assert await bench.reader.wait_for_card(1000)
    await track2(bench.reader)
    taken = loop.time() - begin
    await bench.reader.release()
    await bench.reader.stop()
    await bench.chip.stop()
    return taken


async def test_modelled_tap_takes_its_time_and_longer_on_the_slow_line(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = min(await tap_time(bench), await tap_time(bench))
    monkeypatch.setenv("PATH", "")  # nfcpy asks stty which speeds the port has; without it, it stays at 115200
    slow = await tap_time(bench)
    assert bench.chip.counts["SetSerialBaudRate"] == 1  # only the one at close
    assert 0.06 < fast < slow
    assert slow > 0.12


async def test_no_card_data_is_logged_at_any_level(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("nfc.clf.transport").setLevel(1)
    with caplog.at_level(1):
        await bench.start("unionpay")
        assert await bench.reader.wait_for_card(1000)
        await track2(bench.reader)
        bench.card.on_block = lambda _: bench.field.remove()
        with pytest.raises(CardGoneError) as caught:
            await bench.reader.transceive(bytes.fromhex("00B2010C00"))
    logging.getLogger("test").critical("heard")
    assert "heard" in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("nfc")]
    assert "62123456" not in caplog.text + str(caught.value)
