"""What the terminal's user may not use, and what nobody can write, is found whoever runs the doctor."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.doctor import codes
from provisioning.doctor.account import Account
from provisioning.doctor.devices import GPIO_CHIP
from provisioning.doctor.examine import examine
from provisioning.doctor.finding import Finding, Level
from provisioning.doctor.patient import Patient
from tests.provisioning.doctor.clinic import Clinic

ROOT = Path(__file__).parents[3]
# A mount of its own, which the running terminal does not see, whoever runs this.
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'


class StrangersPatient(Patient):
    """A terminal that runs as a user whose nothing of it is."""

    @property
    def account(self) -> Account:
        """That user."""
        return Account("stranger", 54_321, frozenset())


@pytest.fixture
def chip(clinic: Clinic) -> Iterator[Path]:
    path = clinic.root / GPIO_CHIP
    path.parent.mkdir()
    path.touch(0o660)
    yield path
    path.unlink()
    path.parent.rmdir()


def test_what_the_terminals_user_may_not_use_is_found(clinic: Clinic, chip: Path) -> None:
    async def examined() -> dict[str, Finding]:
        patient = StrangersPatient(clinic.rig.files.settings, clinic.root)
        return {found.check: found async for found in examine(patient, ("files", "reader", "lines", "disk"))}

    found = asyncio.run(examined())
    assert {name: one.code for name, one in found.items() if one.level is Level.PROBLEM} == {
        "files": codes.FILES_UNUSABLE,
        "reader": codes.READER_PORT_CLOSED,
        "lines": codes.GPIO_CLOSED,
    }
    assert "terminal.tmk" in str(found["files"].facts["why"])
    assert {one.facts["user"] for one in found.values() if one.level is Level.PROBLEM} == {"stranger"}


def test_the_terminals_own_user_may_use_the_lines(clinic: Clinic, chip: Path) -> None:
    assert clinic.unwell(None, ("lines",)) == {}


def test_a_disk_that_cannot_be_written_to_is_found(clinic: Clinic) -> None:
    program = "from tools.cli.app import main; main()"
    aimed = ["--settings", str(clinic.rig.files.settings), "--root", str(clinic.root), "--json"]
    doctor = [sys.executable, "-c", program, "doctor", *aimed]
    run = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", READ_ONLY, "sh", str(clinic.rig.files.state), *doctor],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    found = {one["check"]: one["code"] for one in json.loads(run.stdout)["findings"] if one["level"] != "ok"}
    assert found == {"disk": codes.DISK_READ_ONLY}
