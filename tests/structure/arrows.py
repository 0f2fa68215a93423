"""Who imports whom: the arrows between the packages run one way, and nothing runs in a circle.

Every import counts, wherever it stands: inside a function, under `if TYPE_CHECKING`, or as
`importlib.import_module("name")`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

# From the core outwards: a package may import those before it, and itself.
LAYERS = ("agent", "board", "provisioning", "tools")
CORE_ADAPTERS = "agent.adapters"
WIRING = "board.main"
# What must share no code with the agent, so that the same mistake cannot agree with itself; nor a codec with the
# adapters: not even through a module between them.
STANDS_APART = {
    "board.virtual": ("agent", "nfc", "iso8583"),
    "tools.acquirer": ("agent", "iso8583"),
}

Graph = dict[str, dict[str, int]]
"""Module -> what it imports (modules of the project in full, others as written) -> the line where it does."""


def import_graph(root: Path) -> Graph:
    """The imports of every module of the four packages under `root`."""
    files = {_module_name(path, root): path for layer in LAYERS for path in sorted((root / layer).rglob("*.py"))}
    return {module: _imports_of(module, path, set(files)) for module, path in files.items()}


def problems(graph: Graph) -> list[str]:
    """Every arrow that runs against the rules, as `module:line: what`."""
    return [*wrong_ways(graph), *borrowed_adapters(graph), *shared_code(graph), *circles(graph)]


def wrong_ways(graph: Graph) -> Iterator[str]:
    """Arrows that run back: from a package to one that is built on it, or to the tests."""
    for module, target, line in _arrows(graph):
        layer, other = LAYERS.index(_top(module)), _top(target)
        if other == "tests" or (other in LAYERS and LAYERS.index(other) > layer):
            yield f"{module}:{line}: imports {target}, but {other} is built on {_top(module)}"


def borrowed_adapters(graph: Graph) -> Iterator[str]:
    """Imports of `agent.adapters` from anywhere but the wiring and the adapters themselves."""
    for module, target, line in _arrows(graph):
        if _is_in(target, CORE_ADAPTERS) and not _is_in(module, CORE_ADAPTERS) and not _is_in(module, WIRING):
            yield f"{module}:{line}: imports {target}, but only {WIRING} wires adapters"


def shared_code(graph: Graph) -> Iterator[str]:
    """Paths from what stands apart to what it must not share."""
    for package, forbidden in STANDS_APART.items():
        for module in (name for name in graph if _is_in(name, package)):
            path = _path_to(graph, module, forbidden)
            if path:
                line, way = graph[module][path[1]], " -> ".join(path)
                yield f"{module}:{line}: reaches {path[-1]}, which it must not share: {way}"


def circles(graph: Graph) -> Iterator[str]:
    """Circles of modules, each once, beginning at its first module in the alphabet."""
    found = set()
    for module in graph:
        for target in graph[module]:
            back = _path_to(graph, target, (module,), exact=True) if target in graph else []
            if back:
                circle = [module, *back[:-1]]
                first = circle.index(min(circle))
                found.add((*circle[first:], *circle[:first], min(circle)))
    for names in sorted(found):
        yield "circle: " + " -> ".join(names)


def _path_to(graph: Graph, start: str, forbidden: tuple[str, ...], exact: bool = False) -> list[str]:
    """The shortest way from `start` into one of the `forbidden` packages (the very module, when `exact`)."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        if (way[-1] in forbidden) if exact else any(_is_in(way[-1], one) for one in forbidden):
            return way
        for target in graph.get(way[-1], {}):
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []


def _arrows(graph: Graph) -> Iterator[tuple[str, str, int]]:
    for module, targets in graph.items():
        for target, line in targets.items():
            yield module, target, line


def _imports_of(module: str, path: Path, modules: set[str]) -> dict[str, int]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        for target in _targets(node, package, modules):
            if target != module:
                found.setdefault(target, getattr(node, "lineno", 0))
    return found


def _targets(node: ast.AST, package: str, modules: set[str]) -> Iterator[str]:
    """The modules that one node imports; `from package import module` means the module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        source = _absolute(node, package)
        for alias in node.names:
            yield f"{source}.{alias.name}" if f"{source}.{alias.name}" in modules else source
    elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "import_module"):
        for argument in node.args[:1]:
            if isinstance(argument, ast.Constant):
                yield str(argument.value)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _top(module: str) -> str:
    return module.partition(".")[0]


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")
