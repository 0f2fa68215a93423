"""The agent's resident memory, beside a process that only imports the libraries."""

from pathlib import Path

from board.virtual import environment
from tools.bench.counter import Progress, restart, sell
from tools.bench.dialogue import Dialogue
from tools.bench.figure import Figure, Target
from tools.bench.plan import Plan
from tools.bench.resident import resident_kib
from tools.rig.rig import Rig

TITLE = "Resident memory over the bare imports"
_KIB = 1024


def measure(rig: Rig, plan: Plan, done: Progress) -> Figure:
    """Look at the real agent after its start and after sales."""
    log = rig.directory / "imports.log"
    with Dialogue("tools.bench.children.imports", [], environment(rig.files.board), log) as child:
        imports = child.ask("") / _KIB
    restart(rig)
    process = Path("/proc", str(rig.agent.pid))
    started = resident_kib(process) / _KIB
    sell(rig, "memory", plan.timed_sales, done)
    sold = resident_kib(process) / _KIB
    return Figure(
        "memory",
        TITLE,
        "MiB",
        plan.timed_sales,
        "sales",
        {
            "over the imports": {"after the start": started - imports, "after the sales": sold - imports},
            "agent": {"after the start": started, "after the sales": sold},
            "bare imports": {"all": imports},
        },
        Target("after the sales", 10.0),
        [
            "imports: nfcpy, paho, ssl, sqlite3, TinyDB, pyiso8583, msgspec, Microdot, cryptography, RPi.GPIO",
            f"with a journal of {rig.journal()[-1].sequence:,} entries, of which SQLite caches up to 1 MB",
        ],
    )


def steps(plan: Plan) -> int:
    """How much `measure` reports as done in all."""
    return plan.timed_sales
