"""A terminal's process loads nothing that only a desk or a workshop needs."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.structure.places import ROOT

# What systemd starts on a terminal.
TERMINAL_MODULE = "board.main"
NEVER_ON_A_TERMINAL = frozenset(
    (
        *(
            "babel",
            "click",
            "hypothesis",
            "iso18245",
            "mypy",
            "nicegui",
            "pytest",
            "rich",
            "sqlalchemy",
            "stdnum",
            "typer",
        ),
        *("provisioning", "tests", "tools"),
        *("board.virtual",),
    )
)


def test_a_terminal_loads_nothing_of_the_desk() -> None:
    loaded = loaded_by(f"import {TERMINAL_MODULE}")
    assert TERMINAL_MODULE in loaded
    assert sorted(loaded & forbidden()) == []


def test_a_terminal_without_a_certificate_spares_the_memory_of_x509() -> None:
    assert sorted(name for name in loaded_by(f"import {TERMINAL_MODULE}") if name.startswith("cryptography.x509")) == []


def test_everything_that_only_the_desk_depends_on_is_forbidden() -> None:
    assert {"rich", "sqlalchemy", "typer", "pytest", "tools"} <= forbidden()
    assert not {"cryptography", "msgspec", "nfc", "paho", "tinydb", "agent", "board"} & forbidden()


@pytest.mark.parametrize("intruder", ["rich", "sqlalchemy", "typer", "pytest", "tools", "provisioning"])
def test_an_intruder_is_noticed_however_deep_it_is_imported(intruder: str, tmp_path: Path) -> None:
    (tmp_path / "outer.py").write_text("import inner", encoding="utf-8")
    (tmp_path / "inner.py").write_text("", encoding="utf-8")
    assert not loaded_by("import outer", tmp_path) & forbidden()
    (tmp_path / "inner.py").write_text(f"def f():\n    import {intruder}\nf()", encoding="utf-8")
    assert intruder in loaded_by("import outer", tmp_path) & forbidden()


def loaded_by(program: str, *folders: Path) -> set[str]:
    """The names of all modules that a fresh interpreter holds after `program`, packages included."""
    search_path = os.pathsep.join(str(folder) for folder in (*folders, ROOT))
    run = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules, sep='\\n')"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": search_path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def forbidden() -> set[str]:
    """What the table above names, and the packages of every dependency that only desk or technician have."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    beside = {Requirement(line).name.lower() for line in (*extras["device"], *extras["desk"])} - {project["name"]}
    terminal = {Requirement(line).name.lower() for line in project["dependencies"]}
    modules = packages_distributions().items()
    return set(NEVER_ON_A_TERMINAL).union(
        module for module, sources in modules if {source.lower() for source in sources} & (beside - terminal)
    )
