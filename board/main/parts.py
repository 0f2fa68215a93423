"""The whole terminal, group by group."""

from agent.redact import Guard
from agent.terminal import Terminal
from board.main.fleet import Fleet
from board.main.hardware import Hardware
from board.main.sale import Sale
from board.main.state import State
from board.main.till import local_api
from board.settings.sections import Settings


class Parts:
    """Everything that one terminal is made of, wired and not yet started."""

    def __init__(self, settings: Settings, guard: Guard | None = None) -> None:
        self.settings = settings
        self.guard = guard or Guard()
        self.state = State(settings)
        self.hardware = Hardware(settings, self.state, self.guard)
        self.sale = Sale(settings, self.state, self.hardware)
        self.fleet = Fleet(settings, self.state, self.hardware, self.sale, self.guard)
        self.api = local_api(settings.api, self.sale.counter, self.health)
        self.terminal = Terminal(
            self.state.journal,
            self.state.lifecycle,
            self.sale.gate,
            self.state.high_water,
            self.hardware.inputs,
            self.hardware.lights,
            self.sale.cards,
            self.sale.counter,
            self.fleet.reporter,
            self.hardware.machine,
            self.fleet.vitals,
            self.fleet.commands,
            self.fleet.configuration,
            self.fleet.retention,
            self.fleet.rotation,
            self.fleet.updates,
        )

    async def health(self) -> dict[str, object]:
        """What nobody can find out beside the running terminal; nothing is taken from its vitals by asking.

        `not_ready` is why it cannot sell, a code, "" if it can. Raises JournalError.
        """
        reporter, reader = self.fleet.reporter, self.hardware.reader
        return {
            "not_ready": self.terminal.readiness.why,
            "reader_open": reader.is_open,
            "reader_failing": reader.failing,
            "reader_firmware": reader.firmware,
            "lights": self.hardware.panel.works,
            "tamper": self.hardware.inputs.tampered,
            "link_connected": reporter.connected,
            "link_connections": reporter.connections,
            "acknowledged": await self.state.journal.acknowledged(),
            **await self.fleet.vitals.readings.outbox(),
        }
