"""The allow-list check of the portable core: what it uses must be in CPython and in MicroPython, and mean the same.

What each interpreter has is asked from the real binaries, not from a list. A message says where, what, and what to use
instead. What no reader of the source can see (the order of a dict, `struct.pack` that wraps, `isinstance(True, int)`,
an unstable sort) is left to the portable tests, which run under both.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.structure.core_rules import calls, names, syntax
from tests.structure.core_rules.api import load_api, refused_by_the_compiler
from tests.structure.core_rules.sight import FileNames, OwnNames, Sight

Rule = Callable[[Any, Sight], Iterator[str]]

_RULES: dict[type[ast.AST], tuple[Rule, ...]] = {
    ast.Assign: (syntax.check_assign,),
    ast.AsyncFunctionDef: (syntax.check_function,),
    ast.Attribute: (names.check_attribute,),
    ast.BinOp: (syntax.check_operator,),
    ast.Call: (
        calls.check_keywords,
        calls.check_codec,
        calls.check_pattern,
        calls.check_function,
        calls.check_format,
    ),
    ast.ClassDef: (syntax.check_class,),
    ast.Delete: (syntax.check_delete,),
    ast.Dict: (syntax.check_dict,),
    ast.DictComp: (syntax.check_comprehension,),
    ast.FormattedValue: (syntax.check_formatted,),
    ast.FunctionDef: (syntax.check_function,),
    ast.GeneratorExp: (syntax.check_comprehension,),
    ast.Import: (names.check_import,),
    ast.ImportFrom: (names.check_import_from,),
    ast.List: (syntax.check_literal,),
    ast.ListComp: (syntax.check_comprehension,),
    ast.Match: (syntax.check_match,),
    ast.Name: (names.check_name,),
    ast.Raise: (syntax.check_raise,),
    ast.Set: (syntax.check_literal,),
    ast.SetComp: (syntax.check_comprehension,),
    ast.Slice: (syntax.check_slice,),
    ast.Subscript: (syntax.check_subscript,),
    ast.TryStar: (syntax.check_try_star,),
    ast.Tuple: (syntax.check_literal,),
    ast.Yield: (syntax.check_yield,),
}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that MicroPython cannot do, or does differently."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def check(
    files: Iterable[Path],
    own_packages: tuple[str, ...] = ("agent",),
    compat: Path | None = None,
    separately: bool = False,
) -> list[Problem]:
    """Every problem of `files`, sorted by file and line.

    The files may import `own_packages`; `compat` is the one file that may ask which interpreter runs it. The files are
    one program, whose classes explain each other's methods, unless they are to be judged `separately`.
    """
    trees = {path: ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in files}
    api = load_api(module for tree in trees.values() for module in _imported(tree))
    shared = OwnNames.of(trees.values())
    problems = set()
    for path, tree in trees.items():
        own = OwnNames.of([tree]) if separately else shared
        walker = _Walker(path, Sight(api, own, FileNames(tree), own_packages, path == compat))
        walker.visit(tree)
        problems.update(walker.problems)
    return sorted(problems.union(_compiler_problems(trees, problems)))


class _Walker(ast.NodeVisitor):
    """Apply the rules to every node that is evaluated: MicroPython never looks at annotations."""

    def __init__(self, path: Path, sight: Sight) -> None:
        self.path = path
        self.sight = sight
        self.problems: list[Problem] = []

    def visit(self, node: ast.AST) -> None:
        """Judge `node`, then what is inside it."""
        if self.sight.only != "none":
            for rule in _RULES.get(type(node), ()):
                self.problems += [Problem(self.path, _line_of(node), text) for text in rule(node, self.sight)]
        super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node, False)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node, True)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        outer, self.sight.in_async = self.sight.in_async, False
        self.generic_visit(node)
        self.sight.in_async = outer

    def visit_arg(self, node: ast.arg) -> None:
        """A parameter has nothing but its annotation."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        body, otherwise = _reached_by(node.test, self.sight.is_compat)
        self.visit(node.test)
        self._visit_where(node.body, body)
        self._visit_where(node.orelse, otherwise)

    def visit_Try(self, node: ast.Try) -> None:
        guarded = any(isinstance(one.type, ast.Name) and one.type.id == "ImportError" for one in node.handlers)
        self._visit_where(node.body, "cpython" if guarded and self.sight.is_compat else "")
        for child in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(child)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, is_async: bool) -> None:
        for child in (*node.decorator_list, node.args):
            self.visit(child)
        outer, self.sight.in_async = self.sight.in_async, is_async
        for child in node.body:
            self.visit(child)
        self.sight.in_async = outer

    def _visit_where(self, nodes: list[ast.stmt], only: str) -> None:
        outer, self.sight.only = self.sight.only, only or self.sight.only
        for node in nodes:
            self.visit(node)
        self.sight.only = outer


def _line_of(node: Any) -> int:
    """The line to name: that of the `except*` for a try, where a compiler stumbles too."""
    return int(node.handlers[0].lineno if isinstance(node, ast.TryStar) else node.lineno)


def _reached_by(test: ast.expr, is_compat: bool) -> tuple[str, str]:
    """Which interpreter reaches the two branches of an `if`."""
    if isinstance(test, ast.Name) and test.id == "TYPE_CHECKING":
        return "none", ""
    if is_compat and isinstance(test, ast.Name) and test.id == "MICROPYTHON":
        return "micropython", "cpython"
    return "", ""


def _compiler_problems(files: Iterable[Path], known: set[Problem]) -> Iterator[Problem]:
    """What MicroPython's own compiler refuses, where no rule has explained it better."""
    explained = {(problem.path, problem.line) for problem in known}
    for path, (line, message) in refused_by_the_compiler(files).items():
        if (Path(path), line) not in explained:
            yield Problem(Path(path), line, f"MicroPython's compiler refuses this: {message}")


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
