"""A change or a retirement is cut off at one of its requests.

A change leaves the terminal as it was, or wholly changed and running. A retirement leaves it with all of its keys, or
with none of them; run again it is completed. Sampled here; `make sweep` meets every point.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tomli_w

from provisioning.install.attempt import Attempt
from provisioning.install.reach import Reach
from provisioning.trail_entry import DONE
from tests.provisioning.install.counter import Counter, wait_until
from tests.provisioning.install.cut import ANSWERED, SENT, CutReach
from tests.provisioning.install.cutting import BOTH, HAND, LINE, ROOT, TECHNICIAN, Cutting
from tests.provisioning.upkeep.technician import certificates, change, deeds, retire
from tools.rig.files import MID, NAME, TID, binding_document
from tools.rig.practice import Practice

# What each asks, in order; checked below.
CHANGE = ["Look", "Record", "Reach", "Begin", "Stop", "Acquirer", "Write", "Try", "Take", "State", "Commit"]
RETIRE = ["Look", "Record", "State", "Begin", "Stop", "Retire", "Start", "State"]
_TERMINALS = 40
# As many as a gate remembers.
_MOST_SWITCHES = 19


class CuttingUpkeep(Cutting):
    """Has what is done to an installed terminal cut off."""

    def next(self) -> Counter:
        counter = super().next()
        files = (counter.practice.desk_file, counter.practice.binding(counter.number), counter.terminal.root)
        command = [sys.executable, "-m", "tests.provisioning.install.technician", "install", *map(str, files)]
        subprocess.run([*command, str(counter.port), "0", SENT, TECHNICIAN], cwd=ROOT, check=True)
        self.before = counter.tree()
        return counter


class CuttingChange(CuttingUpkeep):
    """To and fro between two merchants."""

    what = "change"

    def next(self) -> Counter:
        counter = super().next()
        self.switches = 0
        self.order(counter)
        return counter

    def order(self, counter: Counter) -> None:
        """Sign the next change: to the other merchant, or back."""
        first = binding_document()
        back = {"mid": MID, "tid": str(int(TID) + self.number - 1), "name": NAME, "uscc": first["uscc"]}
        to = back if self.switches % 2 else self.practice.other_merchant(self.number)
        self.practice.sign(self.number, "sold", **to)

    def attempt(self, reach: Reach) -> Attempt:
        return change(self.counter, self.practice.binding(self.number), reach)

    def look(self, what: str, had_journal: bool) -> None:
        counter = self.counter
        wait_until(counter.at_rest, f"{what}: somebody still works on it")
        assert counter.is_installed(), f"{what}: it does not run"
        if counter.tree() == self.before:
            return
        ordered = json.loads(self.practice.binding(self.number).read_bytes())["document"]
        stored = json.loads((counter.places.state_dir / "merchant.json").read_bytes())["value"]["binding"]["1"]
        assert stored["document"] == ordered, what
        assert (
            counter.places.master_key.read_text()
            == (self.practice.directory / "tmk" / f"{ordered['tid']}.tmk").read_text()
        )
        self.installed += 1
        self.switches += 1
        if self.switches == _MOST_SWITCHES:
            counter.terminal.stop()
            self.counter = self.next()
        else:
            self.before = counter.tree()
            self.order(counter)


class CuttingRetire(CuttingUpkeep):
    """Its keys are all there, or none is; then it is completed, and the next terminal taken."""

    what = "retire"

    def attempt(self, reach: Reach) -> Attempt:
        return retire(self.counter, reach)

    def look(self, what: str, had_journal: bool) -> None:
        counter = self.counter
        wait_until(counter.at_rest, f"{what}: somebody still works on it")
        if counter.places.secrets():
            assert counter.tree() == self.before and counter.is_installed(), f"{what}: half retired"
            return
        said = counter.terminal.systemctl("show", "jumpguard.service")
        assert "UnitFileState=disabled" in said and "ActiveState=inactive" in said, what

    async def meet(self, who: str, number: int, moment: str) -> bool:
        came = await super().meet(who, number, moment)
        if not self.counter.places.secrets():
            await self.complete()
        return came

    async def complete(self) -> None:
        """Run it again: it is retired as if nothing had been cut off."""
        await self.counter.run(retire(self.counter))
        assert not self.counter.places.secrets() and certificates(self.counter) == 0
        assert (deeds(self.counter)[-1].action, deeds(self.counter)[-1].outcome) == ("retired", DONE)
        self.installed += 1
        self.counter.terminal.stop()
        self.counter = self.next()


@contextmanager
def cut_off_from(kind: type[CuttingUpkeep]) -> Iterator[CuttingUpkeep]:
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Practice(directory, with_ssh=True, terminals=_TERMINALS) as practice:
        desk = tomllib.loads(practice.desk_file.read_text())
        desk["settings"]["gate"] = {"most_switches": _MOST_SWITCHES}
        practice.desk_file.write_text(tomli_w.dumps(desk))
        cutting = kind(practice)
        yield cutting
        cutting.close()
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def changing() -> Iterator[CuttingUpkeep]:
    with cut_off_from(CuttingChange) as cutting:
        yield cutting


@pytest.fixture(scope="module")
def retiring() -> Iterator[CuttingUpkeep]:
    with cut_off_from(CuttingRetire) as cutting:
        yield cutting


async def test_a_change_that_is_cut_off_is_none_or_whole(changing: CuttingUpkeep) -> None:
    for who, request, moment, changed in (
        (TECHNICIAN, "Take", ANSWERED, 0), (LINE, "Try", SENT, 0), (BOTH, "Commit", SENT, None),
    ):  # fmt: skip
        before = changing.installed
        assert await changing.meet(who, CHANGE.index(request) + 1, moment)
        assert changed is None or changing.installed - before == changed
    seen = CutReach(changing.attempt(None).reach, 0, SENT, lambda: None)  # type: ignore[arg-type]
    await changing.counter.run(changing.attempt(seen))
    assert seen.asked[: len(CHANGE)] == CHANGE


async def test_a_retirement_that_is_cut_off_has_all_keys_or_none(retiring: CuttingUpkeep) -> None:
    assert await retiring.meet(HAND, RETIRE.index("Start") + 1, SENT)
    assert retiring.installed == 0
    seen = CutReach(retiring.attempt(None).reach, 0, SENT, lambda: None)  # type: ignore[arg-type]
    await retiring.counter.run(retiring.attempt(seen))
    assert seen.asked[: len(RETIRE)] == RETIRE and set(seen.asked[len(RETIRE) :]) <= {"State", "Destroy"}


@pytest.mark.sweep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("who", [TECHNICIAN, HAND, BOTH, LINE])
@pytest.mark.parametrize("what", ["changing", "retiring"])
async def test_sweep_of_every_request(
    what: str, who: str, request: pytest.FixtureRequest, say: Callable[[str], None]
) -> None:  # fmt: skip
    cutting: CuttingUpkeep = request.getfixturevalue(what)
    before, done = cutting.points, cutting.installed
    for moment in (SENT, ANSWERED):
        number = 1
        while await cutting.meet(who, number, moment):
            number += 1
        assert number > len(RETIRE)
    all_the_same = f"{cutting.installed - done} were done all the same"
    say(f"{what}, {who} gone: {cutting.points - before} points, {all_the_same}")
