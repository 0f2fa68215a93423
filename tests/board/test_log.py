"""The log of a terminal: whatever is said, however it ends, no card number stands in it."""

import subprocess
import sys

import pytest

NUMBER = "5555555555554444"
MASKED = "555555******4444"

CHILD = """
import logging, sys, threading
from agent.redact import Guard
from board import log
guard = Guard()
log.start(guard)
number = sys.argv[2]
said = {
    "message": lambda: logging.getLogger("x").info("the card " + number),
    "argument": lambda: logging.getLogger("x").warning("the card %s", number),
    "exception": lambda: caught(number),
    "thread": lambda: threading.Thread(target=fail, args=(number,)).start(),
    "uncaught": lambda: fail(number),
    "unraisable": lambda: Falling(number),
}

def fail(number):
    raise RuntimeError("no luck with " + number)

def caught(number):
    try:
        fail(number)
    except RuntimeError:
        logging.getLogger("x").exception("it failed")

class Falling:
    def __init__(self, number):
        self.number = number
    def __del__(self):
        fail(self.number)

if sys.argv[1] in said:
    said[sys.argv[1]]()
else:
    logging.getLogger("x").info("trace 000017 of merchant 898350154110001")
"""


def said(how: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", CHILD, how, NUMBER], capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize("how", ["message", "argument", "exception", "thread", "uncaught", "unraisable"])
def test_a_card_number_is_masked_in_whatever_is_logged(how: str) -> None:
    done = said(how)
    assert MASKED in done.stderr
    assert NUMBER not in done.stderr + done.stdout
    assert (done.returncode == 0) is (how != "uncaught")


def test_what_is_no_card_data_is_logged_as_it_is() -> None:
    assert said("nothing").stderr == "INFO x: trace 000017 of merchant 898350154110001\n"
