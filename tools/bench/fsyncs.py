"""What a sale makes the disk write for good: every fsync of the agent, counted by strace and named by its file."""

import re
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tools.bench.counter import Progress, restart, sell
from tools.bench.figure import Figure, Target
from tools.bench.plan import Plan
from tools.errors import ToolError
from tools.rig.rig import Rig

TITLE = "Fsyncs a sale, checkpoints included"
COMMIT = "journal.sqlite-wal: a commit"
CHECKPOINT_LOG = "journal.sqlite-wal: ahead of a checkpoint"
CHECKPOINT = "journal.sqlite: a checkpoint"
NEW_LOG = "journal.sqlite-wal: its new head after a checkpoint"
_REMEDY = "install strace (`sudo apt-get install strace`, or `make units` does) where it may trace"
# 1234 1790000000.123456 fdatasync(9</var/lib/jumpguard/journal.sqlite-wal>) = 0, or its first half
_SYNC = re.compile(r"^\d+ +(?P<time>[\d.]+) (?P<call>fsync|fdatasync|msync|sync_file_range)\(\d+<(?P<path>[^>]*)>")
_ENDED_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Sync:
    """One call that waits for the disk: when (seconds since 1970), and the file's name."""

    time: float
    file: str


def measure(rig: Rig, plan: Plan, done: Progress) -> Figure:
    """Sell under strace; where that cannot be, the figure says so and has no rows."""
    figure = Figure("fsyncs", TITLE, "fsyncs a sale", target=Target("mean", 3.05))
    path = rig.directory / "syncs.strace"
    if shutil.which("strace") is None:
        figure.notes.append(f"not measured: strace is not installed; {_REMEDY}")
        return figure
    try:
        restart(rig, "tools.bench.children.traced_agent", "--trace", str(path))
    except ToolError as error:
        figure.notes.append(f"not measured: strace could not run the agent; {_REMEDY} ({error})")
        restart(rig)
        return figure
    counted = _count(rig, plan, done, path)
    figure.count, figure.counted = plan.sales, "sales"
    figure.rows = {"all": {"mean": counted.total() / plan.sales, "in all": counted.total()}}
    figure.rows |= {name: {"mean": count / plan.sales, "in all": count} for name, count in counted.most_common()}
    return figure


def _count(rig: Rig, plan: Plan, done: Progress, trace: Path) -> Counter[str]:
    """What was synced from the first sale to the last."""
    start = time.time()
    sell(rig, "fsync", plan.sales, done)
    end = time.time()
    restart(rig)
    rig.wait_until(lambda: "+++ exited" in trace.read_text()[-200:], "the end of strace's output", _ENDED_WITHIN_S)
    return named([sync for sync in syncs(trace) if start <= sync.time <= end], rig.files.journal_file.name)


def syncs(path: Path) -> list[Sync]:
    """The calls in strace's output at `path`, in order."""
    found = (_SYNC.match(line) for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return [Sync(float(match["time"]), Path(match["path"]).name) for match in found if match]


def named(found: list[Sync], journal: str) -> Counter[str]:
    """How many there were of each kind.

    A checkpoint of SQLite syncs its log, then the database; the next commit begins the log anew and syncs its head.
    """
    log, kinds = journal + "-wal", Counter[str]()
    files = ["", *(sync.file for sync in found), ""]
    for before, file, behind in zip(files, files[1:], files[2:], strict=False):
        if file == journal:
            kinds[CHECKPOINT] += 1
        elif file != log:
            kinds[file] += 1
        elif behind == journal:
            kinds[CHECKPOINT_LOG] += 1
        else:
            kinds[NEW_LOG if before == journal else COMMIT] += 1
    return kinds


def steps(plan: Plan) -> int:
    """How much `measure` reports as done in all."""
    return plan.sales
