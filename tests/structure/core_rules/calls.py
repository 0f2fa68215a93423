"""Calls that MicroPython refuses, or answers differently: keyword arguments, codecs, patterns, a few functions."""

import ast
import string
from collections.abc import Callable, Iterator

from tests.structure.core_rules import remedies
from tests.structure.core_rules.patterns import pattern_problem
from tests.structure.core_rules.sight import Sight

_ANY = frozenset("*")
# MicroPython's functions in C take keyword arguments only where they are listed here; the rest are positional.
_BUILTINS: dict[str, frozenset[str]] = {
    "dict": _ANY,
    "enumerate": frozenset(("iterable", "start")),
    "max": frozenset(("key", "default")),
    "min": frozenset(("key", "default")),
    "open": frozenset(("buffering", "encoding", "file", "mode")),
    "print": frozenset(("end", "file", "sep")),
    "sorted": frozenset(("key", "reverse")),
}
_METHODS: dict[str, frozenset[str]] = {
    "format": _ANY,
    "sort": frozenset(("key", "reverse")),
    "to_bytes": frozenset(("byteorder", "length", "signed")),
    "update": _ANY,
}
_FUNCTIONS: dict[str, frozenset[str]] = {
    "asyncio.create_task": frozenset(("coro",)),
    "asyncio.gather": frozenset(("return_exceptions",)),
    "asyncio.open_connection": frozenset(("host", "port", "server_hostname", "ssl")),
    "asyncio.start_server": frozenset(("backlog", "host", "port", "ssl")),
    "asyncio.wait_for": frozenset(("timeout",)),
    "binascii.b2a_base64": frozenset(("newline",)),
    "collections.OrderedDict": _ANY,
    "io.open": _BUILTINS["open"],
    "json.dump": frozenset(("separators",)),
    "json.dumps": frozenset(("separators",)),
}
_UTF8 = ("utf-8", "utf8", "UTF-8")
_WITH_CODEC = {"decode": 0, "encode": 0, "str": 1, "bytes": 1}
_TAKES_COROUTINE = ("asyncio.create_task", "asyncio.gather", "asyncio.wait_for")


def check_keywords(node: ast.Call, sight: Sight) -> Iterator[str]:
    """Keyword arguments that MicroPython's functions do not take."""
    name = _called(node, sight)
    allowed = _keywords_of(node, name, sight)
    if allowed is None or allowed is _ANY:
        return
    for keyword in node.keywords:
        if keyword.arg is not None and keyword.arg not in allowed:
            yield f"{name}({keyword.arg}=...): MicroPython takes no such keyword; {_instead(name, keyword.arg)}"


def check_codec(node: ast.Call, sight: Sight) -> Iterator[str]:
    """A codec: MicroPython ignores its name and always speaks strict UTF-8."""
    name = _called(node, sight).lstrip(".")
    position = _WITH_CODEC.get(name)
    if position is None:
        return
    arguments = node.args[position:]
    codecs = [argument.value for argument in arguments if isinstance(argument, ast.Constant)]
    if codecs and codecs[0] not in _UTF8 and isinstance(codecs[0], str):
        yield f"{name}({codecs[0]!r}): MicroPython ignores the codec and uses UTF-8; check the characters yourself"
    elif len(codecs) > 1 and codecs[0] in _UTF8 and codecs[1] != "strict":
        yield f"{name}(..., {codecs[1]!r}): MicroPython is always strict; catch UnicodeError"


def check_pattern(node: ast.Call, sight: Sight) -> Iterator[str]:
    """A regular expression that MicroPython refuses, or that silently never matches there."""
    name = _called(node, sight)
    if name not in ("re.compile", "re.match", "re.search", "re.sub") or not node.args:
        return
    flags_at = {"re.compile": 1, "re.match": 2, "re.search": 2, "re.sub": 4}[name]
    if len(node.args) > flags_at:
        yield f"{name}: MicroPython has no flags; write both cases into the pattern"
    if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, (str, bytes)):
        problem = pattern_problem(node.args[0].value)
        if problem:
            yield f"{name}: {problem}"


