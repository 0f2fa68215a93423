"""The bench of one counter: takes the figures one after the other on one rig."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tools.bench import fsyncs, gate, idle, memory, own_time, ready, tap
from tools.bench.counter import Progress, wait_until_prepared
from tools.bench.figure import Figure
from tools.bench.plan import Plan
from tools.rig.rig import Rig


class Measure(NamedTuple):
    """How a figure is taken: its title, what takes it, and how many things that reports as done."""

    title: str
    take: Callable[[Rig, Plan, Progress], Figure]
    steps: Callable[[Plan], int]


MEASURES = {
    "gate": Measure(gate.TITLE, gate.measure, gate.steps),
    "tap": Measure(tap.TITLE, tap.measure, tap.steps),
    "own_time": Measure(own_time.TITLE, own_time.measure, own_time.steps),
    "fsyncs": Measure(fsyncs.TITLE, fsyncs.measure, fsyncs.steps),
    "memory": Measure(memory.TITLE, memory.measure, memory.steps),
    "ready": Measure(ready.TITLE, ready.measure, ready.steps),
    "idle": Measure(idle.TITLE, idle.measure, idle.steps),
}


def take(directory: Path, plan: Plan, names: list[str], begin: Callable[[Measure], Progress]) -> Iterator[Figure]:
    """The figures `names`, in the order of `MEASURES`, on a rig in `directory`.

    `begin` hears which one is taken next and gives what hears of its progress. Raises ToolError.
    """
    with Rig(directory) as rig:
        wait_until_prepared(rig)
        for name, measure in MEASURES.items():
            if name in names:
                yield measure.take(rig, plan, begin(measure))
