"""Checks one row of the table at a counter of its own: `python -m tests.refusals.on_small_disk CODE DIR`.

The test runs it where DIR/state is a small disk; SQLite takes no other way to a disk that one process mounted.
"""

import sys
from pathlib import Path

from tests.refusals.counter import running_counter
from tests.refusals.table import ROWS, check

if __name__ == "__main__":
    code, directory = sys.argv[1:]
    (row,) = (row for row in ROWS if row.code == code)
    with running_counter(Path(directory)) as counter:
        check(counter, row)
    print("checked")
