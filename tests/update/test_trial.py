"""A release on trial, with all parts real: it stays once it has proven itself; else the one before comes back."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.update.keeper import Keeper


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    """One terminal for the tests of this file; each takes a release of its own."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Keeper(directory) as keeper:
        yield keeper
    shutil.rmtree(directory)


def test_a_good_release_stays_and_the_fleet_sees_its_version(keeper: Keeper) -> None:
    keeper.publisher.publish("0.2.0", new_form=True)
    name = keeper.order("0.2.0")
    keeper.until(lambda: bool(keeper.told("update.committed", "0.2.0")), "the release to be committed")
    assert keeper.running() == "0.2.0"
    keeper.wait_until(lambda: keeper.command(name).state == "succeeded", "the command's end")
    keeper.wait_until_stored()
    keeper.until(lambda: keeper.in_force() == "0.2.0", "root to have heard of it")
    keeper.agent.kill()
    keeper.look()
    assert keeper.running() == "0.2.0"
