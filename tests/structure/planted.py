"""Programs that the core's check must complain about, each beside the twin that it must accept.

Every `wrong` program runs to its end on CPython and fails on the real MicroPython; every `right` one runs on both:
`test_core_check.py` runs them, so that no rule rests on hearsay.
"""

from typing import NamedTuple


class Planted(NamedTuple):
    """One violation: what it is called, the two programs, and a part of the message that names it."""

    name: str
    wrong: str
    right: str
    complaint: str


_WITH_TASK = "import asyncio\nasync def g(): await asyncio.sleep(0)\nasync def f(): await {}\nasyncio.run(f())"

NAMES = [
    Planted("module", "import dataclasses", "import collections", "module dataclasses is not in MicroPython"),
    Planted("submodule", "import os.path", "import os", "module os.path is not in MicroPython"),
    Planted("future", "from __future__ import annotations", "x: 'int | None' = None", "module __future__ is not"),
    Planted(
        "guarded import",
        "try:\n    import typing\nexcept ImportError:\n    raise",
        "try:\n    import json\nexcept ImportError:\n    raise",
        "module typing is not in MicroPython; use agent.compat.Protocol",
    ),
    Planted("third party", "import tinydb", "import json", "module tinydb is not in MicroPython"),
    Planted(
        "name of a module",
        "import time\ntime.monotonic()",
        "from agent.compat import monotonic_ms\nmonotonic_ms()",
        "time.monotonic is not in MicroPython; use agent.compat.monotonic_ms",
    ),
    Planted("name under another name", "import os as o\no.environ", "import os as o\no.sep", "os.environ is not in"),
    Planted(
        "imported name",
        "from asyncio import Queue\nQueue",
        "from asyncio import Event\nEvent",
        "asyncio.Queue is not in MicroPython; keep a list",
    ),
    Planted("error of a module", "import struct\nstruct.error", "ValueError", "struct.error is not in MicroPython"),
    Planted("builtin function", "ascii('x')", "repr('x')", "ascii is not in MicroPython; use repr"),
    Planted(
        "builtin error",
        "try:\n    raise OSError(2, 'x')\nexcept FileNotFoundError:\n    pass",
        "try:\n    raise OSError(2, 'x')\nexcept OSError as error:\n    assert error.errno == 2",
        "FileNotFoundError is not in MicroPython; catch OSError",
    ),
    Planted(
        "time-out",
        "isinstance(OSError(), TimeoutError)",
        "import asyncio\nisinstance(OSError(), asyncio.TimeoutError)",
        "TimeoutError is not in MicroPython; use asyncio.TimeoutError",
    ),
    Planted("method of str", "'7'.zfill(6)", "'{:0>6}'.format('7')", ".zfill: no builtin object of MicroPython"),
    Planted("method of int", "(5).bit_length()", "(5).to_bytes(2, 'big')", ".bit_length: no builtin object"),
    Planted(
        "method of a hash",
        "import hashlib\nhashlib.sha256(b'').hexdigest()",
        "import binascii, hashlib\nbinascii.hexlify(hashlib.sha256(b'').digest())",
        ".hexdigest: no builtin object of MicroPython has it; use binascii",
    ),
    Planted(
        "method of a match",
        "import re\nre.match('(a)', 'a').groups()",
        "import re\nre.match('(a)', 'a').group(1)",
        ".groups: no builtin object",
    ),
    Planted(
        "method of a named tuple",
        "from collections import namedtuple\nnamedtuple('P', 'x')(1)._replace(x=2)",
        "from collections import namedtuple\nnamedtuple('P', 'x')(1).x",
        "._replace: no builtin object",
    ),
    Planted(
        "method of a task",
        "import asyncio\nasync def f():\n    asyncio.current_task().cancelled()\nasyncio.run(f())",
        "import asyncio\nasync def f():\n    asyncio.current_task().done()\nasyncio.run(f())",
        ".cancelled: no builtin object",
    ),
    Planted("field of stat", "import os\nos.stat('/').st_size", "import os\nos.stat('/')[6]", ".st_size: no builtin"),
    Planted("docstring", "def f(): 'x'\nf.__doc__", "def f(): 'x'\nf.__name__", ".__doc__: no builtin object"),
    Planted(
        "method of ours with the same name",
        "class A:\n    def other(self): pass\n'x'.isalnum()",
        "class A:\n    def isalnum(self): pass\nA().isalnum()",
        ".isalnum: no builtin object",
    ),
]

