"""A release is taken only when the repository's keys vouch for it, now, and it fits this terminal."""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.update import codes
from board.slots.state import Outcome, Slots, Trial, read_outcome, read_slots
from provisioning.errors import UpdateError
from provisioning.update.__main__ import serve
from provisioning.update.places import SETTINGS, Places
from provisioning.update.repository import this_machine
from provisioning.update.settle import settle
from provisioning.update.take import locked, offered, take
from tests.faults.tracing import in_small_disk
from tests.update import made_up
from tests.update.publisher import Publisher, cut_off, served
from tools.release import keys


class Terminal:
    """A terminal's file system in a folder, and the repository that it trusts."""

    def __init__(self, directory: Path) -> None:
        self.places = Places(directory / "terminal")
        self.publisher = Publisher(directory)
        self.publisher.trusted_by(self.places)

    def refused(self, version: str = "", address: str = "") -> str:
        """The code of why a release is not taken, which leaves nothing behind."""
        before = read_slots(self.places.slots)
        with pytest.raises(UpdateError) as found:
            take(self.places, version, address)
        assert read_slots(self.places.slots) == before
        assert self.slots() == sorted({before.version, before.before} - {""})
        return found.value.code

    def slots(self) -> list[str]:
        """All that lies where slots do, without what is known of the repository."""
        folder = self.places.slots
        names = [entry.name for entry in folder.iterdir()] if folder.exists() else []
        return sorted(name for name in names if name not in (".lock", "metadata", "slots.json"))

    def settings(self, text: str) -> None:
        """The terminal's settings say `text`."""
        file = self.places.root / SETTINGS
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def metadata(self, role: str) -> Path:
        """The newest of `role` in the repository."""
        files = self.publisher.folder.glob(f"metadata/*{role}.json")
        return max(files, key=lambda file: int(f"0{file.name.split('.')[0]}") if file.name[0].isdigit() else 0)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_the_latest_release_for_this_machine_is_put_in_a_slot_and_waits_to_be_tried(terminal: Terminal) -> None:
    for version in ("0.2.0", "0.10.0", "0.9.0"):
        terminal.publisher.publish(version)
    terminal.publisher.publish("0.11.0", made_for="s390x")
    terminal.publisher.publish("0.12.0", python="python3.9")
    assert offered(terminal.places).version == "0.10.0"
    assert terminal.slots() == [], "looking changes nothing"
    assert take(terminal.places) == "0.10.0"
    assert terminal.slots() == ["0.10.0"]
    trial = read_slots(terminal.places.slots).trial
    assert trial is not None and (trial.version, trial.seconds) == ("0.10.0", 300)
    assert (terminal.places.slots / "0.10.0" / "bin" / "python").stat().st_mode & 0o111


def test_another_one_takes_the_place_of_one_that_was_not_tried_yet(terminal: Terminal) -> None:
    terminal.publisher.publish("0.2.0")
    take(terminal.places)
    terminal.publisher.publish("0.3.0")
    take(terminal.places)
    assert terminal.slots() == ["0.3.0"]


def test_it_comes_from_a_web_server_as_well(terminal: Terminal) -> None:
    terminal.publisher.publish("0.2.0")
    with served(terminal.publisher.folder) as address:
        assert take(terminal.places, address=address) == "0.2.0"


