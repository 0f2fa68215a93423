"""A terminal that is installed at the counter itself has only what a device's environment has."""

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement

from tests.structure.places import ROOT


def desk_only() -> set[str]:
    """The packages that only a desk has, as they are imported."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    names = {name: {Requirement(line).name.lower() for line in extras[name]} for name in ("desk", "device")}
    wanted = names["desk"] - names["device"] - {"jumpguard"}
    return {
        module
        for module, sources in packages_distributions().items()
        if {source.lower().replace("_", "-") for source in sources} & wanted
    }


@pytest.mark.parametrize(
    "module",
    [
        "provisioning.hand.hand",
        "tools.cli.provision_install",
        "tools.cli.provision_change",
        "tools.cli.provision_retire",
        "tools.cli.provision",
    ],
)
def test_the_hand_and_its_command_need_nothing_of_a_desk(module: str) -> None:
    absent = desk_only()
    assert {"asyncssh", "sqlalchemy"} <= absent
    program = f"import sys; sys.modules.update(dict.fromkeys({sorted(absent)!r})); import {module}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
