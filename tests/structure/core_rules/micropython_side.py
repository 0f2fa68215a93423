"""Run by MicroPython: print as JSON what it offers, what its compiler refuses, or which programs it fails.

`api MODULE...` prints {"modules": {name: [names]}, "builtins": [names], "methods": [names of its builtin objects]}.
`compile FILE...` prints {file: [line, message]} of the files that do not compile.
`execute FILE` runs each program of a JSON list of sources and prints a list of errors, "" for each that went well.
"""

# ruff: noqa: BLE001, PTH123, RUF037, SIM105, UP032 - MicroPython has neither pathlib nor contextlib

import asyncio
import builtins
import collections
import hashlib
import io
import json
import re
import socket
import sys


async def nothing(*streams: object) -> None:
    """A coroutine for a task and a server."""


def generator() -> object:
    """A generator, to look at."""
    yield None


async def asynchronous_objects() -> list[object]:
    """One object of each kind that asyncio hands out."""
    server = await asyncio.start_server(nothing, "127.0.0.1", 0)
    server.close()
    return [asyncio.create_task(nothing()), server, asyncio.Event(), asyncio.Lock(), asyncio.StreamReader]


def builtin_objects() -> list[object]:
    """One object of each kind that the language and its modules hand out."""
    plain: list[object] = [
        "",
        b"",
        bytearray(),
        0,
        0.0,
        [],
        {},
        set(),
        frozenset(),
        (),
        memoryview(b""),
        range(0),
        property(),
    ]
    classes: list[object] = [type(thing) for thing in plain]
    with open("/dev/null", "rb") as binary_file, open("/dev/null") as text_file:
        files: list[object] = [binary_file, text_file, io.BytesIO(), io.StringIO()]
    matches: list[object] = [re.compile("a"), re.match("a", "a")]
    others: list[object] = [hashlib.sha256(), OSError(1), generator(), socket.socket()]
    others += [collections.deque([], 1), collections.OrderedDict()]
    return plain + classes + files + matches + others + asyncio.run(asynchronous_objects())


def names_of(module_name: str) -> list[str]:
    """The names in a module; `asyncio` keeps some in a table and loads them when they are used."""
    module = __import__(module_name)
    return dir(module) + list(getattr(module, "_attrs", {}))


def api(module_names: list[str]) -> dict[str, object]:
    """The names of the modules that there are, of the builtins, and of the attributes of builtin objects."""
    modules = {}
    for name in module_names:
        try:
            modules[name] = names_of(name)
        except ImportError:
            pass
    methods: set[str] = set()
    for thing in builtin_objects():
        methods.update(dir(thing))
    return {"modules": modules, "builtins": dir(builtins), "methods": list(methods)}


def compile_files(paths: list[str]) -> dict[str, list[object]]:
    """The files that MicroPython's compiler refuses, each with the line (0 when it names none) and the error."""
    refused: dict[str, list[object]] = {}
    for path in paths:
        with open(path) as source:
            text = source.read()
        try:
            compile(text, path, "exec")
        except Exception as error:
            refused[path] = [line_of(error, path), "{}: {}".format(type(error).__name__, error)]
    return refused


def line_of(error: Exception, path: str) -> int:
    """The line of `path` that the traceback of `error` names, 0 when it names none."""
    printed = io.StringIO()
    sys.print_exception(error, printed)  # type: ignore[attr-defined]
    for line in printed.getvalue().split("\n"):
        if 'File "' + path + '", line ' in line:
            return int(line.split(", line ")[1].split(",")[0])
    return 0


def execute(path: str) -> list[str]:
    """Run each program of a JSON list and return what each died of."""
    with open(path) as programs:
        sources = json.load(programs)
    return [error_of(source) for source in sources]


def error_of(source: str) -> str:
    """What the program dies of, "" when it ends well. Its output is its own business."""
    asyncio.new_event_loop()
    try:
        exec(source, {"__name__": "planted"})
    except Exception as error:
        return "{}: {}".format(type(error).__name__, error)
    return ""


def answer_to(question: str, arguments: list[str]) -> object:
    """Answer one of the three questions of the docstring above."""
    if question == "api":
        return api(arguments)
    if question == "compile":
        return compile_files(arguments)
    return execute(arguments[0])


def main(arguments: list[str]) -> None:
    """Answer on the last line of the output."""
    answer = answer_to(arguments[0], arguments[1:])
    print()  # a planted program may have left a line open
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
