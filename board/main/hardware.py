"""What the terminal is built of, and what it tells of that: lights, sounds, switches, reader, device certificate."""

from agent.lights import Lights
from agent.redact import Guard
from board.gpio import Gpio
from board.inputs import Inputs
from board.machine import BoardMachine
from board.main.link import link_tls
from board.main.state import State
from board.panel import Panel
from board.reader import NfcReader
from board.settings.sections import Settings


class Hardware:
    """The parts that touch the machine, and the machine as the fleet hears of it."""

    def __init__(self, settings: Settings, state: State, guard: Guard) -> None:
        self.gpio = Gpio()
        self.panel = Panel(self.gpio)
        self.lights = Lights(self.panel)
        self.inputs = Inputs(self.gpio)
        self.reader = NfcReader(settings.reader.port, settings.reader.poll_ms, self.gpio.reset_nfc)
        self.tls = link_tls(settings, state.clock)
        self.machine = BoardMachine(state.machine_vitals, self.reader, settings.machine.sys, self.tls, guard)
