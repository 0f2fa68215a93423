"""`jumpguard doctor`, as a technician types it."""

import json

import pytest
from typer.testing import CliRunner, Result

from provisioning.doctor.examine import NAMES
from provisioning.doctor.meanings import CHECKS
from tests.provisioning.doctor.clinic import Clinic


def typed(clinic: Clinic, *words: str) -> Result:
    from tools.cli.app import app

    aimed = ["doctor", "--settings", str(clinic.rig.files.settings), "--root", str(clinic.root)]
    return CliRunner().invoke(app, [*aimed, *words], env={"LANG": "C", "COLUMNS": "120"})


def test_a_well_terminal_is_told_check_by_check(clinic: Clinic) -> None:
    said = typed(clinic)
    assert said.exit_code == 0, said.output
    assert [line.split("  ")[0] for line in said.output.splitlines()] == [
        *["well"] * len(NAMES),
        "No problem was found.",
    ]
    assert "Card reader  port: " in said.output and "firmware: PN532v1.6" in said.output


def test_a_program_reads_one_object(clinic: Clinic) -> None:
    said = typed(clinic, "--json")
    assert said.exit_code == 0
    told = json.loads(said.output)
    assert {key: told[key] for key in ("healthy", "ok", "warning", "problem", "unknown")} == {
        "healthy": True,
        "ok": len(NAMES),
        **dict.fromkeys(("warning", "problem", "unknown"), 0),
    }
    assert [one["check"] for one in told["findings"]] == list(NAMES)
    assert {tuple(one) for one in told["findings"]} == {
        ("check", "level", "code", "facts", "title", "meaning", "remedy")
    }


@pytest.mark.parametrize(
    ("language", "meaning", "remedy"),
    [
        ("en", "The terminal is too hot. [TEMPERATURE_HIGH]", "Give it air and shade"),
        ("zh_CN", "终端过热。 [TEMPERATURE_HIGH]", "通风"),
    ],
)
def test_a_problem_is_told_with_its_remedy_in_the_language_that_is_asked_for(
    clinic: Clinic, language: str, meaning: str, remedy: str
) -> None:
    clinic.rig.board.vitals(temperature_c=84.0)
    try:
        said = typed(clinic, "--language", language)
    finally:
        clinic.rig.board.vitals(temperature_c=48.3)
    assert said.exit_code == 1
    assert meaning in said.output and remedy in said.output
    assert (CHECKS["heat"] in said.output) is (language == "en")


def test_a_warning_alone_is_no_failure(clinic: Clinic) -> None:
    clinic.rig.board.vitals(throttled=0x10000)
    try:
        said = typed(clinic, "--json")
    finally:
        clinic.rig.board.vitals(throttled=0)
    told = json.loads(said.output)
    assert (said.exit_code, told["healthy"], told["warning"]) == (0, True, 1)


def test_what_another_check_stands_in_the_way_of_is_one_line(clinic: Clinic) -> None:
    with clinic.changed("link", speed=9) as faulty:
        lines = typed(clinic, "--settings", str(faulty)).output.splitlines()
    assert "?     Disk  because of: Settings" in lines
    assert len([line for line in lines if line.startswith(" ")]) == 2, "meaning and remedy of the settings alone"


def test_before_anything_is_installed_the_machine_is_looked_at_by_the_defaults(clinic: Clinic) -> None:
    said = typed(clinic, "--settings", str(clinic.rig.directory / "none.toml"), "--json")
    told = {one["check"]: one for one in json.loads(said.output)["findings"]}
    assert (said.exit_code, told["settings"]["code"]) == (1, "NOT_INSTALLED")
    assert "provision install" in told["settings"]["remedy"]
    looked_at = {name for name, one in told.items() if one["code"] != "NOT_EXAMINED"}
    # What they find is of the machine that runs this, by its own /proc and /sys.
    assert looked_at - {"settings"} == {"system", "clock", "supply", "heat", "memory", "disk"}
    assert not {told[name]["code"] for name in looked_at} & {"EXAMINATION_FAILED", "TOO_SLOW"}
    assert told["disk"]["facts"]["free_mib"] > 0
