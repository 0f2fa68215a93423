"""What the lights show when: outcomes pass, a sale under way is left alone, tamper and the end stay."""

import asyncio

from agent import signals
from agent.compat import monotonic_ms, since_ms
from agent.lights import PASSING, Lights
from tests.portable.helpers import end, finish, settle, until
from tests.portable.ports.machine import RecordingSignals

LONG_MS = 60_000
SHORT_MS = 30


class Desk:
    def __init__(self, shown_ms: int = LONG_MS) -> None:
        self.panel = RecordingSignals()
        self.lights = Lights(self.panel, shown_ms)

    def show(self, *states: str) -> "list[str]":
        """Show `states`; what the panel has shown since the beginning."""
        for state in states:
            self.lights.show(state)
        return self.panel.shown


def test_what_is_shown_goes_to_the_panel_at_once_and_again_when_it_comes_again() -> None:
    desk = Desk()
    sale = [signals.PRESENT_CARD, signals.READING, signals.APPROVED]
    assert desk.show(*sale) == sale
    assert desk.show(*sale) == sale + sale, "the sound of a second approval is not left out"


def test_the_terminals_state_waits_until_an_outcome_had_its_time() -> None:
    async def scenario() -> None:
        for outcome in PASSING:
            desk = Desk(SHORT_MS)
            start = monotonic_ms()
            desk.show(outcome)
            desk.lights.rest(signals.READY)
            assert desk.panel.shown == [outcome]
            await desk.lights.passed()
            assert since_ms(start) >= SHORT_MS
            desk.lights.rest(signals.READY)
            assert desk.panel.shown == [outcome, signals.READY]

    finish(scenario())


def test_the_newest_of_two_outcomes_has_its_whole_time() -> None:
    async def scenario() -> None:
        desk = Desk(SHORT_MS)
        desk.show(signals.DECLINED)
        waiting = asyncio.create_task(desk.lights.passed())
        start = monotonic_ms()
        await until(lambda: since_ms(start) >= SHORT_MS // 2)
        start = monotonic_ms()
        desk.show(signals.APPROVED)
        await waiting
        assert since_ms(start) >= SHORT_MS

    finish(scenario())


def test_a_sale_cuts_an_outcome_short_and_is_left_alone() -> None:
    async def scenario() -> None:
        for state in (signals.PRESENT_CARD, signals.READING):
            desk = Desk()
            desk.show(signals.DECLINED)
            waiting = asyncio.create_task(desk.lights.passed())
            await settle()
            assert not waiting.done()
            await end(waiting)
            desk.show(signals.DECLINED, state)
            await desk.lights.passed()  # nothing is left to wait for
            desk.lights.rest(signals.READY)
            desk.lights.rest(signals.FAULT)
            assert desk.panel.shown == [signals.DECLINED, signals.DECLINED, state]

    finish(scenario())


def test_a_state_that_is_shown_is_not_shown_anew_and_sounds_no_second_alert() -> None:
    async def scenario() -> None:
        desk = Desk(SHORT_MS)
        desk.show(signals.FAULT)
        await desk.lights.passed()
        for _ in range(2):
            desk.lights.rest(signals.FAULT)
        assert desk.panel.shown == [signals.FAULT]
        desk.lights.rest(signals.READY)
        desk.lights.rest(signals.READY)
        assert desk.panel.shown == [signals.FAULT, signals.READY]

    finish(scenario())


def test_tamper_is_shown_once_and_only_the_end_takes_it_away() -> None:
    desk = Desk()
    every = [getattr(signals, name) for name in dir(signals) if name == name.upper() and name[0] != "_"]
    assert signals.APPROVED in every
    desk.show(signals.APPROVED, signals.TAMPERED)
    desk.show(*[state for state in every if state not in (signals.STOPPED, signals.HELP)])
    desk.lights.rest(signals.READY)
    assert desk.panel.shown == [signals.APPROVED, signals.TAMPERED]
    desk.show(signals.STOPPED)
    assert desk.panel.shown == [signals.APPROVED, signals.TAMPERED, signals.STOPPED]


def test_after_the_end_only_a_new_start_lights_up() -> None:
    desk = Desk()
    desk.show(signals.STOPPED, signals.APPROVED, signals.TAMPERED)
    desk.lights.rest(signals.READY)
    assert desk.panel.shown == [signals.STOPPED]
    assert desk.show(signals.STARTING, signals.READY) == [signals.STOPPED, signals.STARTING, signals.READY]


def test_a_call_for_help_sounds_over_everything_and_what_is_shown_goes_on() -> None:
    async def scenario() -> None:
        desk = Desk(SHORT_MS)
        desk.show(signals.TAMPERED, signals.HELP, signals.READY)
        assert desk.panel.shown == [signals.TAMPERED, signals.HELP]
        desk = Desk(SHORT_MS)
        start = monotonic_ms()
        desk.show(signals.DECLINED)
        desk.show(signals.HELP)
        await desk.lights.passed()
        assert since_ms(start) >= SHORT_MS
        desk.lights.rest(signals.READY)
        assert desk.panel.shown == [signals.DECLINED, signals.HELP, signals.READY]

    finish(scenario())
