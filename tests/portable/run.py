"""Run the portable tests without pytest, as MicroPython must:

    MICROPYPATH=.:.frozen micropython tests/portable/run.py [-v] [test_canonical ...]

Rules for a portable test, so that both interpreters run the same file and `tests/structure/test_micropython.py` can
prove that none was missed:

- The file is `tests/portable/test_<thing>.py`; each test is a plain function `def test_<behaviour>() -> None:` at the
  top level, without arguments, decorators or classes. A coroutine is run inside it, by `asyncio.run(...)`.
- Asserts are bare; an expected error is `error = raises(TlvError, parse, data)` from `tests.portable.helpers`.
- It imports `agent.*` (never `agent.adapters`), `tests.portable.*` and what MicroPython has; never pytest.
- It keeps to the language of the core (`tests/structure/core_check.py` checks this folder too).

Prints a traceback per failure and ends with `N passed, N failed`; the exit status is 1 when a test failed or none ran.
"""

import asyncio
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = "tests.portable"


def modules_of(folder: str) -> "list[str]":
    """The names of the test modules in `folder`, sorted."""
    return sorted(name[:-3] for name in os.listdir(folder) if name.startswith("test_") and name.endswith(".py"))


def tests_of(module: object) -> "list[str]":
    """The names of the test functions of `module`, sorted."""
    return sorted(name for name in dir(module) if name.startswith("test_"))


def passes(name: str, test: "Callable[[], object]") -> bool:
    """Run one test on a fresh event loop, print its traceback when it fails, and say whether it passed."""
    asyncio.new_event_loop()
    try:
        result = test()
        if result is not None:
            raise AssertionError("a test returns nothing, this one returned {!r}: is it async?".format(result))
    except Exception as error:  # noqa: BLE001 - a failing test must not hide the others
        print("FAILED", name)
        sys.print_exception(error)  # type: ignore[attr-defined]
        return False
    return True


def main(arguments: "list[str]") -> int:
    """Run the named modules, or all of them; with `-v` also print the name of each test that passed."""
    verbose = "-v" in arguments
    chosen = [argument for argument in arguments if argument != "-v"]
    passed = failed = 0
    for module_name in chosen or modules_of(__file__[: -len("/run.py")]):
        module = __import__("{}.{}".format(FOLDER, module_name), None, None, ["*"])
        for test_name in tests_of(module):
            name = "{}.{}".format(module_name, test_name)
            if passes(name, getattr(module, test_name)):
                passed += 1
                if verbose:
                    print("passed", name)
            else:
                failed += 1
            gc.collect()
    print("{} passed, {} failed".format(passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
