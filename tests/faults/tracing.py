"""Runs a process under strace, which kills it at, or fails, the n-th call of one system call."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\(")


def child(what: str, path: Path, *arguments: str) -> list[str]:
    """The command that runs `tests.faults.child`."""
    return [sys.executable, "-P", "-m", "tests.faults.child", what, str(path), *arguments]


def strace(*options: str) -> list[str]:
    """The command to put before another. Fails with the remedy where strace is not installed."""
    found = shutil.which("strace")
    assert found, "strace is not installed: run `sudo apt-get install strace`; the fault tests cut the power with it"
    return [found, "-f", "-qq", "--signal=none", *options]


def run(command: list[str], timeout_s: float = 60.0) -> "subprocess.CompletedProcess[str]":
    """Run `command` with our packages in reach."""
    process = start(command)
    try:
        output, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def start(command: list[str]) -> "subprocess.Popen[str]":
    """Start `command` with our packages in reach."""
    environment = {"PYTHONPATH": str(_ROOT), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        command, env=environment, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def killed_at(call: str, number: int, command: list[str]) -> "tuple[bool, subprocess.CompletedProcess[str]]":
    """Run `command` and kill it as it begins its `number`-th `call`; False when it ended before it got there."""
    done = run([*strace("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"), *command])
    killed = done.returncode == -signal.SIGKILL
    assert killed or done.returncode == 0, done.stderr
    return killed, done


def failed_at(call: str, number: int, error: str, command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run `command` and let its `number`-th `call` fail with `error`."""
    done = run([*strace("-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}"), *command])
    assert done.returncode == 0, done.stderr
    return done


def calls_of(command: list[str], *names: str) -> list[str]:
    """The lines of strace for the calls `names` of `command`, in order."""
    done = run([*strace("-e", f"trace={','.join(names)}"), *command])
    assert done.returncode == 0, done.stderr
    return [line for line in done.stderr.splitlines() if (found := _CALL.match(line)) and found[1] in names]


def in_small_disk(size_kib: int, mount: Path, command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run `command` where `mount` is a file system of `size_kib`, of its own. Fails with the remedy where it cannot."""
    script = 'mount -t tmpfs -o "size=$1" none "$2" && shift 2 && exec "$@"'
    prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    probe = run([*prefix, "64k", str(mount), "true"])
    assert probe.returncode == 0, (
        f"no file system can be mounted in a user namespace ({probe.stderr.strip()}): allow it with "
        "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or run the tests as root"
    )
    return run([*prefix, f"{size_kib}k", str(mount), *command])
