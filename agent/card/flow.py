"""Reading a contactless card for one online sale: from SELECT PPSE to the cryptogram and track 2.

Every answer is checked before the next command; whatever a card does, the outcome is a `CardRead` or a CardError. The
flow asks for an online cryptogram only. It takes no PIN and does not authenticate the card offline: the issuer does.
"""

import binascii

from agent.card import aids, dol, icc_data, tags, tlv
from agent.card.terminal_values import TerminalValues
from agent.card.track2 import Track2
from agent.compat import Protocol
from agent.errors import CardError, TlvError

_PPSE = b"2PAY.SYS.DDF01"

# Class, instruction and parameters (EMV Book 1, 11.3; Book 3, 6.5.5, 6.5.8 and 6.5.11; ISO/IEC 7816-4, 7.6.1)
_SELECT = b"\x00\xa4\x04\x00"
_GET_PROCESSING_OPTIONS = b"\x80\xa8\x00\x00"
_GENERATE_ARQC = b"\x80\xae\x80\x00"
_GET_RESPONSE = b"\x00\xc0\x00\x00"

_DONE = 0x9000
_CONDITIONS_NOT_SATISFIED = 0x6985
# A blocked application, and a blocked card (Book 1, 12.3.2 and 12.4)
_BLOCKED = (0x6283, 0x6A81)

# A sale takes 4 to 12 commands. The bounds end a card that never does.
_MOST_COMMANDS = 40
_MOST_RECORDS = 30

# What is kept of GET PROCESSING OPTIONS, the records and GENERATE AC; the rest, as the cardholder's name, is dropped.
_KEPT = (
    tags.TRACK2_EQUIVALENT,
    tags.PAN_SEQUENCE_NUMBER,
    tags.APPLICATION_INTERCHANGE_PROFILE,
    tags.CDOL1,
    tags.APPLICATION_FILE_LOCATOR,
    tags.ISSUER_APPLICATION_DATA,
    tags.APPLICATION_CRYPTOGRAM,
    tags.CRYPTOGRAM_INFORMATION_DATA,
    tags.APPLICATION_TRANSACTION_COUNTER,
)


class Transceive(Protocol):
    """Sends one command APDU and returns the answer with its status word, as `Reader.transceive` does."""

    async def __call__(self, apdu: bytes) -> bytes:
        """Raises CardGoneError when the card has left, ReaderError when the reader fails."""


class CardRead:
    """A card that was read whole and answered with a cryptogram to be authorised online (ARQC).

    `track2` (DE 35) and `pan` are secrets that print masked. `aid` is upper-case hex, `sequence` DE 23 in three digits
    or "" when the card has none, `icc_data` DE 55, the cryptogram in it.
    """

    def __init__(self, track2: Track2, candidate: aids.Candidate, name: bytes, sequence: str, icc_data: bytes) -> None:
        self.track2 = track2
        self.pan = track2.pan
        self.aid = _hex(name)
        self.scheme = candidate.scheme
        self.label = candidate.label
        self.sequence = sequence
        self.icc_data = icc_data

    def __repr__(self) -> str:
        return "<CardRead {} {}>".format(self.scheme, self.pan)


async def read_card(transceive: Transceive, values: TerminalValues) -> CardRead:
    """Read the card in the field for the sale that `values` describe.

    Raises what `transceive` raises, and CardError with one of the codes
    CARD_NO_PPSE (no contactless payment card), CARD_NO_APPLICATION (none that we take, or each refused this sale),
    CARD_BLOCKED (card or application), CARD_MALFORMED (an answer is not as EMV says), CARD_TRACK2 (track 2 is missing
    or malformed), CARD_EXPIRED (before the month of the sale), CARD_DECLINED_OFFLINE (by the card itself).
    """
    try:
        return await _read(_Card(transceive), values)
    except TlvError as error:
        raise CardError("CARD_MALFORMED", str(error))


