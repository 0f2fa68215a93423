"""The state folder is copied, put back or replaced: the backend names it and nothing is lost or used twice."""

import copy
import json
import secrets
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.journal.disowned import JOURNAL_DISOWNED
from agent.journal.pruning import PRUNED
from agent.lifecycle import ACTIVE, CHANGED, LOCKED
from agent.report.delivery import PUT_BACK, WINDOW
from agent.sale import kinds
from board.virtual import environment
from board.virtual.client import BoardClient
from provisioning.till import Till
from tests.faults.selling import sell
from tests.structure.places import ROOT
from tools.acquirer.ledger import APPROVED
from tools.fleet.desk import Desk
from tools.fleet.line import ENTRIES_LOST
from tools.fleet.store import Reader
from tools.rig import journal
from tools.rig.files import SERIAL
from tools.rig.process import Process
from tools.rig.rig import Rig


class Twin:
    """A second terminal under the same name, on a copy of the first one's state, with a board of its own."""

    def __init__(self, rig: Rig) -> None:
        self.files = copy.copy(rig.files)
        self.files.state = rig.directory / "state-2"
        self.files.board = rig.directory / "board-2"
        self.files.settings = rig.directory / "terminal-2.toml"
        shutil.copytree(rig.files.state, self.files.state)
        ports = [("127.0.0.1", rig.processes[name].ready["port"]) for name in ("acquirer", "broker")]
        board = Process("board-2", "board.virtual", ["--dir", str(self.files.board)], rig.directory)
        arguments = ["--settings", str(self.files.settings)]
        self.agent = Process("agent-2", "board", arguments, rig.directory, environment(self.files.board))
        rig.processes["board-2"], rig.processes["agent-2"] = board, self.agent
        board.start()
        self.files.write_settings(ports[0], ports[1])
        self.agent.start()
        self.board = BoardClient(self.files.board)

    @property
    def till(self) -> Till:
        return Till(self.agent.ready["api"], self.files.token)


@pytest.fixture
def reader(own_rig: Rig) -> Iterator[Reader]:
    with closing(own_rig.reader()) as reader:
        yield reader


def lifecycle(path: Path) -> tuple[str, str]:
    """The state that the journal at `path` tells, and why."""
    changed = [entry.body for entry in journal.entries(path) if entry.kind == CHANGED]
    return str(changed[-1]["to"]), str(changed[-1]["reason"])


def hashes(*paths: Path) -> set[str]:
    return {entry.hash for path in paths for entry in journal.entries(path)}


def held(reader: Reader) -> set[str]:
    """Everything that the backend keeps, in a line or beside it."""
    return {event.hash for event in [*reader.events(SERIAL), *reader.strays(SERIAL)]}


def assert_no_number_came_twice(*paths: Path) -> None:
    """No pair of batch and trace is in two entries."""
    used = {
        entry.hash: (entry.body["batch"], entry.body["trace"])
        for path in paths
        for entry in journal.entries(path)
        if entry.kind in (kinds.SALE_AUTHORISING, kinds.SIGNING_ON)
    }
    assert max(Counter(used.values()).values()) == 1


