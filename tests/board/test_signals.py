"""What a person at the counter sees, hears and presses: on a whole counter, through the real RPi.GPIO.

The board's record of lights and buzzer is held against the panel's one table.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from agent import signals
from agent.lights import SHOWN_MS
from board import pins
from board.panel import SIGNALS, Tone
from board.virtual.client import Happening
from tools.rig.files import OTHER_MID
from tools.rig.rig import Rig

# A tone ends by the agent's clock and is recorded by the board's: both may be kept waiting by a busy machine.
EARLY, LATE_S = 0.25, 0.7

PANEL = [pins.NAMES[line] for line in (*pins.LIGHTS, pins.BUZZER)]
LIGHTS = PANEL[:-1]
BUZZER = PANEL[-1]
SALE = (signals.PRESENT_CARD, signals.READING)


class Watch:
    """Compares what the board records of the panel with the table, from state to state."""

    def __init__(self, rig: Rig, lights: str) -> None:
        self.rig = rig
        self.lights = lights
        self.seen = 0

    def begin(self) -> None:
        """Leave what was recorded until now out."""
        self.seen = self.rig.board.history()[-1]["n"]

    def saw(self, *states: str, timeout_s: float = 15.0) -> Happening:
        """Wait until the board has recorded as much as `states` make, and compare; the first of what was recorded."""
        steps = [step for state in states for step in self._steps(state)]
        self.rig.wait_until(lambda: len(self._recorded()) >= len(steps), f"{states} on the panel", timeout_s)
        recorded = self._recorded()
        assert [_step(each) for each in recorded] == steps, states
        _compare_lengths([tone for state in states for tone in SIGNALS[state].tones], recorded)
        self.seen = recorded[-1]["n"]
        return recorded[0]

    def _steps(self, state: str) -> Iterator[tuple[str, float]]:
        """The lights that change and their levels, then the buzzer's waves and silences, as the table has them."""
        lights, tones = SIGNALS[state]
        before, self.lights = self.lights, lights or self.lights
        yield from (
            (name, int(level)) for name, was, level in zip(LIGHTS, before, self.lights, strict=True) if was != level
        )
        yield from ((BUZZER, tone.frequency_hz) for tone in tones)
        yield from [(BUZZER, 0)] if tones else []

    def _recorded(self) -> list[Happening]:
        return [each for each in self.rig.board.history(self.seen) if each.get("pin") in PANEL]


def _step(happening: Happening) -> tuple[str, float]:
    return happening["pin"], happening["level" if happening["what"] == "line" else "frequency_hz"]


def _compare_lengths(tones: list[Tone], recorded: list[Happening]) -> None:
    """Each wave and each pause lasted as long as the table says, as far as the recorded times allow to tell."""
    waves = [each for each in recorded if each["what"] == "pwm"]
    lasted = [later["t"] - sooner["t"] for sooner, later in pairwise(waves)]
    for tone, seconds in zip(tones, lasted, strict=True):
        assert (1 - EARLY) * tone.ms / 1000 < seconds < tone.ms / 1000 + LATE_S, (tone, seconds)


@contextmanager
def paying(rig: Rig, service_id: str) -> Iterator[Future[dict[str, Any]]]:
    """A payment that waits for its card, when the outcome before it is neither seen nor heard any more."""

    def asked_for() -> bool:
        levels = rig.board.lines()
        lit = "".join(str(levels[name]) for name in LIGHTS)
        return lit == SIGNALS[signals.PRESENT_CARD].lights and rig.board.waves() == {}

    with ThreadPoolExecutor(1) as till:
        answer = till.submit(rig.till.pay, service_id, "1.00")
        rig.wait_until(asked_for, "the lights that ask for a card")
        yield answer


def kinds_behind(rig: Rig, start: int) -> list[str]:
    return [entry.kind for entry in rig.journal(start)]


