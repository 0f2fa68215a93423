"""What the doctor says: every check, code and fact has its text, in both languages."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import pytest

from provisioning import doctor, texts
from provisioning.doctor import codes
from provisioning.doctor.examine import CHECKS as CARRIED_OUT
from provisioning.doctor.examine import NAMES
from provisioning.doctor.meanings import CHECKS, FACTS
from provisioning.reasons import CODES

MODULES = [import_module(f"{doctor.__name__}.{module.name}") for module in iter_modules(doctor.__path__)]
JUDGEMENTS = ("warning", "problem", "unknown")


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


def calls(module: ModuleType) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function by its plain name."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


def judged() -> set[str]:
    """Every code that a check may find, as it stands there; what is worked out on the way is a code of the core."""
    found = set()
    for module in MODULES:
        for name, call in calls(module):
            if name not in JUDGEMENTS or not call.args:
                continue
            for node in ast.walk(call.args[0]):
                if isinstance(node, ast.Attribute) and node.attr.isupper():
                    found.add(str(getattr(codes, node.attr)))
                elif isinstance(node, ast.Name) and node.id.isupper() and not node.id.startswith("_"):
                    found.add(str(getattr(module, node.id)))
    return found


def facts() -> set[str]:
    """The name of every fact that is told: of the judgements, and of the tables that they are given."""
    found: set[str] = set()
    for module in MODULES:
        if module.__name__.endswith((".meanings", ".check", ".examine")):
            continue
        for name, call in calls(module):
            if name in (*JUDGEMENTS, "ok"):
                found.update(keyword.arg for keyword in call.keywords if keyword.arg)
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Dict):
                found.update(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
    return found - {"HealthFlag"}


def test_every_code_that_a_check_may_find_has_a_meaning_and_a_remedy() -> None:
    found = judged()
    assert {"SETTINGS_FAULTY", "READER_UNAVAILABLE", "UNDERVOLTAGE", "NOT_EXAMINED"} <= found
    assert found - set(CODES) == set()


def test_every_code_of_the_doctor_is_found_by_some_check() -> None:
    own = {value for name, value in vars(codes).items() if name.isupper()}
    told = {
        str(getattr(codes, node.attr))
        for module in MODULES
        if not module.__name__.endswith(".meanings")
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "codes"
    }
    assert own == told
    assert all(name == value for name, value in vars(codes).items() if name.isupper())


def test_every_check_and_every_fact_has_a_name_and_none_is_left_over() -> None:
    assert tuple(CHECKS) == NAMES
    told = facts()
    assert {"ends", "waiting", "celsius", "because"} <= told
    assert told - set(FACTS) == set()
    assert set(FACTS) - told <= {"seconds", "why", "because"}


def test_names_of_checks_and_facts_are_translated() -> None:
    texts.use(texts.CHINESE)
    names = [*CHECKS.values(), *FACTS.values()]
    assert [name for name in names if texts._(name).isascii()] == ["Python"]


def test_a_check_needs_only_what_comes_before_it() -> None:
    for number, check in enumerate(CARRIED_OUT):
        assert set(check.needs) <= set(NAMES[:number]), check.name
