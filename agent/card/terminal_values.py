"""What this terminal tells a card about itself and about the sale, by tag."""

import binascii

from agent.card import tags
from agent.errors import AmountError

# The terminal stands in China: numeric code 156 of ISO 3166-1, in n 4.
_CHINA = b"\x01\x56"

# Byte 1: b6 qVSDC/qPBOC (20), b2 signature (02); neither magnetic stripe (b8), contact chip (b5), offline only (b4) nor
# online PIN (b3). Byte 2: b8 online cryptogram required (80). EMV Contactless Book C-3, annex A; JR/T 0025.12.
_QUALIFIERS = b"\x22\x80\x00\x00"

# Byte 1, input: none of manual entry, magnetic stripe and contact chip. Byte 2, cardholder verification: b6 signature
# on paper (20), b4 none (08). Byte 3, security: no offline data authentication (Book 4, annex A2).
_CAPABILITIES = b"\x00\x28\x00"

# Attended, run by a merchant, offline with online capability (Book 4, annex A1)
_ATTENDED = b"\x22"

# "No CVM performed" (Book 4, annex A4)
_NO_CVM = b"\x3f\x00\x00"

# The version of the application specification that published UnionPay sales show (JR/T 0025)
_VERSION = b"\x00\x20"

_GOODS_AND_SERVICES = b"\x00"
_LARGEST_AMOUNT = 10**12 - 1


class TerminalValues:
    """The values of one contactless sale, `by_tag`, for PDOL, CDOL1 and DE 55; `month` is that of the sale, YYMM."""

    def __init__(self, amount: int, currency: str, date: str, unpredictable: bytes, serial: str, counter: int) -> None:
        """`amount` in minor units of `currency`, three digits of ISO 4217; `date` local, YYMMDD; `unpredictable` four
        bytes of a secure source, new for each sale; `serial` the terminal's; `counter` a number of at most eight
        digits, as the trace number (DE 11).

        Raises AmountError for an amount outside 1..999999999999, ValueError for anything else out of its range.
        """
        if not 0 < amount <= _LARGEST_AMOUNT:
            raise AmountError("amount {}: must be 1 to {} minor units".format(amount, _LARGEST_AMOUNT))
        if len(unpredictable) != 4:
            raise ValueError("the unpredictable number has {} bytes, not 4".format(len(unpredictable)))
        self.month = date[:4]
        self.by_tag = {
            tags.TERMINAL_TRANSACTION_QUALIFIERS: _QUALIFIERS,
            tags.AMOUNT_AUTHORISED: _numeric("amount", "{:012d}".format(amount), 12),
            tags.AMOUNT_OTHER: bytes(6),
            tags.TERMINAL_COUNTRY_CODE: _CHINA,
            tags.TRANSACTION_CURRENCY_CODE: _numeric("currency", "0" + currency, 4),
            tags.TERMINAL_VERIFICATION_RESULTS: bytes(5),
            tags.TRANSACTION_DATE: _numeric("date", date, 6),
            tags.TRANSACTION_TYPE: _GOODS_AND_SERVICES,
            tags.UNPREDICTABLE_NUMBER: unpredictable,
            tags.TERMINAL_CAPABILITIES: _CAPABILITIES,
            tags.CVM_RESULTS: _NO_CVM,
            tags.TERMINAL_TYPE: _ATTENDED,
            tags.INTERFACE_DEVICE_SERIAL_NUMBER: _device_serial(serial),
            tags.APPLICATION_VERSION_NUMBER: _VERSION,
            tags.TRANSACTION_SEQUENCE_COUNTER: _numeric("counter", "{:08d}".format(counter), 8),
        }


def _numeric(name: str, digits: str, width: int) -> bytes:
    # Format n: binary-coded decimal (Book 3, 4.3).
    if len(digits) != width or not all(c in "0123456789" for c in digits):
        raise ValueError("{} {!r}: must be {} digits".format(name, digits, width))
    return binascii.unhexlify(digits)


def _device_serial(serial: str) -> bytes:
    # Format an 8 (Book 3, annex A): the last eight letters and digits of the serial, zeros before a shorter one.
    plain = "".join([c for c in serial if "0" <= c <= "9" or "A" <= c <= "Z" or "a" <= c <= "z"])
    return ("0" * 8 + plain)[-8:].encode()
