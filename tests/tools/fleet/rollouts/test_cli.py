"""`jumpguard fleet rollout` at a store, as an operator types it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from provisioning import texts
from tests.tools.fleet.rollouts.bindings import signed
from tests.tools.fleet.rollouts.fleet import Fleet, named
from tools.cli.fleet import app

SOON = ("--canary", "1", "--percents", "100", "--soak", "0")
PING = ("--command", "ping")


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


def rollout(fleet: Fleet, command: str, *arguments: str) -> Result:
    given = ["rollout", command, "--dir", str(fleet.store.place.directory), *arguments]
    return CliRunner().invoke(app, given, env={"COLUMNS": "200", "LANG": "C"})


def whom(*terminals: str) -> list[str]:
    return [word for name in terminals for word in ("--terminal", name)]


def test_an_operator_looks_begins_watches_and_returns(fleet: Fleet) -> None:
    fleet.join(*named(3))
    asked = ["spring", *whom(*named(3)), "--set", "link.vitals_period_s=300", *SOON]
    done = rollout(fleet, "plan", *asked)
    assert done.exit_code == 0 and "1     1" in done.output and "2     2" in done.output
    assert rollout(fleet, "list").output.count("\n") == 1, "nothing has begun"
    done = rollout(fleet, "start", *asked)
    assert done.exit_code == 0 and "Roll-out 1 has begun" in done.output
    fleet.look()
    (first,) = fleet.wave(1)
    fleet.report(first, "rejected", "SETTING_FIXED")
    fleet.look()
    done = rollout(fleet, "show", "1", "--watch")
    assert done.exit_code == 1 and "stopped" in done.output
    assert "More terminals of one wave failed" in done.output and "SETTING_FIXED" in done.output
    found = json.loads(rollout(fleet, "show", "1", "--json").stdout)
    assert (found["state"], found["why"]) == ("stopped", "TOO_MANY_FAILED")
    assert [(each["terminal"], each["code"]) for each in found["targets"]] == [(first, "SETTING_FIXED")]
    assert json.loads(rollout(fleet, "return", "1", "--why", "no good").stdout)["state"] == "returning"
    fleet.look()
    done = rollout(fleet, "list")
    assert "spring" in done.output and "returned" in done.output


def test_it_is_paused_resumed_and_stopped(fleet: Fleet) -> None:
    fleet.join(*named(1))
    rollout(fleet, "start", "r", *whom(*named(1)), *PING)
    for command, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        done = rollout(fleet, command, "1")
        assert (done.exit_code, json.loads(done.stdout)["state"]) == (0, state)
    done = rollout(fleet, "resume", "1")
    assert done.exit_code == 1 and "it is stopped, so it cannot become running" in done.stderr
    done = rollout(fleet, "show", "9")
    assert done.exit_code == 1 and "there is none" in done.stderr


def test_who_cannot_be_ordered_is_named_and_left_out_only_when_told(fleet: Fleet) -> None:
    fleet.join(*named(1))
    asked = ["r", *whom(*named(1), "JG-NEVER-0001"), *PING]
    done = rollout(fleet, "plan", *asked)
    assert done.exit_code == 1 and "JG-NEVER-0001" in done.output and "The backend never heard of it" in done.output
    assert rollout(fleet, "start", *asked).exit_code == 1
    assert json.loads(rollout(fleet, "start", *asked, "--leave-out", "--json").stdout) == {"rollout": 1, "name": "r"}
    done = rollout(fleet, "plan", "other", *whom(*named(1)), *PING, "--language", "zh_CN")
    assert done.exit_code == 1 and "IN_ROLLOUT" in done.output


def test_bindings_come_from_files_or_lines(fleet: Fleet, tmp_path: Path) -> None:
    fleet.join(*named(3))
    one, two, three = (json.dumps(signed(name, 2)) for name in named(3))
    (tmp_path / "one.json").write_text(one)
    (tmp_path / "more.jsonl").write_text(f"{two}\n\n{three}\n")
    files = ["--bindings", str(tmp_path / "one.json"), "--bindings", str(tmp_path / "more.jsonl")]
    assert rollout(fleet, "start", "r", *files).exit_code == 0
    assert sorted(fleet.targets()) == named(3)
    for text, what in ((f"{one}\n{one}", "two are for"), ("{", "no JSON"), ("[]", "names no serial")):
        (tmp_path / "one.json").write_text(text)
        done = rollout(fleet, "plan", "s", "--bindings", str(tmp_path / "one.json"))
        assert done.exit_code == 1 and what in done.stderr


def test_what_is_given_wrongly_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    fleet.join(*named(1))
    me = whom(*named(1))
    for arguments, what in (
        ([*me], "give one of --set"),
        ([*me, *PING, "--update", "0.2.0"], "give one of --set"),
        ([*me, "--update", "0.2.0", "--arg", "a=b"], "--arg belongs to --command"),
        ([*me, *PING, "--percents", "ten"], "is not numbers with commas"),
        ([*me, *PING, "--percents", "10"], "end with 100"),
        ([*PING], "it has no terminal"),
        (["--terminals", str(tmp_path / "none"), *PING], "No such file"),
    ):
        done = rollout(fleet, "start", "r", *arguments)
        assert done.exit_code == 1 and what in done.stderr


def test_terminals_may_stand_in_a_file_and_a_canary_be_named(fleet: Fleet, tmp_path: Path) -> None:
    fleet.join(*named(4))
    (tmp_path / "serials").write_text("\n".join(named(4)))
    asked = [
        "r",
        "--terminals",
        str(tmp_path / "serials"),
        "--update",
        "0.2.0",
        "--canary",
        f"{named(4)[2]},{named(4)[0]}",
    ]
    assert rollout(fleet, "start", *asked).exit_code == 0
    assert sorted(fleet.wave(1)) == [named(4)[0], named(4)[2]]
