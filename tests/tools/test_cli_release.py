"""`jumpguard release` at the desk and `jumpguard update` on the terminal: keys, thresholds, expiry, what they print."""

import json
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from provisioning import texts
from provisioning.update.places import Places
from tests.update.made_up import architecture, package
from tools.cli.app import app

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    texts.use(texts.ENGLISH)
    return result.exit_code, result.output


def done(*arguments: object) -> str:
    status, output = run(*arguments)
    assert status == 0, output
    return output


class Desk:
    """A repository and its keys, made by the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "keys"
        self.repository = folder / "repository"

    def create(self, *arguments: object, keys: tuple[object, ...] = ()) -> Path:
        done("release", "keys", self.keys, *keys)
        return Path(done("release", "create", self.repository, "--keys", self.keys, *arguments).strip())

    def add(self, version: str, *arguments: object) -> tuple[int, str]:
        made = package(self.folder, version)
        return run("release", "add", self.repository, made, "--keys", self.keys, *arguments)

    def shown(self) -> dict[str, dict[str, object]]:
        """What is published, by role."""
        told = json.loads(done("release", "show", self.repository, "--json"))
        return {part["role"]: part for part in told["roles"]}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def days_left(part: dict[str, object]) -> int:
    end = datetime.fromisoformat(str(part["expires"]))
    return round((end - datetime.now(UTC)) / timedelta(days=1))


def terminal(desk: Desk, root: Path) -> Path:
    """A terminal that trusts `root`; where its file system begins."""
    places = Places(desk.folder / "terminal")
    for file in (places.trusted, places.clock_mark):
        file.parent.mkdir(parents=True)
    places.trusted.write_bytes(root.read_bytes())
    places.clock_mark.touch()
    return places.root


def test_a_release_goes_from_the_desk_to_a_terminal(desk: Desk) -> None:
    at = terminal(desk, desk.create())
    update = ("update", "--root", at, "--repository", desk.repository)
    assert run(*update)[0] == 1, "there is none yet"
    status, output = desk.add("0.2.0")
    assert status == 0, output
    assert json.loads(output)["target"] == f"jumpguard_0.2.0_{architecture()}_python{PYTHON}.deb"
    assert done(*update, "--check") == "Release 0.1.0 is installed; 0.2.0 can be taken.\n"
    assert done(*update) == "Release 0.2.0 waits; the terminal tries it as soon as there is no sale.\n"
    assert json.loads(done(*update, "--json", "--check")) == {
        "installed": "0.1.0", "found": "0.2.0", "later": True, "taken": False,
    }  # fmt: skip


def test_a_release_that_is_asked_for_by_its_version_is_there_and_later_or_refused(desk: Desk) -> None:
    at = terminal(desk, desk.create())
    for version in ("0.0.9", "0.1.0"):
        desk.add(version)
    update = ("update", "--root", at, "--repository", desk.repository)
    assert "没有更新的版本" in done(*update, "--language", "zh_CN")
    for version, code in (("9.9", "UPDATE_UNKNOWN"), ("9.9.9", "UPDATE_UNKNOWN"), ("0.0.9", "UPDATE_NOT_NEWER")):
        for options in ((), ("--check",)):
            status, output = run(*update, "--version", version, *options)
            assert (status, code in output, f"release {version}" in output) == (1, True, True), output
    assert done(*update, "--version", "0.1.0") == "Release 0.1.0 is installed.\n"
    assert "已安装" in done(*update, "--version", "0.1.0", "--language", "zh_CN")


def test_why_a_release_is_refused_is_said_with_a_remedy_in_both_languages(desk: Desk) -> None:
    at = terminal(desk, desk.create())
    desk.add("0.2.0")
    (at / "run/systemd/timesync/synchronized").unlink()
    update = ("update", "--root", at, "--repository", desk.repository)
    status, output = run(*update)
    assert (status, "UPDATE_CLOCK_UNSYNCED" in output) == (1, True)
    assert "Connect the terminal to a time server" in output
    assert "校准" in run(*update, "--language", "zh_CN")[1]
    assert json.loads(run(*update, "--json")[1])["code"] == "UPDATE_CLOCK_UNSYNCED"


def test_keys_are_secret_and_never_made_over_others(desk: Desk) -> None:
    desk.create(keys=("--roots", 2))
    names = {"root-1.key", "root-2.key", "targets-1.key", "snapshot-1.key", "timestamp-1.key"}
    assert {file.name for file in desk.keys.iterdir()} == names
    assert {stat.S_IMODE(file.stat().st_mode) for file in desk.keys.iterdir()} == {0o600}
    before = (desk.keys / "targets-1.key").read_bytes()
    status, output = run("release", "keys", desk.keys)
    assert (status, "is there already" in output) == (1, True)
    assert (desk.keys / "targets-1.key").read_bytes() == before


def test_each_part_is_signed_for_its_time_by_as_many_keys_as_it_takes(desk: Desk) -> None:
    desk.create("--root-threshold", 2, "--targets-threshold", 2, keys=("--roots", 3, "--targets", 2))
    desk.add("0.2.0")
    shown = desk.shown()
    assert {role: days_left(shown[role]) for role in ("root", "targets", "snapshot", "timestamp")} == {
        "root": 365, "targets": 180, "snapshot": 14, "timestamp": 3,
    }  # fmt: skip
    assert (shown["root"]["keys"], shown["targets"]["keys"]) == ("2 of 3", "2 of 2")
    done("release", "refresh", desk.repository, "--keys", desk.keys, "--timestamp-days", 1)
    assert (days_left(desk.shown()["timestamp"]), days_left(desk.shown()["snapshot"])) == (1, 14)
    (desk.keys / "targets-2.key").rename(desk.folder / "away.key")
    status, output = desk.add("0.3.0")
    assert (status, "targets: 1 of 2 keys" in output) == (1, True)


def test_a_new_root_of_trust_is_followed_by_terminals_that_trust_the_one_before(desk: Desk) -> None:
    at = terminal(desk, desk.create())
    desk.add("0.2.0")
    new = desk.folder / "new-keys"
    done("release", "keys", new)
    done("release", "root", desk.repository, "--keys", new, "--old-keys", desk.keys)
    assert desk.shown()["root"]["version"] == 2
    update = ("update", "--root", at, "--repository", desk.repository, "--check")
    assert "0.2.0 can be taken" in done(*update)
    status, output = desk.add("0.3.0")
    assert (status, "0 of 1 keys" in output) == (1, True), "the old keys sign nothing any more"
    desk.keys = new
    assert desk.add("0.3.0")[0] == 0
    assert "0.3.0 can be taken" in done(*update)


def test_a_root_of_trust_that_the_one_before_has_not_signed_is_not_made(desk: Desk) -> None:
    desk.create()
    new = desk.folder / "new-keys"
    done("release", "keys", new)
    status, output = run("release", "root", desk.repository, "--keys", new)
    assert (status, "root: 0 of 1 keys" in output) == (1, True)
    (new / "targets-1.key").rename(desk.folder / "away.key")
    (new / "timestamp-1.key").unlink()
    status, output = run("release", "root", desk.repository, "--keys", new, "--old-keys", desk.keys)
    assert (status, "targets: 0 of 1 keys" in output) == (1, True), "nobody could sign the rest"
    assert desk.shown()["root"]["version"] == 1


@pytest.mark.parametrize("version", ["2", "0.2", "0.2.0-rc1"])
def test_a_package_whose_version_is_no_releases_is_not_published(desk: Desk, version: str) -> None:
    desk.create()
    status, output = desk.add(version)
    assert (status, repr(version) in output) == (1, True), output
    assert json.loads(done("release", "show", desk.repository, "--json"))["releases"] == []


def test_a_release_is_never_published_with_another_content(desk: Desk) -> None:
    desk.create()
    desk.add("0.2.0")
    made = package(desk.folder, "0.2.0", "exit 1")
    status, output = run("release", "add", desk.repository, made, "--keys", desk.keys)
    assert (status, "published already" in output) == (1, True)


def test_what_is_no_package_or_no_repository_is_named(desk: Desk) -> None:
    desk.create()
    letter = desk.folder / "letter.deb"
    letter.write_text("no package")
    status, output = run("release", "add", desk.repository, letter, "--keys", desk.keys)
    assert (status, "letter.deb: no Debian package" in output) == (1, True)
    assert run("release", "show", desk.folder)[0] == 1
    status, output = run("release", "create", desk.repository, "--keys", desk.keys)
    assert (status, "there is a repository already" in output) == (1, True)
    status, output = run("release", "create", desk.folder / "x", "--keys", desk.folder)
    assert (status, "no keys of a repository" in output) == (1, True)
