"""The fleet: what it hears of the terminal, what it orders, and how long the terminal keeps what the fleet holds."""

import asyncio
from typing import TYPE_CHECKING

from msgspec import structs

from agent.backoff import Backoff
from agent.command.actions import Actions
from agent.command.commands import Commands
from agent.command.types import TYPES
from agent.config.configuration import Configuration
from agent.config.trial import Trial
from agent.journal.device import Device, NoDevice
from agent.keys.rotation import Rotation
from agent.redact import Guard
from agent.report.alarms import Alarms, Thresholds, rules
from agent.report.guarded_link import GuardedLink
from agent.report.home_assistant import HomeAssistant
from agent.report.info import Info
from agent.report.readings import Readings
from agent.report.reporter import Reporter
from agent.report.retention import Retention
from agent.report.topics import Topics
from agent.report.vitals import Vitals
from agent.report.vitals_period import NAME as VITALS_PERIOD
from agent.report.vitals_period import vitals_period
from agent.sale import kinds
from board.main.hardware import Hardware
from board.main.link import paho_link
from board.main.sale import Sale
from board.main.state import State
from board.main.update import updates
from board.settings.sections import Settings, shown

if TYPE_CHECKING:
    from board.renewal import Renewal


class Fleet:
    """The parts that report to the fleet and do what it orders."""

    def __init__(self, settings: Settings, state: State, hardware: Hardware, sale: Sale, guard: Guard) -> None:
        self.topics = Topics(settings.terminal.fleet, settings.terminal.serial)
        self.reporter = self._reporter(settings, state, hardware, sale, guard)
        self.vitals = self._vitals(settings, state, hardware, sale)
        self.updates = updates(state, sale, asyncio.Event())
        self.actions = self._actions(settings, state, hardware, sale)
        self.commands = Commands(
            state.journal, self.topics, state.keys, state.clock, self.actions.handlers(), self.reporter.say
        )
        self.configuration = self._configuration(settings, state, sale)
        self.retention = _retention(settings, state, hardware, sale)
        self.rotation = Rotation(state.journal, state.keys)

    def _reporter(self, settings: Settings, state: State, hardware: Hardware, sale: Sale, guard: Guard) -> Reporter:
        link = settings.link
        return Reporter(
            GuardedLink(paho_link(settings, hardware.tls), guard, state.journal),
            state.journal,
            self.topics,
            state.keys,
            hardware.machine,
            Info(hardware.machine, sale.gate.history, state.keys, TYPES),
            state.lifecycle,
            state.clock,
            Backoff(link.backoff_base_ms, link.backoff_cap_ms),
            HomeAssistant(self.topics) if link.home_assistant else None,
        )

    def _vitals(self, settings: Settings, state: State, hardware: Hardware, sale: Sale) -> Vitals:
        readings = Readings(
            hardware.machine, state.journal, sale.gate, state.lifecycle, hardware.inputs, state.clock, self.reporter
        )
        alarms = Alarms(state.journal, rules(Thresholds(**structs.asdict(settings.alarms))))
        return Vitals(readings, alarms, self.reporter, settings.link.vitals_period_s * 1000)

    def _actions(self, settings: Settings, state: State, hardware: Hardware, sale: Sale) -> Actions:
        return Actions(
            sale.gate,
            state.lifecycle,
            sale.counter,
            self.reporter,
            self.vitals,
            state.journal,
            hardware.machine,
            shown(settings),
            _renewal(state, hardware),
            self.updates,
        )

    def _configuration(self, settings: Settings, state: State, sale: Sale) -> Configuration:
        trial = Trial(sale.gate, state.store, state.high_water, state.keys, state.lifecycle, sale.counter, state.clock)
        settable = {VITALS_PERIOD: vitals_period(self.vitals, settings.link.vitals_period_s)}
        return Configuration(state.journal, self.topics, state.keys, trial, settable, self.reporter.say)


def _renewal(state: State, hardware: Hardware) -> "Renewal | None":
    if hardware.tls is None:
        return None
    from board.renewal import Renewal

    return Renewal(hardware.tls.identity, state.clock)


def _device(hardware: Hardware) -> Device:
    if hardware.tls is None:
        return NoDevice()
    from board.device import DeviceSigner

    return DeviceSigner(hardware.tls.identity)


def _retention(settings: Settings, state: State, hardware: Hardware, sale: Sale) -> Retention:
    # What the gate keeps in reserve must not be touched before something was given up for it.
    short_kib = 2 * sale.gate.policy.reserve_kib
    days = settings.journal.retention_days
    return Retention(
        state.journal,
        state.clock,
        state.machine_vitals,
        sale.counter,
        kinds.PENDING,
        days,
        short_kib,
        _device(hardware),
    )
