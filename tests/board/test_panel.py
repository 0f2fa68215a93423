"""The panel over the real RPi.GPIO and a virtual board, in a process of its own."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import signals
from board import pins
from board.gpio import Gpio
from board.panel import ALERT, SIGNALS, SUCCESS, Panel
from board.virtual.client import BoardClient, BoardProcess, Happening
from tests.board.helpers import AgentProcess

pytestmark = pytest.mark.timeout(30)  # an agent that says nothing is heard for no longer

# Evaluates each line of its input on the loop, and answers with one line and what faults were reported until then.
AGENT = """
import asyncio, inspect, sys
from board.gpio import Gpio
from board.panel import Panel

faults = []
asked = []

def calls():
    "What the chip was asked since the last time: call and line."
    answer = [[operation, line] for operation, line, *_ in asked]
    asked.clear()
    return answer

def fail_next(name):
    "The next call of this function of lgpio fails, and the one behind it works again."
    import lgpio
    works = getattr(lgpio, name)
    def fails(*arguments):
        setattr(lgpio, name, works)
        raise lgpio.error("bad luck")
    setattr(lgpio, name, fails)

def listen():
    import lgpio
    call = lgpio._Chip.call
    lgpio._Chip.call = lambda chip, *request: (asked.append(request), call(chip, *request))[1]

async def main():
    gpio = Gpio()
    gpio.start()
    listen()
    panel = Panel(gpio, lambda error: faults.append(str(error)))
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            answer = eval(line, globals(), {"panel": panel, "gpio": gpio})
            if inspect.isawaitable(answer):
                answer = await answer
        except Exception as error:
            answer = repr(error)
        print([answer, faults], flush=True)

