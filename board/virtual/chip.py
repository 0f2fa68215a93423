"""An emulated PN532 (NXP UM0701-02) for a driver that talks to it over a serial port: the real nfcpy, unmodified.

It knows the commands that nfcpy's driver gives in reader mode for type A cards; any other is a syntax error, which is
what the chip calls it as well. It does not model the ACK that SetSerialBaudRate waits for: the speed changes as soon as
its answer is under way.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

from board.virtual.card import Card
from board.virtual.hostlink import ACK, BAUD_RATES, HostLink, encode

Fault = Literal["hung", "ack_only", "junk", "lost_frame"]

FROM_HOST, TO_HOST = 0xD4, 0xD5
SYNTAX_ERROR = encode(b"\x7f")
JUNK = b"\xff\xff\xff"
FIRMWARE = bytes.fromhex("32010607")  # PN532, version 1.6, all card types
STATUS_OK, STATUS_TIMEOUT = b"\x00", b"\x01"
NO_TARGET = b"\x00"
FIFO_DATA = 0x6339
SENS_REQ = 0x26  # left in the FIFO when no card answered it
# UM0701-02, 7.3.1, item 2: after power-up 51.2 ms; the code n means 100 us * 2**(n-1).
DEFAULT_TIMEOUT_CODE = 0x0A
# Modelled, not measured: 106 kbit/s, nine bits a byte (parity), CRC both ways, frame delay and the card's own time.
RF_BITS_PER_S = 106_000
RF_BITS_PER_BYTE = 9
RF_CRC_BYTES = 4
RF_TURNAROUND_S = 0.001
RF_SELECT_S = 0.008
RF_NO_CARD_S = 0.010


class Reply(NamedTuple):
    """What a command answers, and the seconds that it takes."""

    data: bytes
    after: float = 0.0


class Field:
    """What the antenna sees: nothing or one card. `on` says whether the chip feeds it."""

    def __init__(self) -> None:
        self.on = False
        self._card: Card | None = None

    @property
    def card(self) -> Card | None:
        """The card in the field."""
        return self._card

    def place(self, card: Card) -> None:
        """Bring a card into the field, in place of the one that was there."""
        self.remove()
        self._card = card

    def remove(self) -> None:
        """Take the card away, in the middle of anything; harmless when there is none."""
        if self._card:
            self._card.power_off()
        self._card = None

    def switch(self, on: bool) -> None:
        """Feed the card, or let it lose its power."""
        if self._card and not on:
            self._card.power_off()
        self.on = on


class Chip:
    """One PN532. `baud` 0 models no serial line, 115200 the chip's own; `rf_delays` gives the radio its time.

    `fault` breaks it: `hung` answers nothing, `ack_only` acknowledges and then says nothing, `junk` answers noise,
    `lost_frame` misses the next frame and is well again. `counts` counts the host's commands by name, and as `unheard`
    the frames that a fault swallowed.
    """

    def __init__(self, field: Field, baud: int = 0, rf_delays: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self._field = field
        self._rf_delays = rf_delays
        self._fault: Fault | None = None
        self._link = HostLink(self._hear, baud)
        self._commands: dict[int, tuple[str, Callable[[bytes], Reply | None]]] = {
            0x00: ("Diagnose", self._diagnose),
            0x02: ("GetFirmwareVersion", lambda _: Reply(FIRMWARE)),
            0x06: ("ReadRegister", self._read_register),
            0x08: ("WriteRegister", self._write_register),
            0x10: ("SetSerialBaudRate", self._set_serial_baud_rate),
            0x12: ("SetParameters", lambda _: Reply(b"")),
            0x14: ("SAMConfiguration", lambda _: Reply(b"")),
            0x16: ("PowerDown", self._power_down),
            0x32: ("RFConfiguration", self._rf_configuration),
            0x42: ("InCommunicateThru", self._in_communicate_thru),
            0x4A: ("InListPassiveTarget", self._in_list_passive_target),
        }
        self._power_up()

    @property
    def path(self) -> str:
        """The serial port to give to a driver, from `start` on."""
        return self._link.path

    @property
    def baud(self) -> int:
        """The speed at which the chip listens now; 0 when no line is modelled."""
        return self._link.baud

    @property
    def lost_bytes(self) -> int:
        """Bytes lost because host and chip had different speeds, or because the host did not fetch them."""
        return self._link.lost

    @property
    def fault(self) -> Fault | None:
        """What is broken, None for nothing."""
        return self._fault

    @fault.setter
    def fault(self, value: Fault | None) -> None:
        if value is not None and value not in get_args(Fault):
            raise ValueError(f"a chip has no fault {value!r}; choose one of {', '.join(get_args(Fault))}, or None")
        self._fault = value
        if value == "hung":
            self._link.cancel()

    async def start(self) -> None:
        """Open the serial port and listen."""
        self._link.open()
        self._power_up()

    async def stop(self) -> None:
        """Close the serial port; whoever has it open hears a hang-up."""
        self._field.switch(False)
        self._link.close()

    def reset(self) -> None:
        """A pulse on RSTPDN: speed, registers and field as after power-up; what hung runs again.

        Noise on the line (`junk`) and a frame about to be lost are not the chip's, so they stay.
        """
        self._link.reset()
        self._power_up()
        if self._fault in ("hung", "ack_only"):
            self._fault = None

    def _power_up(self) -> None:
        self._field.switch(False)
        self._registers: defaultdict[int, int] = defaultdict(int)
        self._timeout_code = DEFAULT_TIMEOUT_CODE

    def _hear(self, body: bytes) -> None:
        """One frame of the host. The link has aborted the command that still ran; an ACK does only that."""
        if not body:
            return
        if self._fault == "hung":
            self.counts["unheard"] += 1
        elif self._fault == "lost_frame":
            self.counts["unheard"] += 1
            self._fault = None
        elif self._fault == "junk":
            self._link.send(JUNK)
        elif len(body) < 2 or body[0] != FROM_HOST:
            self._link.send(SYNTAX_ERROR)
        else:
            self._command(body[1], body[2:])

    def _command(self, code: int, data: bytes) -> None:
        name, execute = self._commands.get(code, (f"{code:02X}", None))
        self.counts[name] += 1
        self._link.send(ACK)
        if self._fault == "ack_only":
            return
        if execute is None:
            self._link.send(SYNTAX_ERROR)
            return
        try:
            reply = execute(data)
        except IndexError:  # a parameter is missing
            self._link.send(SYNTAX_ERROR)
            return
        if reply is not None:
            self._link.send(encode(bytes([TO_HOST, code + 1]) + reply.data), reply.after)
        if name == "SetSerialBaudRate":
            self._link.baud = BAUD_RATES[data[0]]

    def _diagnose(self, data: bytes) -> Reply:
        """UM0701-02, 7.2.1: test 0 is the line test, which echoes all; the others report success."""
        return Reply(data if data[0] == 0 else STATUS_OK)

    def _read_register(self, data: bytes) -> Reply:
        addresses = [data[at] << 8 | data[at + 1] for at in range(0, len(data), 2)]
        return Reply(bytes(self._registers[address] for address in addresses))

    def _write_register(self, data: bytes) -> Reply:
        for at in range(0, len(data), 3):
            self._registers[data[at] << 8 | data[at + 1]] = data[at + 2]
        return Reply(b"")

    def _set_serial_baud_rate(self, data: bytes) -> Reply:
        BAUD_RATES[data[0]]  # an IndexError is a syntax error; `_command` changes the speed behind the answer
        return Reply(b"")

    def _power_down(self, _data: bytes) -> Reply:
        self._field.switch(False)
        return Reply(STATUS_OK)

    def _rf_configuration(self, data: bytes) -> Reply:
        """UM0701-02, 7.3.1: item 1 switches the field, item 2 sets the time-out of InCommunicateThru."""
        if data[0] == 0x01:
            self._field.switch(bool(data[1] & 1))
        elif data[0] == 0x02:
            self._timeout_code = data[3]
        return Reply(b"")

    def _in_list_passive_target(self, data: bytes) -> Reply:
        """UM0701-02, 7.3.5: find a type A card (modulation 0); no card of another type is ever here."""
        self._field.switch(True)
        card = self._field.card
        if data[1] != 0 or card is None or not card.wake():
            self._registers[FIFO_DATA] = SENS_REQ
            return Reply(NO_TARGET, RF_NO_CARD_S if self._rf_delays else 0.0)
        self._registers[FIFO_DATA] = 0
        # One target, number 1; SENS_RES stands here most significant byte first, unlike on the air.
        target = b"\x01\x01" + card.atqa[::-1] + bytes([card.sak, len(card.uid)]) + card.uid
        return Reply(target, RF_SELECT_S if self._rf_delays else 0.0)

    def _in_communicate_thru(self, data: bytes) -> Reply | None:
        """UM0701-02, 7.3.9: a frame to the card and its answer, or the time-out; code 0 waits for ever."""
        card = self._field.card
        answer = card.frame(data) if card and self._field.on else None
        if answer is None:
            timeout = 0.0001 * 2 ** (self._timeout_code - 1)
            return Reply(STATUS_TIMEOUT, timeout) if self._timeout_code else None
        bits = (len(data) + len(answer) + RF_CRC_BYTES) * RF_BITS_PER_BYTE
        after = bits / RF_BITS_PER_S + RF_TURNAROUND_S if self._rf_delays else 0.0
        return Reply(STATUS_OK + answer, after)
