"""The Raspberry Pi firmware's mailbox, asked through /dev/vcio as `vcgencmd` does, without starting a process."""

import fcntl
import os
import struct
from pathlib import Path

MAILBOX = Path("/dev/vcio")

# _IOWR(100, 0, char *) of a 64-bit kernel (drivers/char/broadcom/vcio.c).
_ASK = 0xC0086400
# Length, code, then one tag with the size of its value, its own code and the value, then the end tag.
_MESSAGE = struct.Struct("=7I")
_GET_THROTTLED = 0x00030046
_VALUE_SIZE = 4
_ANSWERED = 0x80000000


def throttled(mailbox: Path = MAILBOX) -> int | None:
    """The bits of `vcgencmd get_throttled`; None where there is no such mailbox, or this user may not ask it."""
    message = request()
    try:
        descriptor = os.open(mailbox, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.ioctl(descriptor, _ASK, message)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return answer(message)


def request() -> bytearray:
    """The question. Its value, zero, leaves the bits of the past as they are; a one would clear that bit."""
    return bytearray(_MESSAGE.pack(_MESSAGE.size, 0, _GET_THROTTLED, _VALUE_SIZE, 0, 0, 0))


def answer(message: bytes | bytearray) -> int | None:
    """The bits in the firmware's answer; None when it did not answer this question."""
    _, code, tag, _, tag_code, value, _ = _MESSAGE.unpack(message)
    answered = code == _ANSWERED and tag == _GET_THROTTLED and tag_code == _ANSWERED | _VALUE_SIZE
    return value if answered else None
