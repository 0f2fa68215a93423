"""Modules, names and attributes that one of the two interpreters does not have."""

import ast
from collections.abc import Iterator

from tests.structure.core_rules import remedies
from tests.structure.core_rules.api import cpython_has
from tests.structure.core_rules.sight import Sight

_INTERPRETER = {"sys.implementation", "sys.platform", "sys.version", "sys.version_info", "agent.compat.MICROPYTHON"}
_ONE_PLACE = "only agent/compat.py asks which interpreter runs it: give compat a name that hides the difference"


def check_import(node: ast.Import, sight: Sight) -> Iterator[str]:
    """`import x`: the module is ours and portable, or both interpreters have it."""
    for alias in node.names:
        yield from _module(alias.name, sight)


def check_import_from(node: ast.ImportFrom, sight: Sight) -> Iterator[str]:
    """`from x import y`: so is the module, and both interpreters have the name."""
    if node.level:
        yield "relative import: name the module in full"
        return
    module = node.module or ""
    complaints = list(_module(module, sight))
    yield from complaints
    if not complaints:
        for alias in node.names:
            yield from _name(module, alias.name, sight)


def check_attribute(node: ast.Attribute, sight: Sight) -> Iterator[str]:
    """`x.y`: a name of a module that both have, or an attribute that MicroPython's builtin objects may have."""
    before = ast.unparse(node.value)
    if before in sight.names.modules:
        yield from _name(sight.names.modules[before], node.attr, sight)
    elif _within(sight.names.imported.get(before, ("", ""))[0], sight.own_packages):
        return  # a name of ours: the type checker knows what it has
    elif before.partition(".")[0] in sight.names.modules and before.replace(".", "").isidentifier():
        return  # an attribute of an attribute of a module, `sys.implementation.name`
    elif sight.only != "cpython" and node.attr in sight.api.missing_methods - sight.own.attributes:
        yield f".{node.attr}: no builtin object of MicroPython has it; {_or_write(remedies.METHODS, node.attr)}"


def check_name(node: ast.Name, sight: Sight) -> Iterator[str]:
    """A builtin that MicroPython lacks."""
    if not isinstance(node.ctx, ast.Load) or sight.only == "cpython":
        return
    if node.id in sight.api.missing_builtins and sight.names.is_builtin(node.id):
        yield f"{node.id} is not in MicroPython; {_or_write(remedies.BUILTINS, node.id)}"


def _module(module: str, sight: Sight) -> Iterator[str]:
    top = module.partition(".")[0]
    if module.startswith("agent.adapters"):
        yield f"{module}: only board/main imports the adapters; name a port"
    elif _within(module, sight.own_packages):
        return
    elif top in ("agent", "board", "provisioning", "tools", "tests"):
        yield f"{module}: the core imports nothing of {top}"
    elif sight.only != "cpython" and module not in sight.api.modules:
        yield f"module {module} is not in MicroPython; {remedies.MODULES.get(module, remedies.ADAPTER)}"
    elif sight.only != "micropython" and not cpython_has(module):
        yield f"module {module} is not in CPython; {remedies.ADAPTER}"


def _name(module: str, name: str, sight: Sight) -> Iterator[str]:
    full = f"{module}.{name}"
    if full in _INTERPRETER and not sight.is_compat:
        yield f"{full}: {_ONE_PLACE}"
    if f"{full}.".startswith("agent.adapters."):
        yield f"{full}: only board/main imports the adapters; name a port"
    if _within(module, sight.own_packages) or module not in sight.api.modules:
        return
    if sight.only != "cpython" and name != "*" and name not in sight.api.modules[module]:
        yield f"{full} is not in MicroPython; {remedies.NAMES.get(full, remedies.ADAPTER)}"
    elif sight.only != "micropython" and name != "*" and not cpython_has(module, name):
        yield f"{full} is not in CPython; give agent.compat a name that both have"


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def _or_write(table: dict[str, str], name: str) -> str:
    return table.get(name, "write it out")
