"""Whoever installs, the hand on the terminal, or the line between them is gone in the middle of an installation.

The terminal is as it was before, or fully installed: its whole tree is compared, byte by byte. Sampled here; every
point is met by `make sweep`, which prints how many there are.
"""

import asyncio
import json
import os
import re
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree, which

import msgspec
import pytest

from board.virtual.tree import UNITS
from provisioning.hand.places import UNIT
from provisioning.hand.requests import Alive, Begin, RequestCertificate
from provisioning.install.here import Here
from provisioning.install.reach import hand_command
from provisioning.install.result import InstallationFailedError
from tests.provisioning.install.counter import CARD, Counter, wait_until
from tests.provisioning.install.cut import ANSWERED, SENT, CutReach
from tests.provisioning.install.cutting import BOTH, HAND, LINE, TECHNICIAN, Cutting
from tools.rig.practice import Practice

# Of an installation without a sale; what it asks, in order, is checked below.
REQUESTS = [
    "Look", "Reader", "Case", "Reach", "Reach", "Begin", "State", "RequestCertificate", "Write", "Write", "Write",
    "Write", "Write", "MakeToken", "Take", "Start", "State",
]  # fmt: skip
_BEGIN = REQUESTS.index("Begin") + 1
_TERMINALS = 60


@pytest.fixture(scope="module")
def cutting() -> Iterator[Cutting]:
    """A desk whose terminals are cut off from it."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Practice(directory, with_ssh=True, terminals=_TERMINALS) as practice:
        cutting = Cutting(practice)
        yield cutting
        cutting.close()
    rmtree(directory)


@pytest.mark.parametrize(
    ("who", "number", "moment"),
    [
        (TECHNICIAN, _BEGIN + 5, SENT),
        (HAND, _BEGIN + 8, SENT),
        (BOTH, _BEGIN + 9, ANSWERED),
        (LINE, 1, SENT),
    ],
)
async def test_whoever_is_gone_leaves_a_whole_terminal(cutting: Cutting, who: str, number: int, moment: str) -> None:
    assert await cutting.meet(who, number, moment)
    assert cutting.installed == 0


async def test_a_power_cut_is_put_right_by_the_next_start(cutting: Cutting) -> None:
    counter = cutting.counter
    had_journal = counter.places.journal.exists()

    def cut_power() -> None:
        for process in counter.workers():
            os.kill(process, signal.SIGKILL)
        counter.terminal.cut_power()

    cut = CutReach(Here(counter.terminal.root), REQUESTS.index("Start") + 1, ANSWERED, cut_power)
    failure = await counter.fails(counter.installation(cut))
    assert failure.code == "LINE_LOST"
    counter.terminal.start()
    wait_until(lambda: not counter.places.ledger.exists(), "the start of the service puts it back")
    cutting.look("power cut", had_journal)
    assert cutting.installed == 0 and not counter.places.settings.exists()


async def test_a_line_on_which_nobody_says_anything_is_a_line_that_is_cut(cutting: Cutting) -> None:
    root = cutting.counter.terminal.root
    command = [*hand_command(root), "--silence", "2"]
    pipe = asyncio.subprocess.PIPE
    hand = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert hand.stdin is not None and hand.stdout is not None
    beating = asyncio.create_task(_beat(hand.stdin))
    for request in (Begin(), RequestCertificate("demo", "JG-DEMO-0001")):
        hand.stdin.write(msgspec.json.encode(request) + b"\n")
        assert json.loads(await hand.stdout.readline())["ok"]
    assert cutting.counter.places.key.exists()
    beating.cancel()
    # Its input stays open: the cable was pulled, and nobody told it.
    assert await hand.wait() == 0
    cutting.look("silence", cutting.counter.places.journal.exists())
    assert not cutting.counter.places.key.exists()


async def test_a_service_that_fails_at_each_start_is_left_so_and_keeps_nobody_away(cutting: Cutting) -> None:
    counter, terminal = cutting.counter, cutting.counter.terminal
    unit, works = _failing(counter)
    terminal.systemctl("start", UNIT)
    assert "ActiveState=activating" in terminal.systemctl("show", UNIT)
    before = counter.tree()
    assert await _begin_and_leave(terminal.root) == 0
    wait_until(counter.at_rest, "nothing is left to be done")
    assert counter.tree() == before
    assert "ActiveState=activating" in terminal.systemctl("show", UNIT)
    terminal.systemctl("stop", UNIT)
    unit.write_text(works)


async def test_a_service_that_no_longer_starts_does_not_have_the_terminal_put_back_for_ever(cutting: Cutting) -> None:
    counter = cutting.counter
    await counter.run(counter.installation())
    _failing(counter)
    before = counter.tree()
    assert await _begin_and_leave(counter.terminal.root) == 1, "it ran before, and does not now"
    wait_until(counter.at_rest, "nothing is left to be done")
    assert counter.tree() == before
    assert await _begin_and_leave(counter.terminal.root) == 0
    counter.terminal.stop()
    cutting.counter = cutting.next()


def _failing(counter: Counter) -> tuple[Path, str]:
    """Have the service of the terminal fail at each start; its unit file, and what was in it."""
    unit = counter.terminal.root / UNITS / UNIT
    works = unit.read_text()
    unit.write_text(re.sub("(?m)^ExecStart=.*", "ExecStart=sh -c 'exit 1'", works))
    return unit, works


async def _begin_and_leave(root: Path) -> int:
    """The exit code of a hand whose line ends once it began."""
    pipe = asyncio.subprocess.PIPE
    hand = await asyncio.create_subprocess_exec(*hand_command(root), stdin=pipe, stdout=pipe)
    said, _ = await hand.communicate(msgspec.json.encode(Begin()) + b"\n")
    assert hand.returncode is not None and said
    return hand.returncode


async def _beat(hand: asyncio.StreamWriter) -> None:
    """Say that somebody is there, however long an answer takes on a busy machine."""
    while True:
        hand.write(msgspec.json.encode(Alive()) + b"\n")
        await asyncio.sleep(0.1)


@pytest.mark.sweep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("who", [TECHNICIAN, HAND, BOTH, LINE])
async def test_sweep_of_every_request(cutting: Cutting, who: str, say: Callable[[str], None]) -> None:
    before = cutting.points
    for moment in (SENT, ANSWERED):
        number = 1
        while await cutting.meet(who, number, moment):
            number += 1
        assert number > len(REQUESTS)
    say(f"{who} gone: {cutting.points - before} points, {cutting.installed} terminals installed so far")


# --- the disk is full, or the hand is killed, at each write that has to be on disk


FULL, KILLED = "error=ENOSPC", "signal=KILL"


class Traced:
    """The hand of the terminal of `counter` under strace: its fsync of a number ends in `how`."""

    def __init__(self, counter: Counter) -> None:
        self.python = counter.places.python
        self.plain = self.python.read_text()

    def plant(self, number: int, how: str) -> None:
        """From the next hand on."""
        strace = which("strace")
        assert strace, "strace is not installed: run `sudo apt-get install strace`"
        inject = f"inject=fsync:{how}:when={number}"
        command = shlex.join([strace, "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", inject])
        traced = self.plain.replace(sys.executable, f"{command} {sys.executable}")
        only = 'case "$*" in *provisioning.hand*--recover*) ;; *provisioning.hand*)'
        self.python.write_text(f"#!/bin/sh\n{only}\n{_last(traced)}\nesac\n{_last(self.plain)}\n")

    def restore(self) -> None:
        """As it was."""
        self.python.write_text(self.plain)


async def _fail_at(cutting: Cutting, number: int, how: str) -> bool:
    """Have the hand's fsync `number` end in `how`; whether it got so far."""
    counter = cutting.counter
    had_journal, traced = counter.places.journal.exists(), Traced(counter)
    traced.plant(number, how)
    installation = counter.installation()
    try:
        await counter.run(installation)
    except InstallationFailedError as error:
        assert error.failure.code in ("DISK", "LINE_LOST", "FAILED"), error
    finally:
        traced.restore()
    if installation.failure:
        assert installation.failure.terminal in ("as_before", "journal_kept", "untouched", "done", "not_seen")
    cutting.look(f"fsync {number}: {how}", had_journal)
    cutting.points += installation.failure is not None
    return installation.failure is not None