def test_a_state_that_was_put_back_is_told_locked_and_begun_anew(own_rig: Rig, reader: Reader) -> None:
    rig, backup, lost = own_rig, own_rig.directory / "backup", own_rig.directory / "lost"
    assert sell(rig.board, rig.till, "before") == "Success"
    rig.wait_until_stored()
    rig.agent.stop()
    shutil.copytree(rig.files.state, backup)
    rig.start_agent()
    assert [sell(rig.board, rig.till, f"lost-{n}") for n in range(2)] == ["Success"] * 2
    rig.wait_until_stored()
    rig.agent.stop()
    rig.wait_until_stored()
    rig.files.state.rename(lost)
    backup.rename(rig.files.state)

    # Nobody can tell it yet, so it sells: under numbers that the lost entries never used.
    rig.processes["broker"].stop()
    rig.start_agent()
    assert sell(rig.board, rig.till, "untold") == "Success"
    more_than_a_window(rig)
    assert_no_number_came_twice(rig.files.journal_file, lost / "journal.sqlite")
    assert [row["state"] for row in rig.acquirer.ledger()] == [APPROVED] * 4

    rig.start_broker()
    rig.wait_until(lambda: lifecycle(rig.files.journal_file) == (LOCKED, JOURNAL_DISOWNED), "the lock")
    rig.wait_until(lambda: set(rig.alarms()) == {"fork", "restored"}, "the alarms")
    rig.wait_until(lambda: reader.terminals()[0].lifecycle == LOCKED, "the fleet knows that it is locked")
    assert sell(rig.board, rig.till, "told") == "LIFECYCLE_LOCKED"
    Desk(rig.directory / "fleet").command(SERIAL, "unlock", {"reason": "why not"})
    rig.wait_until(lambda: reader.commands(SERIAL)[0].code == JOURNAL_DISOWNED, "it cannot be unlocked from afar")
    assert lifecycle(rig.files.journal_file) == (LOCKED, JOURNAL_DISOWNED)
    restored, gone = hashes(rig.files.journal_file), hashes(lost / "journal.sqlite")
    rig.wait_until(lambda: held(reader) >= restored | gone, "every entry of both lines is in the backend", 30.0)

    rig.agent.stop()
    kept = clear(rig, "Han Meimei, card was put back")
    rig.start_agent()
    assert sell(rig.board, rig.till, "anew") == "Success"
    rig.wait_until_stored()
    assert set(rig.alarms()) == {"fork", "new_journal", "restored"}
    assert hashes(rig.files.state / kept) >= restored
    assert lifecycle(rig.files.journal_file) == (ACTIVE, "cleared: Han Meimei, card was put back")


