"""What the tests of the machine stand on: a virtual board in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from board.virtual.client import BoardClient, BoardProcess


@pytest.fixture
def board(tmp_path: Path) -> Iterator[BoardProcess]:
    """A running virtual board in the folder `board`."""
    process = BoardProcess(tmp_path / "board")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def client(board: BoardProcess) -> BoardClient:
    """Who plays the person in front of it."""
    return board.client