CALLS = [
    Planted(
        "keyword of a builtin",
        "zip([1], [2], strict=True)",
        "zip([1], [2])",
        "zip(strict=...): MicroPython takes no such keyword; compare the lengths",
    ),
    Planted("keyword of a type", "int('ff', base=16)", "int('ff', 16)", "int(base=...): MicroPython takes no such"),
    Planted("keyword of print", "print('', end='', flush=True)", "print('', end='')", "print(flush=...)"),
    Planted("keyword of a method", "'a b'.split(maxsplit=1)", "'a b'.split(None, 1)", ".split(maxsplit=...)"),
    Planted(
        "keyword of a class method",
        "int.from_bytes(b'a', 'big', signed=True)",
        "int.from_bytes(b'a', 'big')",
        ".from_bytes(signed=...)",
    ),
    Planted(
        "keyword of json",
        "import json\njson.dumps({}, sort_keys=True)",
        "import json\njson.dumps({}, separators=(',', ':'))",
        "json.dumps(sort_keys=...): MicroPython takes no such keyword; use agent.canonical.encode",
    ),
    Planted(
        "keyword of an imported function",
        "from json import dumps\ndumps({}, ensure_ascii=False)",
        "from json import dumps\ndumps({})",
        "json.dumps(ensure_ascii=...)",
    ),
    Planted(
        "keyword of asyncio",
        _WITH_TASK.format("asyncio.create_task(g(), name='x')"),
        _WITH_TASK.format("asyncio.wait_for(g(), timeout=1)"),
        "asyncio.create_task(name=...)",
    ),
    Planted(
        "codec",
        "try:\n    '\u00e9'.encode('ascii')\n    assert False\nexcept ValueError:\n    pass",
        "'\u00e9'.encode()\n'\u00e9'.encode('utf-8')",
        "encode('ascii'): MicroPython ignores the codec",
    ),
    Planted("codec of str()", "str(b'\\xff', 'latin-1')", "str(b'a', 'utf-8')", "str('latin-1'): MicroPython ignores"),
    Planted(
        "lenient decoding",
        "b'\\xff'.decode('utf-8', 'replace')",
        "b'a'.decode('utf-8', 'strict')",
        "decode(..., 'replace'): MicroPython is always strict",
    ),
    Planted(
        "counted repetition",
        "import re\nassert re.match('[0-9]{4}$', '2026')",
        "import re\nassert re.match('[0-9][0-9][0-9][0-9]$', '2026')",
        "{m,n} never matches",
    ),
    Planted(
        "named group", "import re\nre.compile('(?P<x>a)')", "import re\nre.compile('(?:a)')", "(?...) is too complex"
    ),
    Planted(
        "escape in a pattern",
        r"import re" "\n" r"assert re.match(r'a\b', 'a')",
        r"import re" "\n" r"assert re.match(r'\w\d\.$', 'a1.')",
        r"\b is taken for the character b",
    ),
    Planted(
        "characters in a pattern",
        "import re\nassert re.match('[\u4e2d\u6587]$', '\u4e2d')",
        "assert '\u4e2d' in '\u4e2d\u6587'",
        "MicroPython matches bytes, not characters",
    ),
    Planted(
        "set of a bracket",
        "import re\nassert re.match('[]a]', ']')",
        r"import re" "\n" r"assert re.match('[\\]]', ']')",
        "a set cannot begin with ]",
    ),
    Planted(
        "inverse by pow", "assert pow(3, -1, 7) == 5", "assert pow(3, 5, 7) == 5", "pow(x, -n, m) is silently wrong"
    ),
    Planted(
        "deque without length",
        "import collections\ncollections.deque([1])",
        "import collections\ncollections.deque([1], 4)",
        "deque(): MicroPython wants",
    ),
    Planted("slice object", "slice(1, 2)", "'abc'[1:2]", "slice(): MicroPython cannot make one"),
    Planted("iter of a call", "iter(lambda: 1, 1)", "iter([1])", "iter(call, sentinel)"),
    Planted("format of an item", "'{0[0]}'.format([1])", "'{}'.format([1][0])", "{0[0]}: MicroPython's format"),
    Planted("format conversion", "'{!a}'.format(1)", "'{!r}'.format(1)", "{!a}: not in MicroPython"),
    Planted(
        "sleep as a task",
        _WITH_TASK.format("asyncio.wait_for(asyncio.sleep(0), 1)"),
        _WITH_TASK.format("asyncio.wait_for(g(), 1)"),
        "asyncio.sleep() is no coroutine",
    ),
]