def test_a_web_server_that_is_away_or_empty_is_named(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with served(tmp_path / "empty") as address:
        for where in (address, "http://127.0.0.1:9", str(tmp_path / "nowhere")):
            with pytest.raises(UpdateError, match="cannot be read") as found:
                take(terminal.places, address=where)
            assert found.value.code == codes.UPDATE_UNREACHABLE


def test_a_connection_that_is_lost_in_the_middle_of_the_package_is_named(terminal: Terminal) -> None:
    terminal.publisher.publish("0.2.0")
    with cut_off(terminal.publisher.folder) as address:
        assert terminal.refused(address=address) == codes.UPDATE_UNREACHABLE


def old_metadata(terminal: Terminal) -> None:
    """The repository as it was, signatures and all, before the terminal last looked."""
    kept = terminal.metadata("timestamp").read_bytes()
    terminal.publisher.repository().refresh()
    offered(terminal.places)
    terminal.metadata("timestamp").write_bytes(kept)


def expired(terminal: Terminal) -> None:
    terminal.publisher.repository().refresh({"timestamp": -1})


def expired_root(terminal: Terminal) -> None:
    terminal.publisher.repository().renew_root(keys.load([terminal.publisher.keys]), {}, -1)


def forged(role: str, **fields: object) -> Callable[[Terminal], None]:
    later = (datetime.now(UTC) + timedelta(days=900)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return lambda terminal: made_up.changed(terminal.metadata(role), **(fields or {"expires": later}))


def other_repository(terminal: Terminal) -> None:
    """Somebody else's, with keys of their own."""
    other = Publisher(terminal.publisher.folder.parent / "other")
    other.publish("0.2.0")
    terminal.places.repository.write_text(f"{other.folder}\n")


def damaged_package(terminal: Terminal) -> None:
    for package in terminal.publisher.folder.glob("targets/*.deb"):
        made_up.damaged(package)


def longer_package(terminal: Terminal) -> None:
    for package in terminal.publisher.folder.glob("targets/*.deb"):
        package.write_bytes(package.read_bytes() * 2)


def clock_not_set(terminal: Terminal) -> None:
    terminal.places.clock_mark.unlink()


def clock_not_set_as_the_settings_say(terminal: Terminal) -> None:
    terminal.settings(f'[machine]\nclock_mark = "{terminal.places.root}/elsewhere"\n')


def settings_that_cannot_be_read(terminal: Terminal) -> None:
    terminal.settings("[machine\n")


def nothing_trusted(terminal: Terminal) -> None:
    terminal.places.trusted.unlink()


def nowhere(terminal: Terminal) -> None:
    terminal.places.repository.unlink()


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (forged("timestamp"), codes.UPDATE_FORGED),
        (forged("snapshot"), codes.UPDATE_FORGED),
        (forged("targets"), codes.UPDATE_FORGED),
        (forged("targets", targets={}), codes.UPDATE_FORGED),
        (other_repository, codes.UPDATE_FORGED),
        (damaged_package, codes.UPDATE_FORGED),
        (longer_package, codes.UPDATE_FORGED),
        (expired, codes.UPDATE_EXPIRED),
        (expired_root, codes.UPDATE_EXPIRED),
        (old_metadata, codes.UPDATE_ROLLED_BACK),
        (clock_not_set, codes.UPDATE_CLOCK_UNSYNCED),
        (clock_not_set_as_the_settings_say, codes.UPDATE_CLOCK_UNSYNCED),
        (settings_that_cannot_be_read, codes.UPDATE_NOT_SET_UP),
        (nothing_trusted, codes.UPDATE_NOT_SET_UP),
        (nowhere, codes.UPDATE_NOT_SET_UP),
    ],
)
def test_what_is_forged_damaged_old_or_expired_is_refused(
    terminal: Terminal, prepare: Callable[[Terminal], None], code: str
) -> None:
    terminal.publisher.publish("0.2.0")
    prepare(terminal)
    assert terminal.refused() == code


@pytest.mark.parametrize(
    ("version", "said", "asked", "code"),
    [
        ("0.1.0", {}, "", codes.UPDATE_NOT_NEWER),
        ("0.0.9", {}, "0.0.9", codes.UPDATE_NOT_NEWER),
        ("0.2.0", {}, "0.3.0", codes.UPDATE_UNKNOWN),
        ("0.2.0", {"made_for": "s390x"}, "0.2.0", codes.UPDATE_OTHER_MACHINE),
        ("0.2.0", {"python": "python3.9"}, "", codes.UPDATE_OTHER_MACHINE),
    ],
)
def test_a_release_that_does_not_fit_is_refused(
    terminal: Terminal, version: str, said: dict[str, str], asked: str, code: str
) -> None:
    terminal.publisher.publish(version, **said)
    assert terminal.refused(asked) == code


