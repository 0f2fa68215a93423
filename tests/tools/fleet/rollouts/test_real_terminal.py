"""Roll-outs through the real backend and broker at a real terminal that sells."""

import json
from typing import Any

from typer.testing import CliRunner

from tools.cli.fleet import app
from tools.demo.scene import Scene
from tools.fleet.reader import Reader
from tools.rig.files import OTHER_MID, SERIAL
from tools.rig.rig import Rig


def rollout(rig: Rig, command: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    """`jumpguard fleet rollout` at the rig's store: exit code and what it says."""
    given = ["rollout", command, "--dir", str(rig.directory / "fleet"), *arguments]
    result = CliRunner().invoke(app, given)
    found: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, found


def begun(rig: Rig, name: str, soak_s: int) -> str:
    """The number of a new roll-out of settings to the rig's terminal."""
    whom = ("--terminal", SERIAL, "--percents", "100", "--soak", str(soak_s))
    return str(rollout(rig, "start", name, *whom, "--set", "link.vitals_period_s=300", "--json")[1]["rollout"])


def desired(rig: Rig) -> tuple[str, object]:
    """The state of the terminal's configuration, and the settings in it."""
    (found,) = Reader(rig.directory / "fleet").configurations(SERIAL)
    return found.state, json.loads(found.document)["settings"]


def test_settings_come_to_a_terminal_stay_and_go_back(rig: Rig) -> None:
    # Of a terminal that was never given any, a return takes away what the roll-out gave.
    before = desired(rig)[1] if Reader(rig.directory / "fleet").configurations(SERIAL) else {}
    number = begun(rig, "spring", 0)
    status, found = rollout(rig, "show", number, "--watch", "--json")
    assert (status, found["state"], found["targets"]) == (0, "done", [])
    assert desired(rig) == ("committed", {"link": {"vitals_period_s": 300}})
    rollout(rig, "return", number)
    status, found = rollout(rig, "show", number, "--watch", "--json")
    assert (status, found["state"]) == (0, "returned")
    assert desired(rig) == ("committed", before)


def test_a_jump_at_the_counter_stops_it(rig: Rig) -> None:
    number = begun(rig, "summer", 600)
    rig.wait_until(
        lambda: [target["state"] for target in rollout(rig, "show", number, "--json")[1]["targets"]] == ["watched"],
        "the terminal has the settings",
    )
    rig.acquirer.behave("answer_as", mid=OTHER_MID)
    Scene(rig, "").sell("jump-of-a-rollout", "40.00", "mastercard")
    status, found = rollout(rig, "show", number, "--watch", "--json")
    assert (status, found["state"], found["why"]) == (1, "stopped", "TOO_MANY_FAILED")
    assert [target["code"] for target in found["targets"]] == ["jump.detected"]
    rollout(rig, "return", number)
    assert rollout(rig, "show", number, "--watch", "--json")[1]["state"] == "returned"
