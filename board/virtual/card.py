"""The contactless card itself: the card's side of ISO/IEC 14443-3 type A and of the block protocol of ISO/IEC 14443-4.

Frames come and go without their CRC, which the radio part of the chip adds and checks.
"""

from collections import Counter
from collections.abc import Callable, Collection
from enum import Enum

from board.virtual.applet import Applet
from board.virtual.damage import Damage

RATS = 0xE0
DESELECT = 0xC2
WAITING_TIME_EXTENSION = 0xF2
CHAINING = 0x10
NAK = 0x10
# ISO/IEC 14443-4, tables 1 and 4: FSDI and FSCI to the frame size in bytes, CRC included; higher values mean 256.
FRAME_SIZES = (16, 24, 32, 40, 48, 64, 96, 128, 256)
# ISO/IEC 14443-4, 5.2.3: without T0 the card has FSCI 2.
DEFAULT_FSCI = 2
# The block's control byte and the two bytes of its CRC.
BLOCK_OVERHEAD = 3


def frame_size(index: int) -> int:
    """Return the bytes of a frame for the FSDI or FSCI `index`."""
    return FRAME_SIZES[min(index, len(FRAME_SIZES) - 1)]


class State(Enum):
    """ISO/IEC 14443-3, figure 7, as far as a reader can tell."""

    OFF = "off"
    ACTIVE = "active"
    PROTOCOL = "protocol"
    HALT = "halt"


class Card:
    """One card: `wake` selects it, `frame` answers the reader's frames, `power_off` is the field going away.

    What may be set at any time: `ats`; `chain`, the most bytes of an answer in one block (None: what the reader
    takes); `wtx_instructions`, the INS bytes for which it first asks for more time; `wtx_while_chaining`, to ask for it
    once within a chained answer as well; `lose_every`, the number n of which every nth block it sends is lost (0:
    none); `damage`, what befalls one of its answers; `on_block`, called with the control byte of each block it hears,
    before it answers. `counts` counts blocks.
    """

    def __init__(
        self,
        applet: Applet,
        *,
        uid: bytes = bytes.fromhex("08A1B2C3"),
        atqa: bytes = bytes.fromhex("0400"),
        sak: int = 0x20,
        ats: bytes = bytes.fromhex("0578807002"),
        chain: int | None = None,
        wtx_instructions: Collection[int] = (),
    ) -> None:
        self.applet = applet
        self.uid = uid
        self.atqa = atqa
        """SENS_RES in the order of transmission."""
        self.sak = sak
        self.ats = ats
        self.chain = chain
        self.wtx_instructions = frozenset(wtx_instructions)
        self.wtx_while_chaining = False
        self.lose_every = 0
        self.damage: Damage | None = None
        self.on_block: Callable[[int], None] | None = None
        self.counts: Counter[str] = Counter()
        self.state = State.OFF
        self._blocks_sent = 0
        self._restart()

    def power_off(self) -> None:
        """Lose the field, and with it all state but what the applications keep."""
        self.state = State.OFF
        self._restart()

    def wake(self) -> bool:
        """Answer REQA and the selection that follows; a card that was deselected stays silent until it loses power."""
        if self.state is not State.OFF:
            return False
        self.state = State.ACTIVE
        return True

    def frame(self, frame: bytes) -> bytes | None:
        """Return what the card answers to the frame, None when it stays silent."""
        if self.state is State.ACTIVE:
            return self._answer_to_select(frame)
        if self.on_block and frame:
            self.on_block(frame[0])
        if self.state is not State.PROTOCOL or not frame:
            return None
        answer = self._block(frame)
        if answer is None:
            return None
        self._blocks_sent += 1
        if self.lose_every and self._blocks_sent % self.lose_every == 0:
            self.counts["lost"] += 1
            return None
        return answer

    def _restart(self) -> None:
        self._number = 1  # rule C, 7.5.4.2: the card's block number starts at 1
        self._command = bytearray()
        self._answers = 0
        self._answer: list[bytes] = []
        self._last: bytes | None = None
        self._extending: Callable[[], bytes] | None = None
        self._extended_in_chain = False
        self._reader_frame_size = FRAME_SIZES[0]
        self.applet.reset()

    def _answer_to_select(self, frame: bytes) -> bytes | None:
        if len(frame) != 2 or frame[0] != RATS or not self.sak & 0x20:
            return None
        self._reader_frame_size = frame_size(frame[1] >> 4)
        self.state = State.PROTOCOL
        return self.ats

    def _own_frame_size(self) -> int:
        return frame_size(self.ats[1] & 0x0F if len(self.ats) > 1 else DEFAULT_FSCI)

    def _block(self, block: bytes) -> bytes | None:
        """Route by the control byte (7.1.1.1). One with a CID or a NAD is not for this card, which offers neither."""
        control = block[0]
        if len(block) + 2 > self._own_frame_size():
            return None
        if control == DESELECT:
            return self._deselect(block)
        if control == WAITING_TIME_EXTENSION:
            return self._extended(block)
        if control & 0xE6 == 0xA2 and not control & 0x08:
            return self._receive_ready(control)
        if control & 0xEE == 0x02 and self._extending is None:
            return self._information(control, block[1:])
        return None

    def _deselect(self, block: bytes) -> bytes:
        self.counts["deselect"] += 1
        self._restart()
        self.state = State.HALT
        return block

    def _information(self, control: int, data: bytes) -> bytes:
        self.counts["information"] += 1
        self._number ^= 1  # rule D: whatever the block's own number
        self._command += data
        if control & CHAINING:
            self.counts["chained_in"] += 1
            return self._send(bytes([0xA2 | self._number]))
        command = bytes(self._command)
        self._command.clear()
        if command[1:2] and command[1] in self.wtx_instructions:
            return self._ask_for_time(lambda: self._run(command))
        return self._run(command)

    def _receive_ready(self, control: int) -> bytes | None:
        self.counts["receive_ready"] += 1
        if control & 1 == self._number:  # rule 11: what was sent last did not arrive
            self.counts["sent_again"] += 1
            return self._last
        if control & NAK:  # rule 12
            return bytes([0xA2 | self._number])
        if self._extending or not self._answer:
            return None
        self._number ^= 1  # rule E
        if self.wtx_while_chaining and not self._extended_in_chain:
            self._extended_in_chain = True
            return self._ask_for_time(self._next)
        return self._next()  # rule 13

    def _ask_for_time(self, then: Callable[[], bytes]) -> bytes:
        self.counts["waiting_time"] += 1
        self._extending = then
        return self._send(bytes([WAITING_TIME_EXTENSION, 0x01]))

    def _extended(self, block: bytes) -> bytes | None:
        """The reader grants the time (rule 3, 7.5.4.3): now the block it waits for may go."""
        if self._extending is None or block != self._last:
            return None
        then, self._extending = self._extending, None
        return then()

    def _run(self, command: bytes) -> bytes:
        answer = self.applet.apdu(command)
        self._answers += 1
        if self.damage is not None and self.damage.answer == self._answers:
            answer = self.damage.of(answer)
        room = self._reader_frame_size - BLOCK_OVERHEAD
        size = min(self.chain or room, room)
        self._answer = [answer[start : start + size] for start in range(0, len(answer), size)] or [b""]
        return self._next()

    def _next(self) -> bytes:
        part = self._answer.pop(0)
        more = CHAINING if self._answer else 0
        self.counts["chained_out"] += bool(more)
        return self._send(bytes([0x02 | more | self._number]) + part)

    def _send(self, block: bytes) -> bytes:
        self._last = block
        return block
