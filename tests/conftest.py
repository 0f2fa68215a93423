"""What tests of several folders stand on: a whole counter of real processes."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.contract.heard_rig import HeardRig
from tests.everyday import EVERYDAY
from tools.rig.rig import Rig

pytest_plugins = ["tests.contract.coverage"]


def pytest_configure(config: pytest.Config) -> None:
    """Leave the long ones to who asks for them, by targets of the Makefile."""
    config.addinivalue_line("markers", "sweep: kills a writer at every single system call; minutes, not seconds")
    config.addinivalue_line("markers", "soak: thousands of events while parts are killed; minutes, not seconds")
    config.addinivalue_line("markers", "package: installs packages in fresh systems of Debian; minutes, not seconds")
    config.addinivalue_line("markers", "batch: installs hundreds of virtual terminals; minutes, not seconds")
    config.addinivalue_line("markers", "fleetload: ten thousand terminals for ten minutes; half an hour in all")
    config.addinivalue_line("markers", "fuzz: sends thousands of hostile messages; minutes, not seconds")
    config.addinivalue_line("markers", "root: only root may do it; others leave it out")
    config.addinivalue_line("markers", "forges: sends what our own sides never do, so that not all keeps the contract")
    if not config.option.markexpr:
        config.option.markexpr = EVERYDAY
    # How long one example takes says how busy the machine is, and nothing about the code.
    settings.register_profile("jumpguard", deadline=None)
    settings.load_profile("jumpguard")


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A folder whose path is short enough for Unix sockets, which pytest's own are not."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Says a line to whoever runs the test, such as how many points a sweep met."""

    def said(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", file=sys.stderr)

    return said


@pytest.fixture(scope="session")
def shared_rig() -> Iterator[Rig]:
    """One counter for all tests of this worker that leave it able to sell."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with HeardRig(directory) as rig:
        wait_until_prepared(rig)
        yield rig
    shutil.rmtree(directory)


@pytest.fixture
def rig(shared_rig: Rig) -> Rig:
    """The shared counter with an obedient acquirer and no card on the reader."""
    assert shared_rig.agent.alive, shared_rig.agent.log.read_text()
    shared_rig.acquirer.reset()
    shared_rig.board.remove()
    return shared_rig


@pytest.fixture
def own_rig(request: pytest.FixtureRequest, short_dir: Path) -> Iterator[Rig]:
    """A counter for one test that breaks, locks or restarts parts of it; or `forges` messages on its broker."""
    kind = Rig if request.node.get_closest_marker("forges") else HeardRig
    with kind(short_dir) as rig:
        wait_until_prepared(rig)
        yield rig


def wait_until_prepared(rig: Rig) -> None:
    """Wait until the agent has opened its reader and signed on: nothing happens by itself from here on."""
    rig.wait_until(lambda: any(entry.kind == "acquirer.signed_on" for entry in rig.journal()), "the sign-on")
