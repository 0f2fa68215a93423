"""The gate's time: the merchant file is read and hashed in each check, its proven signature kept under that hash."""

from board.virtual import environment
from tools.bench.counter import Progress
from tools.bench.dialogue import Dialogue
from tools.bench.figure import Figure, Target, percentiles
from tools.bench.plan import Plan
from tools.rig.rig import Rig

TITLE = "Gate: one check, the merchant file re-read and hashed"
_AT_ONCE = 500


def measure(rig: Rig, plan: Plan, done: Progress) -> Figure:
    """Check again and again, in a process that is wired like the agent on the same files."""
    times: list[int] = []
    rig.agent.stop()  # it has the lines of the GPIO chip
    settings, log = str(rig.files.settings), rig.directory / "gate.log"
    with Dialogue("tools.bench.children.gate_loop", [settings], environment(rig.files.board), log) as child:
        first = child.ask("1")
        while len(times) < plan.gate_checks:
            times += child.ask(str(min(_AT_ONCE, plan.gate_checks - len(times))))
            done(_AT_ONCE)
    rig.start_agent()
    rows = {
        "each check": percentiles([time / 1e6 for time in times], 50, 99),
        "first after a start": {"once": first[0] / 1e6},
    }
    notes = ["the first check also verifies the signature and parses the record"]
    return Figure("gate", TITLE, "ms", len(times), "checks", rows, Target("p50", 0.15), notes)


def steps(plan: Plan) -> int:
    """How much `measure` reports as done in all."""
    return plan.gate_checks
