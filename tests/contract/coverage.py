"""A pytest plugin: behind a whole run, every message and field of the contract's document must have been seen.

Each worker tells what it saw; the process that heard them all judges. A run of a few tests is not judged.
"""

from typing import Any

import pytest

from tests.contract.not_built import NOT_BUILT
from tests.contract.witness import everything, seen
from tests.everyday import EVERYDAY

_KEY = "seen_of_the_contract"


def unseen(saw: set[str], not_built: frozenset[str] = NOT_BUILT) -> list[str]:
    """What the document describes, nobody sent, and nothing excuses."""
    return sorted(name for name in everything() - saw if not _names(name) & not_built)


def built(saw: set[str], not_built: frozenset[str] = NOT_BUILT) -> list[str]:
    """What was sent although it is said not to be built, or is not in the document at all."""
    known = {part for name in everything() for part in _names(name)}
    sent = {part for name in saw for part in _names(name)}
    return sorted(not_built & sent | not_built - known)


def _names(name: str) -> set[str]:
    """The channel, the message and the field that `name` stands in."""
    message, _, _ = name.partition(" ")
    return {message.split("/")[0], message, name}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has ended."""
    seen.update(getattr(node, "workeroutput", {}).get(_KEY, ()))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Tell the process that started this worker, or judge where this is that process."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told[_KEY] = sorted(seen)
    elif exitstatus == pytest.ExitCode.OK and _is_whole(session.config) and (unseen(seen) or built(seen)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what is missing."""
    if _is_whole(config):
        for name in unseen(seen):
            terminalreporter.write_line(
                f"contract: no test saw {name}: send it, or name it in tests/contract/not_built.py"
            )
        for name in built(seen):
            terminalreporter.write_line(
                f"contract: {name} is built, or is none: take it out of tests/contract/not_built.py"
            )


def _is_whole(config: pytest.Config) -> bool:
    """Whether nothing was left out but what takes minutes."""
    chosen = config.option
    return config.args == config.getini("testpaths") and not chosen.keyword and chosen.markexpr == EVERYDAY
