"""The processor time that the agent takes while nothing happens: while a sale waits for a card, and without one."""

import os
import time
from pathlib import Path

from agent.signals import PRESENT_CARD
from board import pins
from board.panel import SIGNALS
from tools.bench.counter import Progress, modelled_board, restart
from tools.bench.figure import Figure, Target
from tools.bench.plan import Plan
from tools.demo.scene import Scene
from tools.rig.rig import Rig

TITLE = "Idle: processor time with the reader polling, UART and radio modelled"
_WAIT_MS = 120_000


def measure(rig: Rig, plan: Plan, done: Progress) -> Figure:
    """Let a sale wait for a card that does not come, then let there be none."""
    with modelled_board(rig, "idle"):
        rig.write_settings(reader={"port": str(rig.directory / "idle" / "nfc"), "card_timeout_ms": _WAIT_MS})
        restart(rig)
        rig.wait_until_stored()
        resting = _percent(rig.agent.pid, plan.idle_s)
        done(1)
        sale = Scene(rig, "").begin("idle", "12.50")
        rig.wait_until(lambda: _asks_for_a_card(rig), "the lights that ask for a card")
        polling = _percent(rig.agent.pid, plan.idle_s)
        done(1)
        rig.till.abort("idle")
        sale.join()
        rig.agent.stop()
    rig.write_settings()
    rig.start_agent()
    return Figure(
        "idle",
        TITLE,
        "% of a core",
        1,
        f"watch of {plan.idle_s:g} s each",
        {"a sale waits for a card": {"mean": polling}, "no sale": {"mean": resting}},
        Target("mean", 2.0),
    )


def _asks_for_a_card(rig: Rig) -> bool:
    levels = rig.board.lines()
    return [str(levels[pins.NAMES[light]]) for light in pins.LIGHTS] == list(SIGNALS[PRESENT_CARD].lights)


def _percent(pid: int, seconds: float) -> float:
    """Processor time of the process in percent of one core, over `seconds`."""
    start, before = time.monotonic(), _cpu_s(pid)
    time.sleep(seconds)
    return 100 * (_cpu_s(pid) - before) / (time.monotonic() - start)


def _cpu_s(pid: int) -> float:
    """User and system time of all its threads (proc(5), stat), in steps of a clock tick."""
    text = Path("/proc", str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def steps(plan: Plan) -> int:
    """How much `measure` reports as done in all."""
    del plan
    return 2