asyncio.run(main())
"""


class Agent(AgentProcess):
    """A process that has a panel."""

    def __init__(self, directory: Path) -> None:
        super().__init__(AGENT, directory)

    def __call__(self, expression: str) -> tuple[Any, list[str]]:
        answer, faults = self.ask(expression)
        return answer, faults


@pytest.fixture
def agent(board: BoardProcess, tmp_path: Path) -> Iterator[Agent]:
    agent = Agent(tmp_path / "board")
    assert agent("panel.start()") == (None, [])
    yield agent
    agent.kill()


def lights(client: BoardClient) -> str:
    levels = client.lines()
    return "".join(str(levels[f"light_{number}"]) for number in (1, 2, 3, 4))


def waves(happenings: list[Happening]) -> list[float]:
    """The frequencies in order; 0 is silence."""
    return [each["frequency_hz"] for each in happenings if each["what"] == "pwm"]


def sounded(client: BoardClient, since: int, until: int) -> list[Happening]:
    """The waves after `since`, once there are `until` of them."""
    seen = since
    for _ in range(until):
        seen = client.wait_for(lambda each: each["what"] == "pwm", seen)["n"]
    return [each for each in client.history(since) if each["what"] == "pwm"]


def test_every_state_has_lights_of_its_own_and_sounds_only_success_or_alert() -> None:
    assert set(SIGNALS) == {value for name, value in vars(signals).items() if name.isupper()}
    lit = {state: signal for state, signal in SIGNALS.items() if state != "help"}
    assert len({signal.lights for signal in lit.values()}) == len(lit)
    for signal in lit.values():
        assert len(signal.lights) == 4 and set(signal.lights) <= {"0", "1"}
        assert signal.tones in ((), SUCCESS, ALERT)
    assert [state for state, signal in lit.items() if signal.tones == SUCCESS] == ["approved"]
    assert SIGNALS["help"].lights == "" and SIGNALS["help"].tones not in ((), SUCCESS, ALERT)


def test_every_state_shows_its_lights_and_an_unknown_one_is_refused(agent: Agent, client: BoardClient) -> None:
    assert lights(client) == SIGNALS["starting"].lights
    shown = ""
    for state, signal in SIGNALS.items():
        assert agent(f"panel.show({state!r})") == (None, [])
        shown = signal.lights or shown
        assert lights(client) == shown
    answer, faults = agent("panel.show('dancing')")
    assert "no state 'dancing': choose one of starting, ready" in answer and faults == []
    assert lights(client) == SIGNALS["stopped"].lights


def test_approval_sounds_1500_hz_for_half_a_second(agent: Agent, client: BoardClient) -> None:
    agent("panel.show('approved')")
    on, off = sounded(client, 0, 2)
    assert (on["pin"], on["frequency_hz"], off["frequency_hz"]) == ("buzzer", 1500, 0)
    assert 0.45 < off["t"] - on["t"] < 0.9


def test_refusal_sounds_750_hz_twice(agent: Agent, client: BoardClient) -> None:
    agent("panel.show('refused')")
    happened = sounded(client, 0, 4)
    assert waves(happened) == [750, 0, 750, 0]
    assert all(0.15 < later["t"] - sooner["t"] < 0.5 for sooner, later in itertools.pairwise(happened))


def test_a_call_for_help_is_answered_by_three_short_tones_over_whatever_is_lit(
    agent: Agent, client: BoardClient
) -> None:
    for state in ("ready", "reading"):
        agent(f"panel.show({state!r})")
        since = client.history()[-1]["n"]
        agent("panel.show('help')")
        assert waves(sounded(client, since, 6)) == [1000, 0, 1000, 0, 1000, 0]
        assert lights(client) == SIGNALS[state].lights


def test_sound_does_not_hold_up_the_loop_and_the_newest_state_wins(agent: Agent, client: BoardClient) -> None:
    agent("panel.show('approved')")
    client.wait_for(lambda each: each["what"] == "pwm")
    agent("panel.show('jump')")  # answered while the first tone still sounds
    happened = sounded(client, 0, 6)
    assert waves(happened) == [1500, 0, 750, 0, 750, 0]
    assert happened[1]["t"] - happened[0]["t"] < 0.4
    agent("panel.show('declined')")
    agent("panel.show('ready')")
    assert client.waves() == {} and lights(client) == SIGNALS["ready"].lights


def asked(agent: Agent, *shown: str) -> list[str]:
    """The lines that were written, and `pwm` for each call of the buzzer, by showing these states."""
    for state in shown:
        agent(f"panel.show({state!r})")
    calls, faults = agent("calls()")
    assert faults == []
    return [pins.NAMES[line] if operation == "write" else operation for operation, line in calls if operation != "mode"]


def test_only_lights_that_change_are_written_and_only_what_sounds_is_silenced(
    agent: Agent, client: BoardClient
) -> None:
    asked(agent, "ready")
    assert asked(agent, "ready") == []
    assert asked(agent, "present_card") == ["light_2"]
    assert asked(agent, "reading") == ["light_3"]
    assert asked(agent, "approved")[0] == "light_4"
    sounded(client, 0, 2)
    agent("calls()")
    assert asked(agent, "ready") == ["light_2", "light_3", "light_4"], "the sound was over"
    assert lights(client) == SIGNALS["ready"].lights


def test_a_sale_asks_the_chip_nine_times(agent: Agent, client: BoardClient) -> None:
    """Two calls a light (RPi.GPIO looks at the line's mode before each write), one and two for the tone."""
    agent("panel.show('ready')")
    agent("calls()")
    for state in ("present_card", "reading", "approved"):
        agent(f"panel.show({state!r})")
    sounded(client, 0, 2)
    assert agent("len(calls())") == (9, [])


def test_a_sound_that_is_cut_short_is_silenced(agent: Agent, client: BoardClient) -> None:
    agent("panel.show('approved')")
    client.wait_for(lambda each: each["what"] == "pwm")
    agent("calls()")
    assert asked(agent, "approved")[:2] == ["pwm", "buzzer"]
    assert [each["frequency_hz"] for each in sounded(client, 0, 4)] == [1500, 0, 1500, 0]


@pytest.mark.parametrize("call", ["gpio_write", "gpio_get_mode"])
def test_after_a_failure_every_light_is_written_again(agent: Agent, client: BoardClient, call: str) -> None:
    agent("panel.show('ready')")
    agent(f"fail_next({call!r})")
    assert "bad luck" in agent("panel.show('reading')")[1][0]
    assert lights(client) == SIGNALS["ready"].lights
    agent("calls(), faults.clear()")
    assert asked(agent, "reading") == ["light_1", "light_2", "light_3", "light_4"]
    assert lights(client) == SIGNALS["reading"].lights


def test_a_buzzer_that_may_have_begun_to_sound_is_silenced(agent: Agent, client: BoardClient) -> None:
    agent("fail_next('tx_pwm')")
    agent("panel.show('approved')")
    assert "GPIO 18 (buzzer): bad luck" in agent("faults.pop()")[0]
    agent("calls()")
    assert asked(agent, "ready") == ["light_1", "light_2", "light_3", "light_4", "pwm", "buzzer"]
    assert client.waves() == {}


def test_stop_darkens_silences_and_gives_the_lines_back(agent: Agent, client: BoardClient) -> None:
    agent("panel.show('approved')")
    client.wait_for(lambda each: each["what"] == "pwm")
    assert agent("panel.stop()") == (None, [])
    assert lights(client) == "0000" and client.waves() == {}
    assert "not been set up" in agent("gpio.write(5, 1)")[0]
    assert agent("panel.show('ready')") == (None, [])
    assert lights(client) == "0000"
    assert agent("panel.start()") == (None, [])
    assert lights(client) == SIGNALS["starting"].lights
    agent("panel.stop()")
    assert agent.finish() == ""


def test_killed_board_is_reported_once_and_raises_nothing(agent: Agent, board: BoardProcess) -> None:
    assert agent("panel.works")[0] is True
    board.kill()
    for state in ("approved", "ready", "refused"):
        answer, faults = agent(f"panel.show({state!r})")
        assert answer is None
        assert len(faults) == 1 and "GPIO 5 (light_1)" in faults[0] and "start it" in faults[0]
    assert agent("panel.works")[0] is False
    assert agent("panel.stop()")[0] is None


def test_board_that_dies_within_a_sound_is_reported(agent: Agent, board: BoardProcess, client: BoardClient) -> None:
    agent("panel.show('declined')")
    client.wait_for(lambda each: each["what"] == "pwm")
    board.kill()
    answer, faults = agent("__import__('asyncio').sleep(0.3, 'slept past the first tone')")
    assert answer == "slept past the first tone"
    assert len(faults) == 1 and "GPIO 18 (buzzer)" in faults[0]


async def test_start_without_gpio_is_refused_and_stop_is_harmless() -> None:
    panel = Panel(Gpio())
    with pytest.raises(OSError, match="GPIO is not started"):
        await panel.start()
    panel.show("ready")
    assert not panel.works
    await panel.stop()
