"""The firmware's mailbox: what is asked, and what counts as an answer. Nothing here has the device itself."""

import struct
from pathlib import Path

import pytest

from board import mailbox


def answered(value: int, code: int = 0x80000000, tag: int = 0x00030046, tag_code: int = 0x80000004) -> bytes:
    """What the firmware makes of the question (the mailbox property interface of the Raspberry Pi firmware's wiki)."""
    return struct.pack("=7I", 28, code, tag, 4, tag_code, value, 0)


def test_the_question_clears_nothing() -> None:
    assert struct.unpack("=7I", mailbox.request()) == (28, 0, 0x00030046, 4, 0, 0, 0)


@pytest.mark.parametrize("bits", [0, 0x50005, 0xF000F])
def test_the_answer_s_value_is_the_bits(bits: int) -> None:
    assert mailbox.answer(answered(bits)) == bits


@pytest.mark.parametrize(
    "message",
    [
        answered(5, code=0x80000001),  # an error in the request
        answered(5, code=0),
        answered(5, tag=0x00030047),
        answered(5, tag_code=0),  # a firmware that does not know the tag leaves it as it was
        bytes(mailbox.request()),
    ],
)
def test_what_is_no_answer_is_unknown(message: bytes) -> None:
    assert mailbox.answer(message) is None


def test_no_mailbox_and_one_that_does_not_take_the_question_are_unknown(tmp_path: Path) -> None:
    assert mailbox.throttled(tmp_path / "vcio") is None
    (tmp_path / "vcio").touch()
    assert mailbox.throttled(tmp_path / "vcio") is None
