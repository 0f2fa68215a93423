"""`python -m tests.provisioning.batch.killed NUMBER ...`: the command whose machine loses its power in the middle.

It is gone when it is about to write down the outcome number NUMBER: that terminal has committed, and nobody knows.
"""

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from provisioning.batch.outcome import DONE, Outcome
from provisioning.batch.record import Record
from tools.cli.app import main

_written = Record.now


def _die_at(number: int) -> None:
    outcomes = iter(range(1, number + 1))

    def now(record: Record, *arguments: Any, **named: Any) -> Outcome:
        if DONE in arguments and next(outcomes) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return _written(record, *arguments, **named)

    Record.now = now  # type: ignore[method-assign, assignment]


def run(words: Sequence[str]) -> None:
    """Run the command of these words, after the number."""
    _die_at(int(words[0]))
    sys.argv = list(words[1:])
    main()


if __name__ == "__main__":
    run(sys.argv[1:])
