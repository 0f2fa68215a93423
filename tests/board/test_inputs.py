"""The tamper switch and the buttons over the real RPi.GPIO and a virtual board, in a process of its own."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from board.gpio import Gpio
from board.inputs import Inputs
from board.virtual.client import BoardClient, BoardProcess
from tests.board.helpers import AgentProcess

# A contact that is open for less is bouncing.
SHORTEST_PRESS_S = 0.01

pytestmark = pytest.mark.timeout(30)  # an agent that says nothing is heard for no longer

# Evaluates each line of its input on the loop; what is felt is a line of its own.
AGENT = """
import asyncio, inspect, sys, threading
from board.gpio import Gpio
from board.inputs import Inputs

def say(*words):
    print(list(words), flush=True)

def deaf():
    "Lose every edge from now on."
    import lgpio
    lgpio._callbacks.clear()

async def main():
    gpio = Gpio()
    gpio.start()
    inputs = Inputs(gpio, lambda error: say("fault", str(error)))
    inputs.on_tamper(lambda tampered: say("tampered", tampered, inputs.tampered))
    inputs.on_button(lambda name: say("button", name, threading.current_thread() is threading.main_thread()))
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            answer = eval(line, globals(), {"inputs": inputs, "gpio": gpio})
            if inspect.isawaitable(answer):
                answer = await answer
        except Exception as error:
            answer = repr(error)
        say("answer", answer)

asyncio.run(main())
"""


class Agent(AgentProcess):
    """A process that has inputs."""

    def __init__(self, directory: Path) -> None:
        super().__init__(AGENT, directory)

    def __call__(self, expression: str) -> Any:
        """The answer; whatever was felt before it would come first and fail here."""
        kind, answer = self.ask(expression)
        assert kind == "answer"
        return answer


@pytest.fixture
def agent(board: BoardProcess, tmp_path: Path) -> Iterator[Agent]:
    agent = Agent(tmp_path / "board")
    yield agent
    agent.kill()


def test_tampered_until_the_closed_switch_was_read(agent: Agent) -> None:
    assert agent("inputs.tampered") is True
    assert agent("inputs.start()") is None
    assert agent("inputs.tampered") is False


def test_open_case_at_start_is_tampered(agent: Agent, client: BoardClient) -> None:
    client.tamper("open")
    agent("inputs.start()")
    assert agent("inputs.tampered") is True


def test_opening_and_closing_are_each_told_once(agent: Agent, client: BoardClient) -> None:
    agent("inputs.start()")
    client.tamper("open")
    assert agent.hear() == ["tampered", True, True]
    client.tamper("open")
    client.tamper("closed")
    assert agent.hear() == ["tampered", False, False]
    assert agent("inputs.tampered") is False


def test_opening_is_found_by_polling_when_the_edge_was_lost(agent: Agent, client: BoardClient) -> None:
    agent("inputs.start()")
    agent("deaf()")
    client.tamper("open")
    assert agent.hear() == ["tampered", True, True]


@pytest.mark.parametrize("button", ["cancel", "help"])
def test_press_is_told_once_on_the_loop(agent: Agent, client: BoardClient, button: str) -> None:
    agent("inputs.start()")
    for _ in range(2):
        client.press(button)
        assert agent.hear() == ["button", button, True]
        # A finger is off a button for longer than its contacts bounce.
        assert agent("asyncio.sleep(0.05, 'told once')") == "told once"
    assert agent("inputs.tampered") is False


def test_release_shorter_than_a_bounce_is_no_second_press(agent: Agent, client: BoardClient) -> None:
    agent("inputs.start()")
    client.press("help", ms=60)
    client.press("help", ms=60)
    assert agent.hear() == ["button", "help", True]
    assert agent("asyncio.sleep(0.05, 'told once')") == "told once"


def bounce(client: BoardClient) -> float:
    """Let a button and the switch bounce once; how long that took at most, in seconds."""
    begin = time.monotonic()
    client.press("cancel", ms=1)
    between = time.monotonic()
    client.tamper("open")
    client.tamper("closed")
    return max(between - begin, time.monotonic() - between)


def test_bounce_is_no_press_and_no_tampering(board: BoardProcess, client: BoardClient, tmp_path: Path) -> None:
    for _ in range(10):
        agent = Agent(tmp_path / "board")
        try:
            agent("inputs.start()")
            if bounce(client) > SHORTEST_PRESS_S:
                continue  # this machine was too busy: those may have been presses
            assert agent("asyncio.sleep(0.1, 'nothing was felt')") == "nothing was felt"
            client.press("cancel")
            assert agent.hear() == ["button", "cancel", True]
            return
        finally:
            agent.kill()
    pytest.fail("no bounce in ten was short enough to be one; the machine is too busy")


def test_unreadable_switch_is_tampered_and_reported_once(agent: Agent, board: BoardProcess) -> None:
    agent("inputs.start()")
    board.kill()
    heard = [agent.hear(), agent.hear()]
    assert ["tampered", True, True] in heard
    (fault,) = [words for kind, words, *_ in heard if kind == "fault"]
    assert "GPIO" in fault and "start it" in fault
    assert agent("asyncio.sleep(0.6, 'no second report')") == "no second report"
    assert agent("inputs.stop()") is None
    assert agent("inputs.tampered") is True


def test_stopped_inputs_feel_nothing_and_can_start_again(agent: Agent, client: BoardClient) -> None:
    agent("inputs.start()")
    assert agent("inputs.stop()") is None
    client.press("help")
    assert agent("asyncio.sleep(0.05, 'nothing')") == "nothing"
    client.tamper("open")
    assert agent("inputs.start()") is None
    assert agent("inputs.tampered") is True
    client.press("help")
    assert agent.hear() == ["button", "help", True]


async def test_start_without_gpio_is_refused_and_stays_tampered() -> None:
    inputs = Inputs(Gpio())
    with pytest.raises(OSError, match=r"GPIO 17 \(tamper\): GPIO is not started"):
        await inputs.start()
    assert inputs.tampered is True
    await inputs.stop()
