"""A system to throw away: a root folder under an overlay, in namespaces of its own; nothing of it outlives the test.

Only root may make one.
"""

import fcntl
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.structure.places import ROOT

# Where the layer of all that was changed can be seen from inside.
CHANGED = "/run/changed"
_DPKGS = ("/var/lib/dpkg", "/var/log", "/var/cache", "/var/lib/apt")
# What a user who came and went leaves behind.
_LISTS = ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")
USERS = frozenset({"/etc/.pwd.lock", *(f"/etc/{name}{old}" for name in _LISTS for old in ("", "-"))})
_BASES = ROOT / "build" / "packagetest"
_MAKE = """
set -e
mount --make-rprivate /
mount -t tmpfs layers "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay root -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs run run
mkdir -p run/changed run/lock
mount --bind "$2/upper" run/changed
cd "$2/root"
shift 2
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test chroot "$PWD" "$@"
"""


class System:
    """The system in `base`, whose changes go into the empty folder `layers`; `first` is its first process."""

    def __init__(self, base: Path, layers: Path, *first: str) -> None:
        self.base = base
        self._command = ["unshare", "--mount", "--pid", "--cgroup", "--ipc", "--uts", "--fork", "--kill-child=KILL"]
        self._command += ["sh", "-c", _MAKE, "sh", str(base), str(layers), *(first or ("sleep", "infinity"))]
        self._holder: subprocess.Popen[bytes] | None = None
        self._inside: list[str] = []

    def __enter__(self) -> Self:
        holder = self._holder = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        try:
            first = self._first(holder)
            self._inside = ["nsenter", f"--target={first}", "--mount", "--pid", "--cgroup", "--ipc", "--root"]
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def run(self, *command: str, check: bool = True, within_s: float = 100) -> "subprocess.CompletedProcess[str]":
        """Run `command` in it and return how it ended; unless `check` is off it has to succeed."""
        done = subprocess.run(self.within(*command), capture_output=True, text=True, timeout=within_s, check=False)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done

    def said(self, *command: str) -> str:
        """What `command` prints in it."""
        return self.run(*command).stdout.strip()

    def within(self, *command: str) -> list[str]:
        """The command line that runs `command` in it."""
        clean = [
            "env",
            "-i",
            "--chdir=/",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND=noninteractive",
            "LC_ALL=C.UTF-8",
        ]
        return [*self._inside, *clean, *command]

    def put(self, path: str, content: bytes | str, mode: str = "0644", owner: str = "root:root") -> None:
        """Write a file in it."""
        given = content.encode() if isinstance(content, str) else content
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1" && chown "$3" "$1" && chmod "$2" "$1"'
        subprocess.run(self.within("sh", "-c", script, "sh", path, mode, owner), input=given, check=True)

    def changed(self) -> set[str]:
        """The paths of all that is other than in the base, without dpkg's own notes; of folders those that are new."""
        found = self.said("find", CHANGED, "-mindepth", "1", "-printf", r"/%P\n").splitlines()
        ours = {path for path in found if not path.startswith(_DPKGS)}
        return {path for path in ours if not (self.base / path[1:]).is_dir()}

    def _first(self, holder: "subprocess.Popen[bytes]") -> int:
        """The first process in it, once it is past making the system."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and holder.poll() is None:
            children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
            if children and Path(f"/proc/{children[0]}/root").resolve() != Path("/"):
                return int(children[0])
            time.sleep(0.01)
        raise AssertionError("no system could be made: this has to run as root, on a kernel with overlayfs")

    def _end(self) -> None:
        if self._holder is not None:
            self._holder.kill()
            self._holder.wait()


def debian(suite: str, *packages: str) -> Path:
    """The smallest Debian of that suite, with `packages`, made once in the build folder, by one worker."""
    base = _BASES / "-".join((suite, *packages))
    _BASES.mkdir(parents=True, exist_ok=True)
    with base.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not base.exists():
            unfinished = base.with_suffix(".unfinished")
            if (unfinished / "proc").is_mount():  # a debootstrap that was cut off leaves it so
                subprocess.run(["umount", str(unfinished / "proc")], check=True)
            subprocess.run(["rm", "-rf", str(unfinished)], check=True)
            include = [f"--include={','.join(packages)}"] if packages else []
            subprocess.run(["debootstrap", "--variant=minbase", *include, suite, str(unfinished)], check=True)
            unfinished.rename(base)
    return base
