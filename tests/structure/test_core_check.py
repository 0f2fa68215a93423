"""The core keeps to what CPython and MicroPython share; every rule that says so bites, and rests on the real binary."""

import json
from pathlib import Path

import pytest

from tests.structure.core_check import Problem, check
from tests.structure.core_rules.api import ask, load_api
from tests.structure.places import AGENT, PORTABLE_TESTS, ROOT, core_files
from tests.structure.planted import AGAINST_THE_RULES, PLANTED, Planted


def test_the_core_uses_nothing_that_micropython_lacks() -> None:
    files = core_files()
    assert AGENT / "canonical.py" in files
    assert not [path for path in files if "adapters" in path.parts]
    assert listed(check(files, compat=AGENT / "compat.py")) == ""


def test_the_portable_tests_keep_to_the_language_of_the_core() -> None:
    files = sorted(path for path in PORTABLE_TESTS.rglob("*.py") if path.name not in ("run.py", "conftest.py"))
    # Together with the core, whose classes explain the methods that the tests call.
    problems = check([*core_files(), *files], ("agent", "tests.portable"), AGENT / "compat.py")
    assert PORTABLE_TESTS / "ports" / "journal.py" in files
    assert listed(problems) == ""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, list[str]]:
    """What the check says of each planted program, by its file."""
    folder = tmp_path_factory.mktemp("planted")
    said: dict[Path, list[str]] = {}
    for case in (*PLANTED, *AGAINST_THE_RULES):
        for side, source in (("wrong", case.wrong), ("right", case.right)):
            path = Path(f"{case.name}.{side}.py")
            (folder / path).write_text(source, encoding="utf-8")
            said[path] = []
    for problem in check((folder / path for path in said), separately=True):
        said[problem.path.relative_to(folder)].append(problem.text)
    return said


@pytest.mark.parametrize("case", [*PLANTED, *AGAINST_THE_RULES], ids=lambda case: case.name)
def test_a_planted_violation_is_named_and_its_twin_accepted(case: Planted, complaints: dict[Path, list[str]]) -> None:
    wrong, right = complaints[Path(f"{case.name}.wrong.py")], complaints[Path(f"{case.name}.right.py")]
    assert len(wrong) == 1, wrong
    assert case.complaint in wrong[0]
    assert right == []


@pytest.fixture(scope="module")
def errors_under_micropython(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """What each planted program dies of under MicroPython, "" when it ends well."""
    programs = [(case.name, side) for case in PLANTED for side in ("wrong", "right")]
    sources = [getattr(case, side) for case in PLANTED for side in ("wrong", "right")]
    listing = tmp_path_factory.mktemp("programs") / "programs.json"
    listing.write_text(json.dumps(sources), encoding="utf-8")
    answer = ask("execute", [listing], f"{ROOT}:.frozen")
    assert isinstance(answer, list)
    return dict(zip(programs, answer, strict=True))


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.name)
def test_a_planted_violation_is_real(case: Planted, errors_under_micropython: dict[tuple[str, str], str]) -> None:
    exec(case.wrong, {"__name__": "planted"})
    exec(case.right, {"__name__": "planted"})
    assert errors_under_micropython[case.name, "wrong"]
    assert errors_under_micropython[case.name, "right"] == ""


def test_compat_may_ask_and_each_branch_is_held_to_its_own_interpreter(tmp_path: Path) -> None:
    compat = tmp_path / "compat.py"
    asking = "import sys, time\nMICROPYTHON = sys.implementation.name == 'micropython'\n"
    asking += "if MICROPYTHON:\n    {}\nelse:\n    {}"
    compat.write_text(asking.format("time.ticks_ms()", "time.monotonic()"), encoding="utf-8")
    assert check([compat], compat=compat) == []
    assert len(check([compat])) == 3
    compat.write_text(asking.format("time.monotonic()", "time.ticks_ms()"), encoding="utf-8")
    assert [one.line for one in check([compat], compat=compat)] == [4, 6]


def test_compat_may_try_an_import_that_micropython_refuses(tmp_path: Path) -> None:
    compat = tmp_path / "compat.py"
    compat.write_text(
        "try:\n    from typing import Protocol\nexcept ImportError:\n    Protocol = object", encoding="utf-8"
    )
    assert check([compat], compat=compat) == []
    compat.write_text("from typing import Protocol", encoding="utf-8")
    assert len(check([compat], compat=compat)) == 1


def test_what_only_a_type_checker_reads_is_free(tmp_path: Path) -> None:
    path = tmp_path / "typed.py"
    imports = "    from collections.abc import Callable\n    from agent.adapters.link import Link\n"
    path.write_text("TYPE_CHECKING = False\nif TYPE_CHECKING:\n" + imports, encoding="utf-8")
    assert check([path]) == []
    path.write_text("READY = True\nif READY:\n" + imports, encoding="utf-8")
    assert len(check([path])) == 2


def test_a_method_is_ours_when_another_file_of_the_core_defines_it(tmp_path: Path) -> None:
    user, owner = tmp_path / "user.py", tmp_path / "owner.py"
    user.write_text("def f(thing: 'object') -> None:\n    thing.truncate()", encoding="utf-8")
    owner.write_text("class Store:\n    def truncate(self) -> None: ...", encoding="utf-8")
    assert check([user, owner]) == []
    assert [str(one) for one in check([user])] == [
        f"{user}:2: .truncate: no builtin object of MicroPython has it; write it out"
    ]


def test_the_api_is_asked_from_the_binary_itself() -> None:
    api = load_api(["asyncio", "json", "time", "no_such_module"])
    assert set(api.modules) == {"asyncio", "json", "time"}
    assert "ticks_ms" in api.modules["time"]
    assert "wait_for" in api.modules["asyncio"]
    assert "Queue" not in api.modules["asyncio"]
    assert "OSError" in api.builtins
    assert {"rpartition", "to_bytes", "readexactly", "popleft"} <= api.methods


def listed(problems: list[Problem]) -> str:
    """One problem a line, so that a failing test prints what an editor can jump to."""
    return "\n".join(str(problem) for problem in problems)