def test_the_board_records_every_state_as_the_table_has_it(own_rig: Rig) -> None:
    rig, watch = own_rig, Watch(own_rig, "0000")
    watch.saw(signals.STARTING, signals.READY)
    rig.board.tap("unionpay")  # and it stays there
    for number, (orders, amount, shown) in enumerate(
        (
            ({"behaviour": "approve"}, "1.00", (*SALE, signals.APPROVED)),
            ({"behaviour": "decline", "code": "51"}, "1.00", (*SALE, signals.DECLINED)),
            ({"behaviour": "answer_as", "mid": OTHER_MID}, "1.00", (*SALE, signals.JUMP)),
            ({"behaviour": "cut", "when": "after_booking"}, "1.00", (*SALE, signals.FAULT)),
            ({"behaviour": "approve"}, "1000.01", (signals.REFUSED,)),
        )
    ):
        rig.acquirer.behave(**orders)
        rig.till.pay(f"P-{number}", amount)
        first = watch.saw(*shown)
        ready = watch.saw(signals.READY)
        assert ready["t"] - first["t"] > SHOWN_MS / 1000 - 0.1, shown
    rig.board.press("help")
    watch.saw(signals.HELP)
    rig.board.tamper("open")
    watch.saw(signals.TAMPERED)
    rig.board.press("help")
    watch.saw(signals.HELP)
    rig.agent.stop()
    watch.saw(signals.STOPPED)
    rig.start_agent()
    watch.saw(signals.STARTING, signals.TAMPERED)


def test_a_terminal_whose_reader_or_acquirer_was_away_is_ready_once_it_is_back(own_rig: Rig) -> None:
    rig, watch = own_rig, Watch(own_rig, "0000")
    watch.saw(signals.STARTING, signals.READY)
    rig.board.chip("hung")
    assert rig.till.pay("no-reader", "1.00")["Response"]["ErrorCondition"] == "UnavailableDevice"
    watch.saw(signals.PRESENT_CARD, signals.FAULT)
    back = time.monotonic()
    rig.board.chip(None)
    assert watch.saw(signals.READY)["t"] > back

    rig.processes["acquirer"].stop()
    rig.board.tap("unionpay")
    assert rig.till.pay("no-acquirer", "1.00")["Response"]["ErrorCondition"] == "UnreachableHost"
    watch.saw(*SALE, signals.FAULT)
    back = time.monotonic()
    rig.start_acquirer()
    assert watch.saw(signals.READY, timeout_s=60)["t"] > back


def test_cancel_calls_off_a_sale_that_waits_for_its_card(rig: Rig) -> None:
    charges, start = len(rig.acquirer.ledger()), rig.journal()[-1].sequence
    with paying(rig, "cancelled") as answer:
        rig.board.press("cancel")
        assert answer.result(10)["Response"]["ErrorCondition"] == "Cancel"
    assert kinds_behind(rig, start) == ["sale.failed"]
    assert len(rig.acquirer.ledger()) == charges


def test_cancel_does_nothing_once_the_message_is_out_and_nothing_without_a_sale(rig: Rig) -> None:
    charges, start = len(rig.acquirer.ledger()), rig.journal()[-1].sequence
    rig.acquirer.behave("delay", ms=1500)
    with paying(rig, "too-late") as answer:
        rig.board.tap("unionpay")
        rig.wait_until(lambda: len(rig.acquirer.ledger()) > charges, "the message at the acquirer")
        rig.board.press("cancel")
        assert not answer.done(), "the answer was faster than the button"
        assert answer.result(10)["Response"]["Result"] == "Success"
    assert [row["state"] for row in rig.acquirer.ledger()[charges:]] == ["approved"]
    assert kinds_behind(rig, start) == ["sale.authorising", "sale.answered", "sale.finished"]
    rig.board.press("cancel")
    rig.board.press("help")
    rig.wait_until(lambda: len(kinds_behind(rig, start)) > 3, "the call for help in the journal")
    assert kinds_behind(rig, start)[3:] == ["help.wanted"]


def test_a_call_for_help_reaches_the_backend_is_acknowledged_and_disturbs_no_sale(rig: Rig) -> None:
    start = rig.journal()[-1].sequence
    with paying(rig, "helped") as answer:
        watch = Watch(rig, SIGNALS[signals.PRESENT_CARD].lights)
        watch.begin()
        rig.board.press("help")
        watch.saw(signals.HELP)
        rig.wait_until(
            lambda: [event.kind for event in rig.stored_events() if event.sequence > start] == ["help.wanted"],
            "the call for help in the backend's store",
        )
        rig.board.tap("unionpay")
        assert answer.result(10)["Response"]["Result"] == "Success"
        watch.saw(signals.READING, signals.APPROVED)
