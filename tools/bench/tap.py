"""From the tap of a card to its track 2 on the modelled UART, beside nfcpy's own loop with the same APDUs."""

import json
import random
import time

from board.virtual import environment
from board.virtual.client import BoardClient
from tools.bench.counter import CARD, Progress, modelled_board
from tools.bench.dialogue import Dialogue
from tools.bench.figure import Figure, percentile, percentiles
from tools.bench.plan import Plan
from tools.rig.rig import Rig

TITLE = "Tap to track 2: UART and radio modelled, 115,200 baud at power-up"
AGENT, STOCK = "agent", "stock nfcpy loop"
# A card comes some time after the terminal began to look: at any place of the slower loop's pause (0.5 s).
_LONGEST_S = 0.6


def measure(rig: Rig, plan: Plan, done: Progress) -> Figure:
    """Tap in turns on two readers that are alike, while each waits; then with the card on the reader from the start."""
    with modelled_board(rig, "tap-agent") as ours, modelled_board(rig, "tap-stock") as theirs:
        rig.write_settings(reader={"port": str(rig.directory / "tap-agent" / "nfc")})
        log = rig.directory / "tap.log"
        settings, port = str(rig.files.settings), str(rig.directory / "tap-stock" / "nfc")
        here = environment(rig.directory / "tap-agent")
        with (
            Dialogue("tools.bench.children.agent_tap", [settings], here, log) as agent,
            Dialogue("tools.bench.children.stock_tap", [port], {}, log) as stock,
        ):
            taps = _Taps((agent, ours), (stock, theirs), done)
            tapped = taps.in_turns(plan.taps, waits=True)
            lying = taps.in_turns(plan.taps, waits=False)
    rig.write_settings()
    return _figure(tapped, lying, plan, len(taps.apdus))


class _Taps:
    def __init__(
        self, ours: tuple[Dialogue, BoardClient], theirs: tuple[Dialogue, BoardClient], done: Progress
    ) -> None:
        self._ours = ours
        self._theirs = theirs
        self._done = done
        # The same pauses in every bench.
        self._random = random.Random(2)  # noqa: S311
        self.apdus: list[str] = []

    def in_turns(self, count: int, waits: bool) -> dict[str, list[float]]:
        """Milliseconds of `count` taps on each; `waits`: the card comes while it looks, else it was there before."""
        self._tap(*self._ours, "[]", 0.0)  # whatever the first one warms up; and it tells the APDUs
        self._tap(*self._theirs, json.dumps(self.apdus), 0.0)
        times: dict[str, list[float]] = {AGENT: [], STOCK: []}
        for _ in range(count):
            pause = self._random.uniform(0, _LONGEST_S) if waits else -1.0
            times[AGENT].append(self._tap(*self._ours, "[]", pause))
            times[STOCK].append(self._tap(*self._theirs, json.dumps(self.apdus), pause))
            self._done(1)
        return times

    def _tap(self, reader: Dialogue, board: BoardClient, line: str, pause_s: float) -> float:
        """Milliseconds from the tap to track 2; a negative pause lays the card down before the reader looks."""
        if pause_s < 0:
            board.tap(CARD)
            start = time.monotonic()
            reader.ask(line)
        else:
            reader.ask(line)
            time.sleep(pause_s)
            start = time.monotonic()
            board.tap(CARD)
        read = reader.hear()
        board.remove()
        self.apdus = read.get("apdus", self.apdus)
        return float(read["read_at"] - start) * 1000


def _figure(tapped: dict[str, list[float]], lying: dict[str, list[float]], plan: Plan, apdus: int) -> Figure:
    rows = {f"{name}, tapped while it looks": percentiles(times, 50, 95) for name, times in tapped.items()}
    rows |= {f"{name}, card there already": percentiles(times, 50, 95) for name, times in lying.items()}
    ratios = [percentile(times[AGENT], 50) / percentile(times[STOCK], 50) for times in (tapped, lying)]
    return Figure(
        "tap",
        TITLE,
        "ms",
        plan.taps,
        "taps each",
        rows,
        None,
        [
            f"agent / stock, p50: {ratios[0]:.2f} tapped while it looks, {ratios[1]:.2f} with the card there already",
            f"in turns on two chips alike, the same {apdus} APDUs; the stock loop parses and checks nothing",
            "the stock loop looks every 0.5 s (its default) for three kinds of card, the agent every 50 ms for two",
        ],
    )


def steps(plan: Plan) -> int:
    """How much `measure` reports as done in all."""
    return 2 * plan.taps