def check_function(node: ast.Call, sight: Sight) -> Iterator[str]:
    """Functions of one form of call only."""
    rule = _SPECIAL.get(_called(node, sight))
    if rule is not None:
        yield from rule(node)
    if _called(node, sight) in _TAKES_COROUTINE:
        for argument in node.args:
            if isinstance(argument, ast.Call) and _called(argument, sight) == "asyncio.sleep":
                yield "asyncio.sleep() is no coroutine in MicroPython: await it in one of your own"


def check_format(node: ast.Call, sight: Sight) -> Iterator[str]:
    """`"{a.b}".format(...)` and `"{0[1]}"`: MicroPython looks up neither attributes nor items."""
    receiver = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "format" else None
    if not isinstance(receiver, ast.Constant) or not isinstance(receiver.value, str):
        return
    for _, field, _, conversion in string.Formatter().parse(receiver.value):
        if field and ("." in field or "[" in field):
            yield f"{{{field}}}: MicroPython's format looks nothing up; pass the value itself"
        if conversion == "a":
            yield "{!a}: not in MicroPython; use !r"


def _called(node: ast.Call, sight: Sight) -> str:
    """The function's name: `print`, `json.dumps`, `.encode` for a method; "" for anything else."""
    function = node.func
    if isinstance(function, ast.Name):
        if function.id in sight.names.imported:
            return ".".join(sight.names.imported[function.id])
        return function.id if sight.names.is_builtin(function.id) else ""
    if not isinstance(function, ast.Attribute):
        return ""
    return f"{_module_named(function.value, sight)}.{function.attr}"


def _module_named(node: ast.expr, sight: Sight) -> str:
    """The module, or imported name, that stands before the dot; "" for any other object."""
    if not isinstance(node, ast.Name):
        return ""
    if node.id in sight.names.imported:
        return ".".join(sight.names.imported[node.id])
    return sight.names.modules.get(node.id, "")


def _keywords_of(node: ast.Call, name: str, sight: Sight) -> frozenset[str] | None:
    """The keywords that MicroPython takes, None where this check cannot know."""
    if name.startswith("."):
        method = name[1:]
        known = method in sight.api.methods and method not in sight.own.attributes
        return _METHODS.get(method, frozenset()) if known else None
    module, dot, _ = name.rpartition(".")
    if dot:
        return _FUNCTIONS.get(name, frozenset()) if module in sight.api.modules else None
    return _BUILTINS.get(name, frozenset()) if name in sight.api.builtins else None


def _instead(name: str, keyword: str) -> str:
    if name in ("json.dumps", "json.dump"):
        return "use agent.canonical.encode where bytes must not vary"
    if name == "zip" and keyword == "strict":
        return "compare the lengths first"
    return "pass it by position, or do without"


def _check_pow(node: ast.Call) -> Iterator[str]:
    if len(node.args) == 3 and isinstance(node.args[1], ast.UnaryOp) and isinstance(node.args[1].op, ast.USub):
        yield "pow(x, -n, m) is silently wrong in MicroPython; " + remedies.ADAPTER


def _check_open(node: ast.Call) -> Iterator[str]:
    modes = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
    for mode in modes:
        if isinstance(mode, ast.Constant) and "x" in str(mode.value):
            yield "open(mode 'x'): MicroPython does not create exclusively; " + remedies.ADAPTER


def _check_deque(node: ast.Call) -> Iterator[str]:
    if len(node.args) < 2:
        yield "deque(): MicroPython wants the items and the length, deque((), 16)"


def _check_slice(node: ast.Call) -> Iterator[str]:
    yield "slice(): MicroPython cannot make one; write x[a:b]"


def _check_iter(node: ast.Call) -> Iterator[str]:
    if len(node.args) > 1:
        yield "iter(call, sentinel): not in MicroPython; write the loop out"


_SPECIAL: dict[str, Callable[[ast.Call], Iterator[str]]] = {
    "collections.deque": _check_deque,
    "iter": _check_iter,
    "open": _check_open,
    "pow": _check_pow,
    "slice": _check_slice,
}