@pytest.mark.parametrize(("number", "how"), [(7, FULL), (2, KILLED)])
async def test_a_disk_that_refuses_leaves_a_whole_terminal(cutting: Cutting, number: int, how: str) -> None:
    assert await _fail_at(cutting, number, how)


@pytest.mark.sweep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("how", [FULL, KILLED])
async def test_sweep_of_every_sync(cutting: Cutting, how: str, say: Callable[[str], None]) -> None:
    before, number = cutting.points, 1
    while await _fail_at(cutting, number, how):
        number += 1
    assert number > 10
    say(f"hand at each fsync, {how}: {cutting.points - before} points")


def _last(script: str) -> str:
    return script.strip().splitlines()[-1]


async def test_the_requests_of_an_installation_are_those_that_are_swept(cutting: Cutting) -> None:
    counter = cutting.counter
    seen = CutReach(Here(counter.terminal.root), 0, SENT, lambda: None)
    counter.terminal.board.tap(CARD)
    installation = counter.installation(seen, sale=True)
    await counter.run(installation)
    assert seen.asked[: len(REQUESTS)] == REQUESTS
    assert set(seen.asked[len(REQUESTS) :]) == {"State", "Till", "Examine", "Commit"}
    assert len(cutting.certificates()) == 1, "what killed technicians left is revoked"
    cutting.look("nothing", had_journal=False)
    assert cutting.installed == 1