class _Card:
    """The card behind `transceive`, with the two answers of ISO/IEC 7816-4, 5.1.3 that mean "ask again" handled."""

    def __init__(self, transceive: Transceive) -> None:
        self._transceive = transceive
        self._left = _MOST_COMMANDS

    async def send(self, header: bytes, data: bytes) -> "tuple[bytes, int]":
        """The answer to a command with `data` and its status word, with what 61xx announces fetched."""
        body, status = await self._ask(header + (bytes([len(data)]) + data if data else b""), 0)
        while status >> 8 == 0x61:
            more, status = await self._ask(_GET_RESPONSE, status & 0xFF)
            body += more
        return body, status

    async def fetch(self, header: bytes, data: bytes, what: str) -> bytes:
        """As `send`; any status word but 9000 is a CardError CARD_MALFORMED that names the command `what`."""
        body, status = await self.send(header, data)
        if status != _DONE:
            raise CardError("CARD_MALFORMED", "{} was answered {:04X}".format(what, status))
        return body

    async def _ask(self, command: bytes, expected: int) -> "tuple[bytes, int]":
        # `expected` is Le, 0 for as much as there is; 6Cxx names the only one that the card accepts.
        body, status = await self._exchange(command + bytes([expected]))
        if status >> 8 == 0x6C:
            return await self._exchange(command + bytes([status & 0xFF]))
        return body, status

    async def _exchange(self, apdu: bytes) -> "tuple[bytes, int]":
        if self._left == 0:
            raise CardError("CARD_MALFORMED", "the card was not done after {} commands".format(_MOST_COMMANDS))
        self._left -= 1
        answer = await self._transceive(apdu)
        # A status word is 6x or 9x (ISO/IEC 7816-3, 10.3.3). Anything else may be card data, so it is not quoted.
        if len(answer) < 2 or answer[-2] >> 4 not in (6, 9):
            raise CardError("CARD_MALFORMED", "the card answered {} bytes without a status word".format(len(answer)))
        return bytes(answer[:-2]), answer[-2] << 8 | answer[-1]


async def _read(card: _Card, values: TerminalValues) -> CardRead:
    candidate, data = await _start(card, await _candidates(card), values)
    for sfi, record in _records(data.get(tags.APPLICATION_FILE_LOCATOR, b"")):
        what = "READ RECORD {} of file {}".format(record, sfi)
        answer = await card.fetch(bytes([0x00, 0xB2, record, sfi << 3 | 4]), b"", what)
        _keep(data, _only(answer, tags.READ_RECORD_TEMPLATE, what).children)
    if tags.APPLICATION_CRYPTOGRAM not in data and tags.CDOL1 in data:
        await _generate_cryptogram(card, data, values)
    return _finish(candidate, data, values)


async def _candidates(card: _Card) -> "list[aids.Candidate]":
    body, status = await card.send(_SELECT, _PPSE)
    if status in _BLOCKED:
        raise CardError("CARD_BLOCKED", "SELECT PPSE was answered {:04X}: the card is blocked".format(status))
    if status != _DONE:
        problem = "SELECT PPSE was answered {:04X}: this is no contactless payment card".format(status)
        raise CardError("CARD_NO_PPSE", problem)
    return aids.candidates(tlv.parse(body))


async def _start(
    card: _Card, candidates: "list[aids.Candidate]", values: TerminalValues
) -> "tuple[aids.Candidate, dict[int, bytes]]":
    # The first candidate that can be selected and takes the sale, with what it said (Contactless Book B, 3.3.3, 3.5.2).
    blocked = False
    for candidate in candidates:
        body, status = await card.send(_SELECT, candidate.aid)
        if status != _DONE:
            blocked = blocked or status in _BLOCKED
            continue
        name, asked = _application(body, candidate)
        command = tlv.encode(tags.COMMAND_TEMPLATE, dol.fill(asked, values.by_tag))
        answer, status = await card.send(_GET_PROCESSING_OPTIONS, command)
        if status == _DONE:
            data = {tags.DF_NAME: name}
            _keep_options(data, answer)
            return candidate, data
        if status != _CONDITIONS_NOT_SATISFIED and status >> 4 != 0x6A8:
            raise CardError("CARD_MALFORMED", "GET PROCESSING OPTIONS was answered {:04X}".format(status))
    if blocked:
        raise CardError("CARD_BLOCKED", "the card, or its only application for this terminal, is blocked")
    raise CardError("CARD_NO_APPLICATION", "no application of the card takes this sale")


def _application(body: bytes, candidate: aids.Candidate) -> "tuple[bytes, bytes]":
    # The name of the selected application and its list of what it wants to know (Book 1, 11.3.4, table 45).
    fci = [_only(body, tags.FCI_TEMPLATE, "SELECT")]
    name = tlv.find(fci, tags.FCI_TEMPLATE, tags.DF_NAME)
    if name is None or not name.value.startswith(candidate.aid):
        raise CardError("CARD_MALFORMED", "SELECT was answered by another application than the one selected")
    asked = tlv.find(fci, tags.FCI_TEMPLATE, tags.FCI_PROPRIETARY_TEMPLATE, tags.PDOL)
    return name.value, b"" if asked is None else asked.value