SYNTAX = [
    Planted("match", "match 1:\n    case _: pass", "if 1: pass", "match statement: not in MicroPython"),
    Planted("positional-only", "def f(a, /): pass", "def f(a, *, b=1): pass", "positional-only parameters"),
    Planted("dict unpacking", "x = {**{'a': 1}}", "x = {'a': 1} | {'b': 2}", "{**x}: not in MicroPython"),
    Planted("list unpacking", "x = [*[1], 2]", "a, *b = [1, 2]\nprint(*b, end='')", "*x in a literal"),
    Planted("set unpacking", "x = {*[1]}", "x = set([1])", "*x in a literal"),
    Planted("slice step", "'abc'[::-1]", "list(reversed('abc'))", "a slice with a step"),
    Planted(
        "except star",
        "try:\n    pass\nexcept* ValueError:\n    pass",
        "try:\n    pass\nexcept ValueError:\n    pass",
        "except*: not in",
    ),
    Planted(
        "async comprehension",
        "async def f(): return [x async for x in f()]",
        "async def f(): return [x for x in 'ab']",
        "async comprehension",
    ),
    Planted(
        "await in a comprehension",
        "async def f(): return [await x for x in []]",
        "async def f():\n    for x in []: await x",
        "await in a comprehension",
    ),
    Planted(
        "async generator",
        "import asyncio\nasync def g(): yield 1\nasync def f():\n    async for x in g(): pass\nasyncio.run(f())",
        "def g(): yield 1\nasync def f():\n    for x in g(): pass",
        "async generator",
    ),
    Planted(
        "cause",
        "try:\n    raise TypeError from ValueError('x')\nexcept TypeError as e:\n    assert getattr(e, '__cause__')",
        "try:\n    raise TypeError from None\nexcept TypeError:\n    pass",
        "raise ... from: MicroPython loses the cause",
    ),
    Planted(
        "generic at run time",
        "x = list[int]",
        "x: 'list[int]' = []\ndef f(a: 'list[int]') -> 'int | str': pass",
        "list[...] is evaluated here",
    ),
    Planted(
        "union at run time",
        "isinstance(1, int | str)",
        "isinstance(1, (int, str))",
        "a union of types is evaluated here",
    ),
    Planted(
        "bytearray deletion",
        "class A:\n    def f(self):\n        self.b = bytearray(4)\n        del self.b[:2]\nA().f()",
        "b = bytearray(4)\nb = b[2:]\nx = [1, 2]\ndel x[:1]",
        "del on a bytearray",
    ),
    Planted(
        "attribute of a function", "def f(): pass\nf.x = 1", "class A: pass\nA().x = 1", "an attribute of a function"
    ),
    Planted("conversion in an f-string", "x = f'{1!a}'", "x = f'{1!r:>5}'", "!a: not in MicroPython"),
    Planted("metaclass", "class A(metaclass=type): pass", "class A: pass", "MicroPython knows no class keywords"),
    Planted(
        "two builtin bases",
        "class A(Exception): pass\nclass B(A, ValueError): pass",
        "class M: pass\nclass A(Exception): pass\nclass B(M, A): pass\nB('x')",
        "class B: MicroPython cannot mix the builtin bases of A and ValueError",
    ),
    Planted(
        "text as a base",
        "class A(str): pass\n'a' + A('b')",
        "class A(Exception): pass",
        "class A(str): MicroPython's str cannot be extended",
    ),
    Planted(
        "special method",
        "class A:\n    def __format__(self, how): return 'x'\nassert f'{A():>3}' == 'x'",
        "class A:\n    def __str__(self): return 'x'\nassert f'{A()}' == 'x'",
        "__format__: never called by MicroPython",
    ),
    Planted(
        "lambda as a decorator",
        "@(lambda f: f)\ndef g(): pass",
        "@staticmethod\ndef g(): pass",
        "MicroPython's compiler refuses this",
    ),
    Planted(
        "with in parentheses",
        "with (open('/dev/null') as a, open('/dev/null') as b): pass",
        "with open('/dev/null') as a, open('/dev/null') as b: pass",
        "MicroPython's compiler refuses this",
    ),
    Planted("named character", r"x = '\N{BULLET}'", r"x = '\u2022'", "MicroPython's compiler refuses this"),
]

PLANTED = NAMES + CALLS + SYNTAX

# What both interpreters may run and the core still may not do.
AGAINST_THE_RULES = [
    Planted("adapter", "from agent.adapters import link", "from agent import canonical", "agent.adapters"),
    Planted("adapter's module", "import agent.adapters.journal", "import agent.canonical", "only board/main imports"),
    Planted("board", "from board import pins", "from agent.sale import money", "the core imports nothing of board"),
    Planted("tools", "import tools.errors", "import agent.errors", "the core imports nothing of tools"),
    Planted("relative import", "from . import money", "from agent.sale import money", "relative import"),
    Planted(
        "asking the interpreter",
        "import sys\nsys.implementation",
        "import sys\nsys.stderr",
        "only agent/compat.py asks",
    ),
    Planted(
        "asking through compat",
        "from agent.compat import MICROPYTHON",
        "from agent.compat import since_ms",
        "only agent/compat.py asks",
    ),
    Planted(
        "only in MicroPython",
        "import time\ntime.ticks_ms()",
        "import time\ntime.time()",
        "time.ticks_ms is not in CPython",
    ),
    Planted("module only in MicroPython", "import deflate", "import io", "module deflate is not in CPython"),
    Planted("exclusive creation", "open('/tmp/x', 'x')", "open('/tmp/x', 'rb')", "open(mode 'x')"),
    Planted(
        "flags of a pattern",
        "import re\nre.match('a', 'A', 2)",
        "import re\nre.match('[aA]', 'A')",
        "MicroPython has no flags",
    ),
]
