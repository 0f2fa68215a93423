"""What to use instead: the answer that a message gives beside the complaint."""

ADAPTER = "do it behind a port, in agent/adapters or in board"
OS_ERROR = "catch OSError and look at its errno"

MODULES = {
    "__future__": "quote the annotations that need it",
    "abc": "use agent.compat.Protocol",
    "base64": "use binascii",
    "contextlib": "use try/finally, or a class with __enter__ and __exit__",
    "copy": "use dict(x) or list(x)",
    "dataclasses": "write a plain class",
    "datetime": "keep time as text from the clock port (agent/clock.py)",
    "decimal": "keep money as integers in minor units (agent/sale/money.py)",
    "enum": "use constants of the module",
    "functools": "write the closure out",
    "itertools": "write the loop out",
    "logging": "report an event, or raise",
    "pathlib": ADAPTER,
    "secrets": "use os.urandom",
    "string": "write the characters out",
    "threading": "use asyncio",
    "typing": "use agent.compat.Protocol, and quoted annotations",
    "uuid": "use os.urandom and binascii.hexlify",
}

NAMES = {
    "asyncio.Queue": "keep a list, and wake who waits by an asyncio.Event",
    "asyncio.TaskGroup": "use asyncio.gather, or hold the tasks in a list",
    "asyncio.get_running_loop": "use agent.compat for clocks, asyncio.create_task for tasks",
    "asyncio.shield": "hold the task and wait for its done()",
    "asyncio.timeout": "use asyncio.wait_for",
    "asyncio.to_thread": ADAPTER,
    "binascii.Error": "catch ValueError",
    "errno.ENOSPC": "compare with the number, as a constant of the module",
    "json.JSONDecodeError": "catch ValueError",
    "re.fullmatch": "use re.match with $ at the end",
    "struct.error": "catch ValueError",
    "time.monotonic": "use agent.compat.monotonic_ms and since_ms",
    "time.strftime": "use str.format",
}

BUILTINS = {
    "BrokenPipeError": OS_ERROR,
    "ConnectionAbortedError": OS_ERROR,
    "ConnectionError": OS_ERROR,
    "ConnectionRefusedError": OS_ERROR,
    "ConnectionResetError": OS_ERROR,
    "FileExistsError": OS_ERROR,
    "FileNotFoundError": OS_ERROR,
    "InterruptedError": OS_ERROR,
    "PermissionError": OS_ERROR,
    "RecursionError": "catch RuntimeError",
    "TimeoutError": "use asyncio.TimeoutError",
    "UnicodeDecodeError": "catch UnicodeError",
    "UnicodeEncodeError": "catch UnicodeError",
    "ascii": "use repr",
    "vars": "read the attributes by name",
}

METHODS = {
    "__cause__": "keep what the message needs as an attribute",
    "bit_length": "compare with the limit",
    "cancelled": "catch asyncio.CancelledError where the task is awaited",
    "groups": "use group(1), group(2), ...",
    "hexdigest": "use binascii.hexlify(x.digest()).decode()",
    "isalnum": "use isalpha() or isdigit() on each character",
    "isascii": "compare ord() of each character",
    "isdecimal": "use isdigit()",
    "ljust": "use '{:<6}'.format(x)",
    "removeprefix": "use startswith and a slice",
    "removesuffix": "use endswith and a slice",
    "rjust": "use '{:>6}'.format(x)",
    "title": "write the capitals out",
    "tobytes": "use bytes(x)",
    "zfill": "use '{:0>6}'.format(x)",
    "_asdict": "read the fields by name",
    "_replace": "build a new one",
}
