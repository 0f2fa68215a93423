"""A journal on disk for the tests that read and write one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal lies."""
    return tmp_path / "journal.sqlite"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqliteJournal]:
    """A new journal, open."""
    journal = SqliteJournal(path, SystemClock(), "boot-1")
    await journal.start()
    yield journal
    await journal.stop()
