"""The portable tests run under the real MicroPython, all of them: `tests/portable/run.py` says how one is written."""

import ast
from pathlib import Path

import pytest

from tests.structure.places import PORTABLE_TESTS, ROOT, run_micropython

RUNNER = PORTABLE_TESTS / "run.py"
TEST_FILES = sorted(PORTABLE_TESTS.glob("test_*.py"))


def test_every_portable_test_passes_under_micropython() -> None:
    """One run for all: what ran is exactly what stands in the files."""
    run = run_micropython(RUNNER, ["-v"], f"{ROOT}:.frozen")
    expected = sorted(f"{path.stem}.{name}" for path in TEST_FILES for name in names_of_tests(path))
    ran = sorted(line.removeprefix("passed ") for line in run.stdout.splitlines() if line.startswith("passed "))

    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1] == f"{len(expected)} passed, 0 failed"
    assert ran == expected
    assert expected


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_a_portable_test_file_keeps_to_the_rules(path: Path) -> None:
    assert broken_rules(path.read_text(encoding="utf-8")) == []


def test_a_failing_a_crashing_and_a_forgotten_portable_test_are_noticed(tmp_path: Path) -> None:
    project = tmp_path / "tests" / "portable"
    project.mkdir(parents=True)
    (project / "run.py").write_text(RUNNER.read_text(encoding="utf-8"), encoding="utf-8")
    cases = {
        "assert 1 == 1": (0, "1 passed, 0 failed"),
        "assert 1 == 2": (1, "0 passed, 1 failed"),
        "missing()": (1, "0 passed, 1 failed"),
        "yield": (1, "0 passed, 1 failed"),
    }
    for body, (status, last_line) in cases.items():
        (project / "test_planted.py").write_text(f"def test_planted():\n    {body}\n", encoding="utf-8")
        run = run_micropython(project / "run.py", [], f"{tmp_path}:.frozen")
        assert (run.returncode, run.stdout.splitlines()[-1]) == (status, last_line), body
    (project / "test_planted.py").write_text("", encoding="utf-8")
    assert run_micropython(project / "run.py", [], f"{tmp_path}:.frozen").returncode == 1


@pytest.mark.parametrize(
    ("accepted", "refused", "reason"),
    [
        ("def test_x() -> None: ...", "async def test_x() -> None: ...", "test_x is async: run it by asyncio.run"),
        ("def test_x() -> None: ...", "def test_x(tmp_path) -> None: ...", "test_x takes arguments"),
        ("def test_x() -> None: ...", "@mark\ndef test_x() -> None: ...", "test_x is decorated"),
        ("class Port: ...", "class TestPort: ...", "class TestPort: tests are plain functions"),
        ("import agent.compat", "import pytest", "imports pytest"),
        ("from agent.compat import since_ms", "from agent.adapters.link import Link", "imports agent.adapters.link"),
    ],
)
def test_each_rule_for_portable_tests_has_teeth(accepted: str, refused: str, reason: str) -> None:
    assert broken_rules(accepted) == []
    assert broken_rules(refused) == [reason]


def names_of_tests(path: Path) -> list[str]:
    """The names of the test functions at the top level of a file, duplicates included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def broken_rules(source: str) -> list[str]:
    """What keeps a portable test file from running the same under both interpreters."""
    broken = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_"):
            broken.append(f"{node.name} is async: run it by asyncio.run")
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            arguments = node.args
            if arguments.args or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
                broken.append(f"{node.name} takes arguments")
            if node.decorator_list:
                broken.append(f"{node.name} is decorated")
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            broken.append(f"class {node.name}: tests are plain functions")
        broken += [f"imports {name}" for name in imported(node) if not is_portable(name)]
    return broken


def imported(node: ast.AST) -> list[str]:
    """The modules that one node imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def is_portable(module: str) -> bool:
    """Whether a portable test may import `module`; the allow-list check looks at the standard library."""
    return not module.startswith(("pytest", "hypothesis", "unittest", "agent.adapters"))
