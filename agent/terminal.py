"""The terminal: holds the tasks together, and starts, stops and restarts each of them."""

import asyncio

from agent import signals
from agent.binding.gate import Gate
from agent.binding.ports import HighWater
from agent.binding.take_up import take_up
from agent.card.session import CardSession
from agent.command.commands import Commands
from agent.config.configuration import Configuration
from agent.errors import JumpGuardError
from agent.inputs import CANCEL, Inputs
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.keys.rotation import Rotation
from agent.lifecycle import CLOCK_FLOOR, STARTED, TAMPERED, Lifecycle
from agent.lights import Lights
from agent.readiness import Readiness
from agent.report.ports import Machine
from agent.report.reporter import Reporter
from agent.report.retention import Retention
from agent.report.vitals import Vitals
from agent.sale.counter import Counter
from agent.supervise import Supervisor
from agent.update.updates import Updates

STOPPED = "terminal.stopped"
TASK_FAILED = "task.failed"
HELP_WANTED = "help.wanted"

TAMPER_SWITCH = "tamper_switch"


class Terminal:
    """Everything that one terminal does. It starts whatever the binding, the reader, the acquirer or the broker are."""

    def __init__(
        self,
        journal: Journal,
        lifecycle: Lifecycle,
        gate: Gate,
        high_water: HighWater,
        inputs: Inputs,
        lights: Lights,
        cards: CardSession,
        counter: Counter,
        reporter: Reporter,
        machine: Machine,
        vitals: Vitals,
        commands: Commands,
        configuration: Configuration,
        retention: Retention,
        rotation: Rotation,
        updates: Updates,
    ) -> None:
        self.journal = journal
        self.lifecycle = lifecycle
        self.gate = gate
        self.high_water = high_water
        self.inputs = inputs
        self.lights = lights
        self.cards = cards
        self.counter = counter
        self.reporter = reporter
        self.machine = machine
        self.vitals = vitals
        self.commands = commands
        self.configuration = configuration
        self.retention = retention
        self.rotation = rotation
        self.updates = updates
        reporter.receivers = {"cmd": commands, "config": configuration, "keys": rotation}
        self.readiness = Readiness(gate, lifecycle, journal, lights, cards, counter)
        self.supervisor = Supervisor(self._task_failed)
        self._opened = asyncio.Event()
        self._help_wanted = asyncio.Event()
        # The till is answered once the tamper switch was read, or could not be: then every sale is refused.
        self._inputs_tried = asyncio.Event()

    async def start(self) -> None:
        """Find out where the last run ended, finish it, and begin. Raises JournalError."""
        self.lights.show(signals.STARTING)
        self.journal.on_append(self.reporter.nudge)
        await self.lifecycle.start()
        if self.lifecycle.state == TAMPERED:
            self.lights.show(signals.TAMPERED)
        await self.gate.history.start()
        await self.vitals.alarms.start()
        begun = {"software": self.machine.info()["software"], CLOCK_FLOOR: self.gate.history.floor}
        await self.journal.append(Record(STARTED, begun))
        await self.rotation.start()
        await take_up(self.gate, self.high_water, self.lifecycle, self.journal)
        await self.counter.start()
        await self.commands.start()
        await self.configuration.start()
        self.inputs.on_tamper(self._tamper_changed)
        self.inputs.on_button(self._pressed)
        self.supervisor.start("inputs", self._watch_inputs)
        await self._inputs_tried.wait()
        self.supervisor.start("reversals", self.counter.reversal_worker.run)
        self.supervisor.start("tamper", self._latch_tamper)
        self.supervisor.start("help", self._call_for_help)
        self.supervisor.start("vitals", self.vitals.run)
        self.supervisor.start("reporter", self.reporter.run)
        self.supervisor.start("commands", self.commands.run)
        self.supervisor.start("configuration", self.configuration.run)
        self.supervisor.start("retention", self.retention.run)
        self.supervisor.start("updates", self.updates.run)
        self.supervisor.start("prepare", self.readiness.keep)
        self.supervisor.start("lights", self.readiness.rest_lights)

    async def stop(self, patience_ms: int) -> None:
        """Let a sale that is under way come to its end for up to `patience_ms`, then end everything."""
        self.counter.abort()
        waited = 0
        while self.counter.busy and waited < patience_ms:
            await asyncio.sleep(0.05)
            waited += 50
        await self.supervisor.stop()
        await self.inputs.stop()
        await self.cards.stop()
        await self.journal.append(Record(STOPPED, {}))
        await self.reporter.stop()
        self.lights.show(signals.STOPPED)

    async def _watch_inputs(self) -> None:
        try:
            await self.inputs.start()
        finally:
            self._inputs_tried.set()
        self._tamper_changed(self.inputs.tampered)

    def _tamper_changed(self, tampered: bool) -> None:
        if tampered:
            self._opened.set()

    async def _latch_tamper(self) -> None:
        while True:
            await self._opened.wait()
            self.counter.abort()
            self.lights.show(signals.TAMPERED)
            # Cleared last: a latch that could not be written down is tried again.
            await self.lifecycle.become(TAMPERED, TAMPER_SWITCH)
            self._opened.clear()

    async def _call_for_help(self) -> None:
        while True:
            await self._help_wanted.wait()
            self._help_wanted.clear()
            await self.journal.append(Record(HELP_WANTED, {}))
            # Only now: who hears it may rely on it that the fleet will hear of it, too.
            self.lights.show(signals.HELP)

    def _pressed(self, name: str) -> None:
        if name == CANCEL:
            self.counter.abort()
        else:
            self._help_wanted.set()

    async def _task_failed(self, name: str, error: Exception, times: int) -> None:
        # The 1st, 2nd, 4th, 8th ... failure: a task that never comes up does not fill the journal.
        if times & (times - 1):
            return
        # Only our own messages are known to hold no card data; of any other error its type alone is told.
        text = str(error) if isinstance(error, JumpGuardError) else ""
        await self.journal.append(
            Record(TASK_FAILED, {"task": name, "error": type(error).__name__, "times": times, "detail": text})
        )