def more_than_a_window(rig: Rig) -> None:
    """Have the till ask for more than the terminal may take, until its journal is longer than what is sent at once."""
    for number in range(3 * WINDOW // 2):
        response = rig.till.pay(f"too-much-{number}", "99999.99")["Response"]
        assert response["AdditionalResponse"] == "AMOUNT_OVER_LIMIT"


def clear(rig: Rig, why: str) -> str:
    """Clear the terminal as a technician does; returns the name that its old journal keeps."""
    command = [sys.executable, "-P", "-m", "board", "--settings", str(rig.files.settings), "--clear", why]
    done = subprocess.run(command, cwd=rig.directory, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert said["cleared"] == LOCKED
    before = rig.journal()[0].body["before"]
    assert (before["held"], before["sequence"]) == (said["held"], said["entries"])
    assert WINDOW < said["held"] < said["entries"], "its goodbye is never heard of"
    return str(said["kept"])


def test_of_two_terminals_with_one_journal_one_is_locked_and_the_backend_says_that_there_are_two(
    own_rig: Rig, reader: Reader
) -> None:
    rig = own_rig
    assert sell(rig.board, rig.till, "before") == "Success"
    rig.wait_until_stored()
    rig.agent.stop()
    twin = Twin(rig)
    rig.start_agent()
    paths = {"first": rig.files.journal_file, "twin": twin.files.journal_file}

    def locked() -> list[str]:
        return [name for name, path in paths.items() if lifecycle(path) == (LOCKED, JOURNAL_DISOWNED)]

    rig.wait_until(lambda: len(locked()) == 1, "one of them is locked")
    places = {"first": (rig.board, rig.till), "twin": (twin.board, twin.till)}
    (loser,) = locked()
    assert sell(*places.pop(loser), "locked") == "LIFECYCLE_LOCKED"
    (winner,) = places
    # The other one's sign-on took its keys away: the first sale after that may go unanswered.
    rig.wait_until(lambda: sell(*places[winner], secrets.token_hex(4)) == "Success", "it sells on")
    rig.wait_until(lambda: set(rig.alarms()) == {"fork", "cloned"}, "the alarms")
    assert locked() == [loser]
    everything = hashes(*paths.values())
    rig.wait_until(lambda: held(reader) >= everything, "every entry of both is in the backend", 30.0)
    assert_no_number_came_twice(*paths.values())


def test_a_new_state_folder_is_a_new_journal_and_the_old_one_stays_whole(own_rig: Rig, reader: Reader) -> None:
    rig, old = own_rig, own_rig.directory / "old"
    assert sell(rig.board, rig.till, "before") == "Success"
    rig.agent.stop()
    rig.wait_until_stored()
    rig.files.state.rename(old)
    rig.files.state.mkdir(mode=0o700)
    rig.install_binding()
    rig.start_agent()
    assert sell(rig.board, rig.till, "after") == "Success"
    rig.wait_until_stored()
    assert rig.alarms() == ["new_journal"]
    paths = (rig.files.journal_file, old / "journal.sqlite")
    assert held(reader) >= hashes(*paths)
    assert reader.strays(SERIAL) == []
    assert reader.journals(SERIAL)[0].stored_sequence == journal.entries(paths[1])[-1].sequence
    assert_no_number_came_twice(*paths)


def test_a_store_of_the_backend_that_was_put_back_is_filled_again(own_rig: Rig) -> None:
    rig, fleet, backup = own_rig, own_rig.directory / "fleet", own_rig.directory / "backup"
    rig.wait_until_stored()
    rig.processes["backend"].stop()
    shutil.copytree(fleet, backup)
    rig.start_backend()
    assert sell(rig.board, rig.till, "lost by the backend") == "Success"
    rig.wait_until_stored()
    rig.processes["backend"].stop()
    shutil.rmtree(fleet)
    backup.rename(fleet)
    rig.start_backend()
    rig.wait_until(lambda: PUT_BACK in [entry.kind for entry in rig.journal()], "the terminal says so")
    # The broker may bring the last one again by itself, before those in front of it.
    rig.wait_until(
        lambda: {event.hash for event in rig.stored_events()} == hashes(rig.files.journal_file), "what was lost"
    )
    assert rig.alarms() == []
    assert sell(rig.board, rig.till, "after") == "Success"


def empty_store(rig: Rig, running: bool) -> None:
    """The backend gets a store without anything in it; meanwhile the agent is `running` or not."""
    rig.processes["backend"].stop()
    if not running:
        rig.agent.stop()
    shutil.rmtree(rig.directory / "fleet")
    rig.start_backend()
    if not running:
        rig.start_agent()


def test_an_empty_store_of_the_backend_gets_the_whole_journal_of_a_running_terminal(own_rig: Rig) -> None:
    rig = own_rig
    assert sell(rig.board, rig.till, "before") == "Success"
    rig.wait_until_stored()
    empty_store(rig, running=True)
    rig.wait_until(lambda: PUT_BACK in [entry.kind for entry in rig.journal()], "the terminal says so")
    rig.wait_until_stored()
    stored = [event.sequence for event in rig.stored_events()]
    assert stored == list(range(1, stored[-1] + 1))
    assert rig.alarms() == []
    assert sell(rig.board, rig.till, "after") == "Success"
    rig.wait_until_stored()


@pytest.mark.parametrize("running", [True, False])
def test_an_empty_store_gets_what_the_terminal_has_not_pruned_and_an_alarm_names_the_rest(
    own_rig: Rig, monkeypatch: pytest.MonkeyPatch, running: bool
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where the agent that prunes is found
    rig = own_rig
    assert sell(rig.board, rig.till, "before") == "Success"
    rig.wait_until_stored()
    rig.agent.stop()
    rig.start_agent("tests.board.pruning_agent", "--device", "none")
    rig.wait_until(lambda: any(entry.kind == PRUNED for entry in rig.journal()), "a checkpoint")
    rig.agent.stop()
    rig.start_agent()
    rig.wait_until_stored()
    to = [int(entry.body["to"]) for entry in rig.journal() if entry.kind == PRUNED][-1]
    empty_store(rig, running)
    rig.wait_until(lambda: PUT_BACK in [entry.kind for entry in rig.journal()], "the terminal says so")
    rig.wait_until_stored()
    stored = [event.sequence for event in rig.stored_events()]
    assert stored == list(range(to + 1, stored[-1] + 1))
    assert rig.alarms() == [ENTRIES_LOST]
    assert sell(rig.board, rig.till, "after") == "Success"
    rig.wait_until_stored()
    rig.agent.stop()
    rig.start_agent()
    rig.wait_until_stored()
    assert rig.alarms() == [ENTRIES_LOST]
