"""The real RPi.GPIO over the emulated silicon, in a process of its own as on the terminal."""

import ast
import importlib.util
import inspect
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agent.errors import ReaderError
from board.reader import NfcReader
from board.virtual import environment
from board.virtual.client import BoardClient, BoardProcess
from tests.board.helpers import AgentProcess

SILICON = Path(environment("unused")["PYTHONPATH"].split(os.pathsep)[0]) / "lgpio.py"

pytestmark = pytest.mark.timeout(30)  # an agent that says nothing is heard for no longer

# Evaluates each line of its input and answers with one line; an edge is a line of its own.
AGENT = """
import sys, threading
from board.errors import GpioError
from board import pins
from board.gpio import Gpio

def edge(line):
    print(["edge", line, gpio.read(line), threading.current_thread() is threading.main_thread()], flush=True)

gpio = Gpio()
for line in sys.stdin:
    try:
        answer = eval(line)
    except GpioError as error:
        answer = f"GpioError {error}"
    print(repr(answer), flush=True)
"""


class Agent(AgentProcess):
    """A process that drives the board's lines."""

    def __init__(self, directory: Path, **variables: str) -> None:
        super().__init__(AGENT, directory, **variables)

    def __call__(self, expression: str) -> Any:
        return self.ask(expression)


@pytest.fixture
def agent(board: BoardProcess, tmp_path: Path) -> Iterator[Agent]:
    agent = Agent(tmp_path / "board")
    assert agent("gpio.start()") is None
    yield agent
    agent.kill()


def emulated() -> ModuleType:
    spec = importlib.util.spec_from_file_location("emulated_lgpio", SILICON)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_emulated_lgpio_has_what_rpi_gpio_uses_and_agrees_with_the_real_one(tmp_path: Path) -> None:
    source = importlib.util.find_spec("RPi.GPIO")
    assert source is not None and source.origin is not None
    nodes = [node for node in ast.walk(ast.parse(Path(source.origin).read_text())) if isinstance(node, ast.Attribute)]
    used = {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "lgpio"}
    used -= {
        "SET_BIAS_DISABLE",
        "SET_BIAS_PULL_UP",
        "SET_BIAS_PULL_DOWN",
    }  # names of before 0.2, asked for as a fallback
    assert "gpio_claim_alert" in used
    module = emulated()
    describe = (
        "import inspect, json, lgpio, sys\n"
        "def said(x): return str(inspect.signature(x)) if inspect.isfunction(x) else repr(x)\n"
        "names = json.loads(sys.argv[1])\n"
        "texts = {code: lgpio.error_text(code) for code in json.loads(sys.argv[2])}\n"
        "print(json.dumps([{name: said(getattr(lgpio, name)) for name in names}, texts]))"
    )
    functions = sorted(name for name in used if name != "error")
    codes = sorted(module._TEXTS)
    # In a folder that may be written: the real module makes its notification pipe where it starts.
    told = subprocess.run(
        [sys.executable, "-c", describe, json.dumps(functions), json.dumps(codes)],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    real, texts = json.loads(told.stdout)
    ours = {name: getattr(module, name) for name in functions}
    assert {name: _described(value) for name, value in ours.items()} == real
    assert {str(code): text for code, text in module._TEXTS.items()} == texts


def _described(value: Any) -> str:
    if not inspect.isfunction(value):
        return repr(value)
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in inspect.signature(value).parameters.values()]
    return str(inspect.Signature(bare))


def test_output_is_seen_by_the_board_and_a_line_that_is_no_output_is_refused(agent: Agent, client: BoardClient) -> None:
    agent("gpio.set_output(pins.LIGHT_2, 1)")
    assert client.lines()["light_2"] == 1
    agent("gpio.write(pins.LIGHT_2, 0)")
    assert client.lines()["light_2"] == 0
    refused = agent("gpio.write(pins.LIGHT_3, 1)")
    assert refused.startswith("GpioError GPIO 13 (light_3): The GPIO channel has not been set up as an OUTPUT")
    assert client.lines()["light_3"] == 0


def test_output_that_is_set_again_takes_the_new_level(agent: Agent, client: BoardClient) -> None:
    agent("gpio.set_output(pins.LIGHT_1, 1)")
    # As lgpio: claiming what is an output already changes nothing.
    agent("gpio._module.setup(pins.LIGHT_1, gpio._module.OUT, initial=0)")
    assert client.lines()["light_1"] == 1
    agent("gpio.set_output(pins.LIGHT_1, 0)")
    assert client.lines()["light_1"] == 0


def test_input_is_pulled_up_and_a_line_not_set_up_is_refused(agent: Agent, client: BoardClient) -> None:
    agent("gpio.set_input(pins.HELP)")
    agent("gpio.set_input(pins.TAMPER)")
    assert (agent("gpio.read(pins.HELP)"), agent("gpio.read(pins.TAMPER)")) == (1, 0)
    client.tamper("open")
    assert agent("gpio.read(pins.TAMPER)") == 1
    assert "You must setup() the GPIO channel first" in agent("gpio.read(pins.CANCEL)")


