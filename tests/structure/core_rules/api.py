"""What both interpreters offer: asked from the MicroPython binary and from the CPython that runs the check."""

import asyncio
import builtins
import collections
import hashlib
import importlib
import io
import json
import os
import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import GeneratorType

from tests.structure.places import run_micropython

MICROPYTHON_SIDE = Path(__file__).with_name("micropython_side.py")

# Attributes that CPython puts on functions, classes and errors, and that MicroPython does not keep.
INTROSPECTION = frozenset(
    ("__annotations__", "__cause__", "__code__", "__context__", "__doc__", "__mro__", "__subclasses__", "__traceback__")
)
_NAMEDTUPLE = ("_asdict", "_fields", "_make", "_replace")
_CPYTHON_TYPES = (
    *(str, bytes, bytearray, int, float, list, dict, set, frozenset, tuple, memoryview, range, property),
    *(
        re.Pattern,
        re.Match,
        io.BytesIO,
        io.StringIO,
        io.TextIOWrapper,
        io.BufferedReader,
        io.FileIO,
        type(hashlib.md5()),
    ),
    *(OSError, GeneratorType, collections.deque, collections.OrderedDict, socket.socket, time.struct_time),
    *(os.stat_result, asyncio.Task, asyncio.Server, asyncio.Event, asyncio.Lock),
    *(asyncio.StreamReader, asyncio.StreamWriter),
)


@dataclass(frozen=True)
class Api:
    """The names that each interpreter has."""

    modules: dict[str, frozenset[str]]
    builtins: frozenset[str]
    methods: frozenset[str]

    @cached_property
    def missing_builtins(self) -> frozenset[str]:
        """Builtin names of CPython that MicroPython lacks."""
        return frozenset(name for name in dir(builtins) if name not in self.builtins and not name.startswith("_"))

    @cached_property
    def missing_methods(self) -> frozenset[str]:
        """Attributes of CPython's builtin objects that no builtin object of MicroPython has."""
        known = {name for one in _CPYTHON_TYPES for name in dir(one) if not name.startswith("_")}
        return frozenset(known - self.methods) | frozenset(_NAMEDTUPLE) | INTROSPECTION


def ask(question: str, arguments: Iterable[str | Path], search_path: str = ".frozen") -> object:
    """Have `micropython_side.py` answer one question. Raises RuntimeError with its output when it cannot."""
    run = run_micropython(MICROPYTHON_SIDE, [question, *arguments], search_path)
    if run.returncode:
        raise RuntimeError(f"MicroPython did not answer {question!r}: {run.stdout}{run.stderr}")
    return json.loads(run.stdout.splitlines()[-1])


def load_api(modules: Iterable[str]) -> Api:
    """The API of the MicroPython binary: of the named modules, those that it has."""
    answer = ask("api", sorted(set(modules)))
    assert isinstance(answer, dict)
    return Api(
        {name: frozenset(names) for name, names in answer["modules"].items()},
        frozenset(answer["builtins"]),
        frozenset(answer["methods"]),
    )


def refused_by_the_compiler(files: Iterable[Path]) -> dict[str, tuple[int, str]]:
    """The files that MicroPython's compiler refuses: path -> line (0 when unknown) and error."""
    answer = ask("compile", files)
    assert isinstance(answer, dict)
    return {path: (line, message) for path, (line, message) in answer.items()}


def cpython_has(module: str, name: str = "") -> bool:
    """Whether CPython has the module, and the name in it."""
    try:
        found = importlib.import_module(module)
    except ImportError:
        return False
    return not name or hasattr(found, name)
