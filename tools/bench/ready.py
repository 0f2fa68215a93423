"""How long the agent takes from its start as a process to its ready line."""

import time

from tools.bench.counter import Progress
from tools.bench.figure import Figure, Target, percentile
from tools.bench.plan import Plan
from tools.rig.rig import Rig

TITLE = "Time to READY"


def measure(rig: Rig, plan: Plan, done: Progress) -> Figure:
    """Start the real agent again and again, on a journal that has entries."""
    times = []
    for _ in range(plan.starts):
        rig.agent.stop()
        start = time.perf_counter()
        rig.start_agent()
        times.append(time.perf_counter() - start)
        done(1)
    row = {"p50": percentile(times, 50), "longest": max(times)}
    return Figure("ready", TITLE, "s", len(times), "starts", {"agent": row}, Target("p50", 0.8))


def steps(plan: Plan) -> int:
    """How much `measure` reports as done in all."""
    return plan.starts