def _keep_options(data: "dict[int, bytes]", answer: bytes) -> None:
    # Format 1 is interchange profile and file locator in a row, format 2 data objects (Book 3, 6.5.8.4).
    if answer[:1] != bytes([tags.RESPONSE_FORMAT_1]):
        _keep(data, _only(answer, tags.RESPONSE_FORMAT_2, "GET PROCESSING OPTIONS").children)
        return
    value = _only(answer, tags.RESPONSE_FORMAT_1, "GET PROCESSING OPTIONS").value
    data[tags.APPLICATION_INTERCHANGE_PROFILE] = value[:2]
    data[tags.APPLICATION_FILE_LOCATOR] = value[2:]


async def _generate_cryptogram(card: _Card, data: "dict[int, bytes]", values: TerminalValues) -> None:
    # For cards that give their cryptogram as a contact card does, Mastercard above all (Book 3, 6.5.5).
    what = "GENERATE AC"
    answer = await card.fetch(_GENERATE_ARQC, dol.fill(data[tags.CDOL1], values.by_tag), what)
    if answer[:1] != bytes([tags.RESPONSE_FORMAT_1]):
        _keep(data, _only(answer, tags.RESPONSE_FORMAT_2, what).children)
        return
    value = _only(answer, tags.RESPONSE_FORMAT_1, what).value
    data[tags.CRYPTOGRAM_INFORMATION_DATA] = value[:1]
    data[tags.APPLICATION_TRANSACTION_COUNTER] = value[1:3]
    data[tags.APPLICATION_CRYPTOGRAM] = value[3:11]
    data[tags.ISSUER_APPLICATION_DATA] = value[11:]


def _only(answer: bytes, tag: int, what: str) -> tlv.Tlv:
    objects = tlv.parse(answer)
    if len(objects) != 1 or objects[0].tag != tag:
        raise CardError("CARD_MALFORMED", "the answer to {} is not one template {:02X}".format(what, tag))
    return objects[0]


def _keep(data: "dict[int, bytes]", objects: "list[tlv.Tlv]") -> None:
    # A card that says a thing twice is refused, since either may be meant (Book 3, 10.2).
    for item in objects:
        if item.tag not in _KEPT:
            continue
        if item.tag in data:
            raise CardError("CARD_MALFORMED", "the card gave tag {:02X} twice".format(item.tag))
        data[item.tag] = item.value


def _records(locator: bytes) -> "list[tuple[int, int]]":
    # The (file, record) pairs to read (Book 3, 10.2): entries of file << 3, first, last, how many are signed.
    if len(locator) % 4:
        raise CardError(
            "CARD_MALFORMED", "the file locator (94) has {} bytes, not a multiple of 4".format(len(locator))
        )
    records = []
    for at in range(0, len(locator), 4):
        sfi, first, last = locator[at] >> 3, locator[at + 1], locator[at + 2]
        if locator[at] & 7 or not 1 <= sfi <= 10 or not 1 <= first <= last or locator[at + 3] > last - first + 1:
            raise CardError("CARD_MALFORMED", "entry {} of the file locator (94) is malformed".format(at // 4 + 1))
        records.extend([(sfi, record) for record in range(first, last + 1)])
        if len(records) > _MOST_RECORDS:
            raise CardError("CARD_MALFORMED", "the file locator (94) names more than {} records".format(_MOST_RECORDS))
    return records


def _finish(candidate: aids.Candidate, data: "dict[int, bytes]", values: TerminalValues) -> CardRead:
    information = icc_data.cryptogram_information(data, candidate.scheme)
    kind = information[0] >> 6
    if kind == icc_data.AAC:
        raise CardError("CARD_DECLINED_OFFLINE", "the card itself declined this sale")
    if kind != icc_data.ARQC:
        raise CardError("CARD_MALFORMED", "the card gave no cryptogram for online authorisation, which was required")
    data[tags.CRYPTOGRAM_INFORMATION_DATA] = information
    if tags.TRACK2_EQUIVALENT not in data:
        raise CardError("CARD_TRACK2", "the card gave no track 2 (57)")
    track2 = Track2(data[tags.TRACK2_EQUIVALENT])
    if track2.is_expired(values.month):
        raise CardError("CARD_EXPIRED", "the card has expired")
    sequence = _card_sequence(data.get(tags.PAN_SEQUENCE_NUMBER))
    return CardRead(track2, candidate, data[tags.DF_NAME], sequence, icc_data.build(data, values.by_tag))


def _card_sequence(value: "bytes | None") -> str:
    if value is None:
        return ""
    digits = _hex(value)
    if len(value) != 1 or any(c > "9" for c in digits):
        raise CardError("CARD_MALFORMED", "the card sequence number (5F34) is not two digits")
    return "0" + digits


def _hex(data: bytes) -> str:
    return binascii.hexlify(data).decode().upper()