def test_edges_from_outside_call_back_on_a_thread_of_lgpio(agent: Agent, client: BoardClient) -> None:
    agent("gpio.set_input(pins.CANCEL)")
    agent("gpio.set_input(pins.HELP)")
    assert agent("gpio.watch(pins.CANCEL, edge)") is None
    client.press("help", ms=1)  # nobody watches it: the next line of the agent is not about it
    client.press("cancel", ms=50)
    assert agent.hear() == ["edge", 22, 0, False]
    assert agent.hear() == ["edge", 22, 1, False]


def test_released_line_no_longer_calls_back(agent: Agent, client: BoardClient) -> None:
    agent("gpio.set_input(pins.CANCEL)")
    agent("gpio.watch(pins.CANCEL, edge)")
    assert agent("gpio.release([pins.CANCEL])") is None
    client.press("cancel", ms=1)
    assert agent("'still here'") == "still here"


def test_wave_is_recorded_with_its_frequency_and_bad_ones_are_refused(agent: Agent, client: BoardClient) -> None:
    agent("gpio.set_output(pins.BUZZER, 0)")
    agent("globals().update(wave=gpio.pwm(pins.BUZZER, 100))")
    assert client.waves() == {}
    agent("wave.start(1500)")
    assert client.waves() == {"buzzer": {"frequency_hz": 1500.0, "duty_percent": 50.0}}
    agent("wave.stop()")
    assert client.waves() == {}
    assert "bad PWM frequency" in agent("wave.start(20_000)")
    assert "set up as an OUTPUT" in agent("gpio.write(pins.LIGHT_1, 1)")


def test_line_of_another_process_is_refused_until_that_ends(agent: Agent, client: BoardClient, tmp_path: Path) -> None:
    agent("gpio.set_output(pins.LIGHT_1, 1)")
    other = Agent(tmp_path / "board")
    other("gpio.start()")
    try:
        assert "GPIO 5 (light_1): GPIO busy: check its wiring" in other("gpio.set_output(pins.LIGHT_1, 0)")
        agent.kill()
        deadline = time.monotonic() + 10
        while "busy" in str(other("gpio.set_output(pins.LIGHT_1, 0)")):
            assert time.monotonic() < deadline
        assert client.lines()["light_1"] == 0
    finally:
        other.kill()


def test_killed_board_is_an_error_at_once_that_names_the_remedy(agent: Agent, board: BoardProcess) -> None:
    agent("gpio.set_input(pins.TAMPER)")
    board.kill()
    started = time.monotonic()
    for _ in range(2):
        failed = agent("gpio.read(pins.TAMPER)")
        assert failed.startswith("GpioError GPIO 17 (tamper)") and "start it, then restart this process" in failed
    assert time.monotonic() - started < 1
    assert agent("gpio.stop()") is None


def test_board_that_hangs_is_an_error_within_seconds(agent: Agent, board: BoardProcess) -> None:
    assert board.process is not None
    agent("gpio.set_input(pins.TAMPER)")
    board.process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    try:
        assert "is gone (timed out)" in agent("gpio.read(pins.TAMPER)")
        assert time.monotonic() - started < 5
    finally:
        board.process.send_signal(signal.SIGCONT)


def test_start_without_a_board_is_refused(tmp_path: Path) -> None:
    agent = Agent(tmp_path / "nothing")
    try:
        refused = agent("gpio.start()")
        assert "can not open gpiochip: no virtual board at" in refused and "nothing/gpio.sock" in refused
        assert "GPIO is not started" in agent("gpio.read(pins.TAMPER)")
    finally:
        agent.kill()


@pytest.mark.parametrize(
    ("folder", "remedy"),
    [(None, "run on a Raspberry Pi or a virtual board"), ("/proc", "start the agent in a folder it may write")],
)
def test_start_over_the_real_lgpio_off_a_pi_is_refused(tmp_path: Path, folder: str | None, remedy: str) -> None:
    code = "from board.gpio import Gpio; Gpio().start()"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("RPI_LGPIO")}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=folder or tmp_path, env=bare, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "board.errors.GpioError" in ended.stderr and remedy in ended.stderr


async def test_nfc_reset_pulse_wakes_a_chip_that_hangs(agent: Agent, board: BoardProcess) -> None:
    board.client.chip("hung")
    reader = NfcReader(board.paths["nfc"])
    with pytest.raises(ReaderError):
        await reader.start()
    since = board.client.history()[-1]["n"]
    assert agent("gpio.reset_nfc()") is None
    happened = [(each["what"], each.get("level")) for each in board.client.history(since)]
    assert happened == [("line", 0), ("line", 1), ("reset", None)]
    await reader.start()
    await reader.stop()


def test_debounce_is_refused(agent: Agent) -> None:
    agent("gpio.set_input(pins.HELP)")
    detect = "gpio._module.add_event_detect(pins.HELP, gpio._module.BOTH, bouncetime=5)"
    refused = f"exec('try:\\n {detect}\\nexcept Exception as error: answer = str(error)') or answer"
    assert "bad debounce microseconds" in agent(refused)
