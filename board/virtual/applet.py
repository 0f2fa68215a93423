"""The payment applications on an emulated contactless card: what answers its command APDUs (EMV Book B, Book 3)."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from board.virtual.ber import dol_size, tlv

PPSE = b"2PAY.SYS.DDF01"
# EMV Book 3, 10.2: an AFL entry is SFI << 3, first record, last record, number of records in offline authentication.
AFL_ENTRY = "{:02X}{:02X}{:02X}00"
# The shortest application identifier that may select by its beginning (ISO/IEC 7816-4, 12.2.3: RID of five bytes).
SHORTEST_AID = 5

# EMV Book 3, table 14: the kinds of cryptogram, in 9F27 and as P1 of GENERATE AC: to be refused, to be sent online.
AAC, ARQC = 0x00, 0x80

OK = 0x9000
WRONG_LENGTH = 0x6700
NOT_ALLOWED_NOW = 0x6985
NOT_FOUND = 0x6A82
RECORD_NOT_FOUND = 0x6A83
WRONG_P1_P2 = 0x6A86
UNKNOWN_INS = 0x6D00
UNKNOWN_CLA = 0x6E00

Record = Callable[[int, int, int, int, int, int], None]
"""Called once for each APDU with (cla, ins, p1, p2, lc, sw): its header and its outcome, never its data."""


@dataclass(frozen=True)
class Application:
    """One payment application: what the personalisation wrote on the card. Byte strings as the card sends them."""

    aid: bytes
    label: str
    priority: int
    pdol: bytes
    aip: bytes
    iad: bytes
    gpo_format: str
    """`77`: GET PROCESSING OPTIONS answers data objects, `gpo_tags`; `80`: only AIP and AFL."""
    gpo_tags: tuple[str, ...]
    cdol1: bytes
    """What GENERATE AC asks for; empty where the cryptogram is there from GPO on."""
    key: bytes = field(repr=False)
    data: dict[str, bytes] = field(repr=False)
    """Every data object that a record or the answer to GPO may name, by tag."""
    records: dict[tuple[int, int], tuple[str, ...]]
    """The tags in each record, by (SFI, record number)."""

    def afl(self) -> bytes:
        """Return the application file locator: one entry for each run of records of an SFI (EMV Book 3, 10.2)."""
        entries = ""
        for sfi in sorted({sfi for sfi, _ in self.records}):
            numbers = sorted(number for file, number in self.records if file == sfi)
            entries += AFL_ENTRY.format(sfi << 3, numbers[0], numbers[-1])
        return bytes.fromhex(entries)

    def fci(self) -> bytes:
        """Return the answer to its SELECT (EMV Book 1, table 45)."""
        pdol = tlv("9F38", self.pdol) if self.pdol else b""
        proprietary = tlv("50", self.label.encode()) + tlv("87", bytes([self.priority])) + pdol + tlv("5F2D", b"zhen")
        return tlv("6F", tlv("84", self.aid), tlv("A5", proprietary))

    def entry(self) -> bytes:
        """Return its entry in the list of applications (EMV Book B, table 3-3)."""
        return tlv("61", tlv("4F", self.aid), tlv("50", self.label.encode()), tlv("87", bytes([self.priority])))


class Applet:
    """Answers command APDUs (ISO/IEC 7816-4, short lengths) as the card with `applications` does; none is fine too.

    The application cryptogram is HMAC-SHA256 under the application's key over the data that PDOL or CDOL1 asked for,
    AIP, ATC and issuer application data, cut to 8 bytes. It changes with every input as a real one does, but it is
    **not** the cryptogram of any card scheme: only who knows the personalisation can check it.
    """

    def __init__(self, applications: Sequence[Application], record: Record) -> None:
        self._applications = sorted(applications, key=lambda one: one.priority or 16)
        self._record = record
        self._counters = dict.fromkeys((one.aid for one in applications), 0)
        self._selected: Application | None = None
        self._dynamic: dict[str, bytes] = {}
        self._commands = {
            (0x00, 0xA4): self._select,
            (0x80, 0xA8): self._get_processing_options,
            (0x00, 0xB2): self._read_record,
            (0x80, 0xAE): self._generate_ac,
        }

    def reset(self) -> None:
        """Forget the selection, as a card without power does. The transaction counters stay."""
        self._selected = None
        self._dynamic = {}

    def apdu(self, command: bytes) -> bytes:
        """Return the response APDU, status word last, to the command APDU."""
        head = command[:4].ljust(4, b"\x00")
        lc = command[4] if len(command) > 5 else 0
        answer, status = b"", WRONG_LENGTH
        if len(command) >= 4 and len(command) in ((4, 5) if lc == 0 else (5 + lc, 6 + lc)):
            answer, status = self._answer(head, command[5 : 5 + lc])
        self._record(head[0], head[1], head[2], head[3], lc, status)
        return answer + status.to_bytes(2, "big")

    def _answer(self, head: bytes, data: bytes) -> tuple[bytes, int]:
        command = self._commands.get((head[0], head[1]))
        if command is None:
            return b"", UNKNOWN_INS if head[0] in (0x00, 0x80) else UNKNOWN_CLA
        return command(head[2], head[3], data)

    def _select(self, p1: int, p2: int, name: bytes) -> tuple[bytes, int]:
        self.reset()
        if (p1, p2) != (0x04, 0x00):
            return b"", WRONG_P1_P2
        if name == PPSE and self._applications:
            entries = tlv("BF0C", *(one.entry() for one in self._applications))
            return tlv("6F", tlv("84", PPSE), tlv("A5", entries)), OK
        for one in self._applications:
            if len(name) >= SHORTEST_AID and one.aid.startswith(name):
                self._selected = one
                return one.fci(), OK
        return b"", NOT_FOUND

    def _get_processing_options(self, p1: int, p2: int, data: bytes) -> tuple[bytes, int]:
        """EMV Book 3, 6.5.8: once after each SELECT, with exactly the data that the PDOL asked for."""
        application = self._selected
        if application is None or self._dynamic:
            return b"", NOT_ALLOWED_NOW
        if (p1, p2) != (0, 0):
            return b"", WRONG_P1_P2
        size = dol_size(application.pdol)
        if data[:2] != bytes([0x83, size]) or len(data) != 2 + size:
            return b"", WRONG_LENGTH
        self._counters[application.aid] += 1
        counter = self._counters[application.aid].to_bytes(2, "big")
        self._dynamic = {"82": application.aip, "94": application.afl(), "9F36": counter}
        if not application.cdol1:
            self._sign(application, data[2:], ARQC)
        if application.gpo_format == "80":
            return tlv("80", application.aip, application.afl()), OK
        return tlv("77", self._objects(application, application.gpo_tags)), OK

    def _generate_ac(self, p1: int, p2: int, data: bytes) -> tuple[bytes, int]:
        """EMV Book 3, 6.5.5: once in a transaction. Who asks for an offline approval is told to go online."""
        application = self._selected
        if application is None or not self._dynamic or "9F26" in self._dynamic:
            return b"", NOT_ALLOWED_NOW
        if p1 & 0x3F or p1 == 0xC0 or p2:
            return b"", WRONG_P1_P2
        if len(data) != dol_size(application.cdol1):
            return b"", WRONG_LENGTH
        self._sign(application, data, ARQC if p1 else AAC)
        return tlv("77", self._objects(application, ("9F27", "9F36", "9F26", "9F10"))), OK

    def _sign(self, application: Application, asked: bytes, kind: int) -> None:
        message = asked + application.aip + self._dynamic["9F36"] + application.iad
        self._dynamic["9F26"] = hmac.new(application.key, message, hashlib.sha256).digest()[:8]
        self._dynamic["9F27"] = bytes([kind])
        self._dynamic["9F10"] = application.iad

    def _read_record(self, p1: int, p2: int, _data: bytes) -> tuple[bytes, int]:
        """EMV Book 3, 6.5.11: P1 is the record number, P2 the SFI in its high five bits and 100b."""
        application = self._selected
        if application is None or not self._dynamic:
            return b"", NOT_ALLOWED_NOW
        if p2 & 0x07 != 0x04:
            return b"", WRONG_P1_P2
        tags = application.records.get((p2 >> 3, p1))
        if tags is None:
            return b"", RECORD_NOT_FOUND
        return tlv("70", self._objects(application, tags)), OK

    def _objects(self, application: Application, tags: Sequence[str]) -> bytes:
        known = {**application.data, **self._dynamic}
        return b"".join(tlv(tag, known[tag]) for tag in tags)
