"""Every fault of the line to the acquirer: till, journal, ledger and backend agree, and the counter sells again.

The tests run an evenly spaced sample of the bytes; `make sweep` takes them all.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.conftest import wait_until_prepared
from tests.contract.heard_rig import HeardRig
from tests.faults.line import ANSWER_TIMEOUT_MS, PLACES, Fault, Line

SAMPLE = 5
SWEEP_TIMEOUT_S = 1800
# One bit of either nibble: what was a digit may still be one, which is what could be mistaken for a right message.
MASKS = (0x01, 0x10)
# Length prefix, TPDU, and then the header, whose sixth digit is the host's processing request; no MAC covers it.
REQUEST_DIGIT = 9
MESSAGES = pytest.mark.parametrize("message", PLACES)


@pytest.fixture(scope="module")
def shared_line(request: pytest.FixtureRequest) -> Iterator[Line]:
    """One counter for the whole sweep: it has to stay able to sell."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with HeardRig(directory) as rig:
        wait_until_prepared(rig)
        line = Line(rig)
        line.start()
        yield line
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            slowest = f"the slowest sold again after {line.slowest_s:.1f} s"
            print(f"\nexchange sweep: {line.points} points, {slowest}, {dict(line.found)}", file=sys.stderr)
    shutil.rmtree(directory)


@pytest.fixture
def line(shared_line: Line) -> Iterator[Line]:
    """The counter before a test; behind it the backend has to know all that the journal has."""
    assert shared_line.rig.agent.alive, shared_line.rig.agent.log.read_text()
    before = shared_line.points
    yield shared_line
    assert shared_line.points > before
    shared_line.compare_with_backend()


def sample(length: int) -> list[int]:
    """`SAMPLE` of the numbers below `length`, the first and the last among them."""
    return sorted({place * (length - 1) // (SAMPLE - 1) for place in range(SAMPLE)})


def cut(line: Line, message: str, places: Iterable[int]) -> None:
    for at in places:
        line.meet(Fault(message, "cut", at=at))


def corrupt(line: Line, message: str, places: Iterable[int], masks: Iterable[int]) -> None:
    for mask in masks:
        for at in places:
            line.meet(Fault(message, "corrupt", at=at, mask=mask))


@MESSAGES
def test_a_cut_connection_leaves_the_books_in_agreement(line: Line, message: str) -> None:
    cut(line, message, sample(line.length(message) + 1))


@MESSAGES
def test_a_corrupt_byte_leaves_the_books_in_agreement(line: Line, message: str) -> None:
    corrupt(line, message, sample(line.length(message)), MASKS[:1])


@pytest.mark.sweep
@pytest.mark.timeout(SWEEP_TIMEOUT_S)
@MESSAGES
def test_sweep_of_every_byte_at_which_a_connection_is_cut(line: Line, message: str) -> None:
    cut(line, message, range(line.length(message) + 1))


@pytest.mark.sweep
@pytest.mark.timeout(SWEEP_TIMEOUT_S)
@pytest.mark.parametrize("mask", MASKS)
@MESSAGES
def test_sweep_of_every_byte_that_is_corrupt(line: Line, message: str, mask: int) -> None:
    corrupt(line, message, range(line.length(message)), [mask])


@pytest.mark.parametrize("name", ["duplicate", "drop", "half_open"])
@MESSAGES
def test_a_lost_or_repeated_frame_leaves_the_books_in_agreement(line: Line, message: str, name: str) -> None:
    line.meet(Fault(message, name))


@MESSAGES
def test_a_frame_in_packets_of_one_byte_is_taken(line: Line, message: str) -> None:
    line.meet(Fault(message, "slice", count=line.length(message)))


@MESSAGES
def test_a_frame_that_comes_too_late_leaves_the_books_in_agreement(line: Line, message: str) -> None:
    line.meet(Fault(message, "delay", ms=ANSWER_TIMEOUT_MS + 200))


@MESSAGES
def test_a_frame_that_the_next_one_overtakes_leaves_the_books_in_agreement(line: Line, message: str) -> None:
    # A sign-on that arrives late brings keys that the terminal never hears of: that costs it one more sale.
    line.meet(Fault(message, "hold"), sales_lost=1 if message == "0800" else 0)


def test_a_dead_line_at_the_start_does_not_cost_a_sale(line: Line) -> None:
    line.start_on_a_dead_line()


def test_the_answer_to_a_repeated_request_does_not_hide_the_first_one(line: Line) -> None:
    """The network repeats the request, and the acquirer's "duplicate" (94) arrives before its approval."""
    line.meet(Fault("0200", "duplicate"), Fault("0210", "hold"))
    line.meet(Fault("0200", "duplicate"), Fault("0210", "drop"))


@MESSAGES
def test_a_corrupt_processing_request_does_not_stop_the_counter(line: Line, message: str) -> None:
    """The header's processing request turns from "none" to "load parameters", and no MAC tells."""
    line.meet(Fault(message, "corrupt", at=REQUEST_DIGIT, mask=0x06))
