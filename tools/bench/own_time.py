"""The agent's own time in a sale: from the request to the outcome, without waiting for card and acquirer."""

import json
import time

from tools.bench.children.agent import ACQUIRER, CARD, COMMITS, GATE, LIGHTS, LOOKUPS, PAY
from tools.bench.counter import Progress, restart, sell
from tools.bench.figure import Figure, Row, Target, percentiles
from tools.bench.plan import Plan
from tools.rig.rig import Rig

TITLE = "The agent's own time in a sale, without card and acquirer"
_MS = 1e6
_PARTS = {
    "of it, journal commits": COMMITS,
    "of it, journal lookups": LOOKUPS,
    "of it, lights and buzzer": LIGHTS,
    "of it, gate (3 checks)": GATE,
    "not in it, card": CARD,
    "not in it, acquirer": ACQUIRER,
}


def measure(rig: Rig, plan: Plan, done: Progress) -> Figure:
    """Sell at an agent that has stopwatches at its ports, with a till on loopback."""
    path = rig.directory / "times.jsonl"
    restart(rig, "tools.bench.children.agent", "--times", str(path))
    started = time.perf_counter()
    sell(rig, "own", plan.timed_sales, done)
    whole = (time.perf_counter() - started) * 1000 / plan.timed_sales
    restart(rig)
    rows = _rows([json.loads(line) for line in path.read_text(encoding="ascii").splitlines()])
    notes = [
        f"the till, a Python process too, waits {whole:.1f} ms a sale in the mean, local API included",
        "lights: each change of a line is a question to the virtual board, which a Pi's GPIO is not",
        "own are the card flow, the codec and the MAC as well; the card is read without modelled delays",
    ]
    return Figure("own_time", TITLE, "ms", plan.timed_sales, "sales", rows, Target("p95", 15.0), notes)


def _rows(sales: list[dict[str, int]]) -> dict[str, Row]:
    """The stopwatches' nanoseconds of each sale as percentiles in milliseconds."""
    own = [(sale[PAY] - sale[CARD] - sale[ACQUIRER]) / _MS for sale in sales]
    parts = {name: [sale[key] / _MS for sale in sales] for name, key in _PARTS.items()}
    return {name: percentiles(times, 50, 95, 99) for name, times in {"own time": own, **parts}.items()}


def steps(plan: Plan) -> int:
    """How much `measure` reports as done in all."""
    return plan.timed_sales
