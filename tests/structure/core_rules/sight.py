"""What a rule sees beside the node that it judges: both interpreters' API, our own names, the file around the node."""

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.structure.core_rules.api import Api


@dataclass
class OwnNames:
    """What the checked files define themselves: a method that a class of ours has is no missing builtin method."""

    attributes: set[str] = field(default_factory=set)
    bases: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, trees: Iterable[ast.Module]) -> "OwnNames":
        """The classes and attributes of some files."""
        own = cls()
        for tree in trees:
            own._collect(tree)
        return own

    def builtin_bases(self, class_name: str, seen: tuple[str, ...] = ()) -> set[str]:
        """The builtin classes that `class_name` derives from, itself included, `object` not counted."""
        if class_name in seen:
            return set()
        if class_name not in self.bases:
            return {class_name} if isinstance(getattr(builtins, class_name, None), type) else set()
        bases = (self.builtin_bases(base, (*seen, class_name)) for base in self.bases[class_name])
        return set().union(*bases) - {"object"}

    def _collect(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self.attributes.update(_names_in_class(node))
                bases = (base.id for base in node.bases if isinstance(base, ast.Name))
                self.bases.setdefault(node.name, set()).update(bases)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                self.attributes.add(node.attr)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "namedtuple":
                self.attributes.update(_namedtuple_fields(node))


class FileNames:
    """What the names of one file mean."""

    def __init__(self, tree: ast.Module) -> None:
        self.modules: dict[str, str] = {}
        self.imported: dict[str, tuple[str, str]] = {}
        self.bound: set[str] = set()
        self.functions: set[str] = set()
        self.bytearrays: set[str] = set()
        for node in ast.walk(tree):
            self._collect(node)

    def is_builtin(self, name: str) -> bool:
        """Whether `name` means the builtin of this name: nothing in the file gives it another meaning."""
        return hasattr(builtins, name) and name not in self.bound

    def _collect(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.modules[alias.asname or alias.name.partition(".")[0]] = alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self.imported[alias.asname or alias.name] = (node.module or "", alias.name)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.functions.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            self._collect_bytearrays(node)
        self.bound.update(_bound_by(node))

    def _collect_bytearrays(self, node: ast.Assign | ast.AnnAssign) -> None:
        made = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "bytearray"
        said = isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "bytearray"
        if made or said:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            self.bytearrays.update(ast.unparse(target) for target in targets)


@dataclass
class Sight:
    """All that a rule may look at. `in_async` and `only` change with the place in the file."""

    api: Api
    own: OwnNames
    names: FileNames
    own_packages: tuple[str, ...]
    is_compat: bool
    in_async: bool = False
    only: str = ""
    """The one interpreter that reaches this place, "" when both do, "none" for what only a type checker reads."""


def _names_in_class(node: ast.ClassDef) -> Iterable[str]:
    for item in node.body:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield item.name
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id
        elif isinstance(item, ast.Assign):
            yield from (target.id for target in item.targets if isinstance(target, ast.Name))


def _namedtuple_fields(call: ast.Call) -> Iterable[str]:
    for argument in call.args[1:2]:
        for node in ast.walk(argument):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from node.value.replace(",", " ").split()


def _bound_by(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
        yield node.name or ""
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
