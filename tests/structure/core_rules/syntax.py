"""Syntax that MicroPython refuses, or compiles to something else."""

import ast
import builtins
from collections.abc import Iterator

from tests.structure.core_rules.sight import Sight

_NEVER_CALLED = {
    "__bytes__": "give it a method with a name",
    "__class_getitem__": "quote the annotation",
    "__del__": "give it a stop() or close()",
    "__format__": "give it a method with a name",
    "__getattribute__": "use __getattr__",
    "__index__": "pass the integer itself",
    "__init_subclass__": "register the class by a call",
    "__missing__": "use get() with a default",
    "__round__": "give it a method with a name",
}
_CANNOT_BE_BASES = ("str", "bytes", "bytearray")


def check_function(node: ast.FunctionDef | ast.AsyncFunctionDef, sight: Sight) -> Iterator[str]:
    """Positional-only parameters."""
    if node.args.posonlyargs:
        yield "positional-only parameters `/`: not in MicroPython; leave the / out"


def check_class(node: ast.ClassDef, sight: Sight) -> Iterator[str]:
    """Metaclasses, bases that cannot be mixed or extended, and special methods that are never called."""
    if node.keywords:
        yield f"class {node.name}: MicroPython knows no class keywords and no metaclass; do without"
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in _CANNOT_BE_BASES and sight.names.is_builtin(base.id):
            yield f"class {node.name}({base.id}): MicroPython's {base.id} cannot be extended; hold one as an attribute"
    if len(node.bases) > 1 and sight.own.builtin_bases(node.name):
        native = [name for name in _names(node.bases) if sight.own.builtin_bases(name)]
        if len(native) > 1:
            yield f"class {node.name}: MicroPython cannot mix the builtin bases of {' and '.join(native)}; keep one"
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name in _NEVER_CALLED:
            yield f"{item.name}: never called by MicroPython; {_NEVER_CALLED[item.name]}"


def check_raise(node: ast.Raise, sight: Sight) -> Iterator[str]:
    """`raise x from y` loses y."""
    if node.cause is not None and not (isinstance(node.cause, ast.Constant) and node.cause.value is None):
        yield "raise ... from: MicroPython loses the cause; say in the message what it was"


def check_yield(node: ast.Yield, sight: Sight) -> Iterator[str]:
    """An asynchronous generator, which MicroPython compiles to a plain one."""
    if sight.in_async:
        yield "async generator: MicroPython makes a plain one of it; write a class with __aiter__ and __anext__"


def check_comprehension(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, sight: Sight
) -> Iterator[str]:
    """`async for` and `await` inside a comprehension."""
    if any(generator.is_async for generator in node.generators):
        yield "async comprehension: not in MicroPython; write the loop out"
    elif any(isinstance(inner, ast.Await) for inner in ast.walk(node)):
        yield "await in a comprehension: not in MicroPython; write the loop out"


def check_literal(node: ast.List | ast.Tuple | ast.Set, sight: Sight) -> Iterator[str]:
    """`[*a]`, `(*a, b)`, `{*a}`."""
    loaded = isinstance(node, ast.Set) or isinstance(node.ctx, ast.Load)
    if loaded and any(isinstance(item, ast.Starred) for item in node.elts):
        yield "*x in a literal: not in MicroPython; add the lists"


def check_dict(node: ast.Dict, sight: Sight) -> Iterator[str]:
    """`{**a}`."""
    if None in node.keys:
        yield "{**x}: not in MicroPython; use a | b, or copy() and update()"


def check_slice(node: ast.Slice, sight: Sight) -> Iterator[str]:
    """A step, which only lists and ranges know."""
    if node.step is not None and not (isinstance(node.step, ast.Constant) and node.step.value in (1, None)):
        yield "a slice with a step: not in MicroPython; use reversed(x), or a loop over range(a, b, step)"


def check_subscript(node: ast.Subscript, sight: Sight) -> Iterator[str]:
    """`list[int]` that is evaluated."""
    if isinstance(node.value, ast.Name) and _is_type(node.value, sight):
        yield f"{node.value.id}[...] is evaluated here: not in MicroPython; keep it inside annotations"


def check_operator(node: ast.BinOp, sight: Sight) -> Iterator[str]:
    """`int | str` that is evaluated."""
    if isinstance(node.op, ast.BitOr) and (_is_type(node.left, sight) or _is_type(node.right, sight)):
        yield "a union of types is evaluated here: not in MicroPython; use a tuple of types, or an annotation"


def check_delete(node: ast.Delete, sight: Sight) -> Iterator[str]:
    """`del x[a:b]` of a bytearray."""
    for target in node.targets:
        if isinstance(target, ast.Subscript) and ast.unparse(target.value) in sight.names.bytearrays:
            yield "del on a bytearray: not in MicroPython; assign what remains"


def check_assign(node: ast.Assign, sight: Sight) -> Iterator[str]:
    """An attribute of a function."""
    for target in node.targets:
        if isinstance(target, ast.Attribute) and getattr(target.value, "id", "") in sight.names.functions:
            yield "an attribute of a function: not in MicroPython; use a class, or a name of the module"


def check_formatted(node: ast.FormattedValue, sight: Sight) -> Iterator[str]:
    """`f"{x!a}"`."""
    if node.conversion == ord("a"):
        yield "!a: not in MicroPython; use !r"


def check_match(node: ast.Match, sight: Sight) -> Iterator[str]:
    """`match`."""
    yield "match statement: not in MicroPython; use if and elif"


def check_try_star(node: ast.AST, sight: Sight) -> Iterator[str]:
    """`except*`."""
    yield "except*: not in MicroPython; use except"


def _is_type(node: ast.expr, sight: Sight) -> bool:
    return (
        isinstance(node, ast.Name) and sight.names.is_builtin(node.id) and isinstance(getattr(builtins, node.id), type)
    )


def _names(nodes: list[ast.expr]) -> list[str]:
    return [node.id for node in nodes if isinstance(node, ast.Name)]