def test_a_release_that_was_proven_is_not_followed_by_an_older_one(terminal: Terminal) -> None:
    for version in ("0.2.0", "0.3.0"):
        terminal.publisher.publish(version)
    take(terminal.places, "0.3.0", name="a" * 16)
    terminal.places.marks.write("proven", "a" * 16)
    settle(terminal.places)
    assert terminal.refused("0.2.0") == codes.UPDATE_NOT_NEWER
    assert read_slots(terminal.places.slots) == Slots("0.3.0", "a" * 16)


def test_a_package_whose_release_cannot_be_started_is_refused_when_it_is_unpacked(terminal: Terminal) -> None:
    terminal.publisher.publish("0.2.0", mode=0o644)
    assert terminal.refused() == codes.UPDATE_MALFORMED


def test_a_disk_without_room_is_named_before_anything_is_fetched(terminal: Terminal) -> None:
    terminal.publisher.publish("0.2.0")
    slots = terminal.places.slots
    slots.mkdir(parents=True)
    terminal.places.marks.write("request", "a" * 16, "0.2.0")
    serve = [sys.executable, "-P", "-m", "provisioning.update", "--root", str(terminal.places.root)]
    done = in_small_disk(16 * 1024, slots, serve)
    assert (done.returncode, "MiB are free" in done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize(("too_much", "unpacked"), [(1, 0), (0, 4)])
def test_a_package_that_is_too_large_is_not_fetched(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, too_much: int, unpacked: int
) -> None:
    monkeypatch.setattr(
        "tools.release.repository.described",
        lambda package: ("0.2.0", this_machine(), unpacked * package.stat().st_size + (unpacked and 1)),
    )
    package = terminal.publisher.publish("0.2.0")
    largest = package.stat().st_size - too_much
    package.unlink()
    monkeypatch.setattr("provisioning.update.take.LARGEST", largest)
    assert terminal.refused() == codes.UPDATE_TOO_LARGE


# Runs the service for two requests, the first of which proves itself; then says what lies there.
TWICE = """
"$@" && printf "$PROVEN" > "$MARKS/proven" && printf "$SECOND" > "$MARKS/request" && "$@"
ls -A "$SLOTS" && cat "$SLOTS/slots.json" && echo && cat "$SLOTS/outcome.json"
"""


def test_a_disk_that_fills_up_while_a_release_is_unpacked_keeps_the_one_before_and_nothing_else(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.publisher.publish("0.2.0")
    # Somebody else fills the disk meanwhile: the release takes more than there was for it.
    monkeypatch.setattr("tools.release.repository.described", lambda _: ("0.3.0", this_machine(), 0))
    terminal.publisher.publish("0.3.0", zeros=80 << 20)
    terminal.places.slots.mkdir(parents=True)
    terminal.places.marks.write("request", "a" * 16, "0.2.0")
    variables = [f"SLOTS={terminal.places.slots}", f"MARKS={terminal.places.marks.folder}"]
    variables += [f"PROVEN={'a' * 16}", f"SECOND={'b' * 16} 0.3.0"]
    serve = [sys.executable, "-P", "-m", "provisioning.update", "--root", str(terminal.places.root)]
    done = in_small_disk(76 << 10, terminal.places.slots, ["env", *variables, "sh", "-c", TWICE, "sh", *serve])
    assert done.returncode == 0, done.stderr
    *names, state, outcome = done.stdout.splitlines()
    assert names == [".lock", "0.2.0", "metadata", "outcome.json", "slots.json"]
    assert json.loads(state) == {"version": "0.2.0", "id": "a" * 16, "before": "", "trial": None}
    assert (json.loads(outcome)["id"], json.loads(outcome)["code"]) == ("b" * 16, codes.UPDATE_NO_SPACE)
    assert "tar: " in json.loads(outcome)["detail"]


def test_what_root_unpacks_the_terminal_may_read_whatever_the_umask(terminal: Terminal) -> None:
    terminal.publisher.publish("0.2.0")
    before = os.umask(0o077)
    try:
        take(terminal.places)
        assert os.umask(0o077) == 0o077, "that of the shell is back"
    finally:
        os.umask(before)
    slots = terminal.places.slots
    compiled = next((slots / "0.2.0").rglob("*.pyc"))
    modes = [path.stat().st_mode & 0o777 for path in (slots, slots / "slots.json", slots / "0.2.0", compiled)]
    assert modes == [0o755, 0o644, 0o755, 0o644]


def test_the_slots_before_the_last_two_are_removed(terminal: Terminal) -> None:
    for number, version in enumerate(("0.2.0", "0.3.0", "0.4.0")):
        terminal.publisher.publish(version)
        take(terminal.places, name=f"{number:016}")
        terminal.places.marks.write("proven", f"{number:016}")
    assert settle(terminal.places) == Slots("0.4.0", f"{2:016}", "0.3.0")
    assert terminal.slots() == ["0.3.0", "0.4.0"]


def test_nothing_is_taken_while_another_release_is_on_trial(terminal: Terminal) -> None:
    for version in ("0.2.0", "0.3.0"):
        terminal.publisher.publish(version)
    take(terminal.places, "0.2.0", name="a" * 16)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    terminal.places.marks.write("begun", "a" * 16, boot, str(int(time.monotonic())))
    with pytest.raises(UpdateError, match=r"0\.2\.0 is on trial"):
        take(terminal.places)
    terminal.places.marks.write("begun", "a" * 16, "another boot", "0")
    assert take(terminal.places) == "0.3.0", "it ended with that boot"


@pytest.mark.parametrize(
    "words",
    [("a" * 16,), ("../etc", "0.2.0"), ("a" * 16, "../../0.2.0"), ("a" * 16, "0.2.0", "x"), ("A" * 16, "0.2.0")],
)
def test_a_request_that_is_none_does_nothing(terminal: Terminal, words: tuple[str, ...]) -> None:
    terminal.publisher.publish("0.2.0")
    terminal.places.marks.write("request", *words)
    serve(terminal.places, "", 300)
    assert (terminal.slots(), read_outcome(terminal.places.slots)) == ([], None)


def test_a_request_hears_that_somebody_else_takes_a_release(terminal: Terminal) -> None:
    terminal.publisher.publish("0.2.0")
    terminal.places.marks.write("request", "a" * 16, "0.2.0")
    with locked(terminal.places.slots):
        serve(terminal.places, "", 300)
    answered = read_outcome(terminal.places.slots)
    assert answered is not None and (answered.id, answered.code) == ("a" * 16, codes.UPDATE_UNDER_WAY)


def test_a_trial_that_was_given_up_is_not_due_any_more(terminal: Terminal) -> None:
    terminal.publisher.publish("0.2.0")
    take(terminal.places, name="a" * 16)
    terminal.places.marks.write("told", "a" * 16)
    assert settle(terminal.places) == Slots() == read_slots(terminal.places.slots)
    assert terminal.slots() == []


def test_a_request_is_answered_once(terminal: Terminal) -> None:
    terminal.publisher.publish("0.2.0")
    terminal.places.marks.write("request", "a" * 16, "0.3.0")
    serve(terminal.places, "", 300)
    refused = read_outcome(terminal.places.slots)
    assert refused is not None and (refused.id, refused.code) == ("a" * 16, codes.UPDATE_UNKNOWN)
    terminal.places.marks.write("request", "b" * 16, "0.2.0")
    serve(terminal.places, "", 77)
    serve(terminal.places, "", 77)
    assert read_outcome(terminal.places.slots) == Outcome("b" * 16, "0.2.0", "", "")
    assert read_slots(terminal.places.slots).trial == Trial("b" * 16, "0.2.0", 77)
