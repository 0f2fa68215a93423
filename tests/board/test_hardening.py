"""A process that holds card data cannot be dumped or looked into."""

import json
import subprocess
import sys
from typing import Any

CHILD = """
import ctypes, json, resource, sys
if sys.argv[1] == "hardened":
    from board.hardening import forbid_memory_dumps
    forbid_memory_dumps()
libc = ctypes.CDLL(None)
print(json.dumps({
    "limit": resource.getrlimit(resource.RLIMIT_CORE),
    "dumpable": libc.prctl(3, 0, 0, 0, 0),
}), flush=True)
"""


def said_by(kind: str) -> tuple[dict[str, Any], "subprocess.CompletedProcess[str]"]:
    done = subprocess.run([sys.executable, "-c", CHILD, kind], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout), done


def test_a_hardened_process_has_no_core_limit_and_is_not_dumpable() -> None:
    said, _ = said_by("hardened")
    assert said["limit"] == [0, 0]
    assert said["dumpable"] == 0


def test_an_ordinary_process_is_dumpable_so_that_the_test_above_can_fail() -> None:
    said, done = said_by("ordinary")
    assert said["dumpable"] == 1
    assert done.returncode == 0
