"""`python -m board`: the terminal as systemd starts it. Only here are core, adapters and board put together."""

import asyncio
import json
import logging
import secrets
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from agent.adapters.binding_store import HighWaterFile, TinyBindingStore
from agent.adapters.iso8583 import Iso8583Acquirer, Secret
from agent.adapters.local_api import LocalApi
from agent.adapters.paho_link import PahoLink
from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.adapters.trusted_keys import TrustedKeys
from agent.backoff import Backoff
from agent.binding.gate import Gate, Policy
from agent.binding.history import History
from agent.binding.install import install
from agent.card.session import CardSession
from agent.command.actions import Actions
from agent.command.commands import Commands
from agent.command.types import TYPES
from agent.config.configuration import Configuration
from agent.config.trial import Trial
from agent.errors import JumpGuardError
from agent.errors import SettingsError as AgentSettingsError
from agent.lifecycle import Lifecycle
from agent.lights import Lights
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
from agent.sale.counter import Counter
from agent.sale.exchange import Exchange
from agent.sale.same_card import SameCard
from agent.sale.sign_on import SignOn
from agent.sale.traces import Traces
from agent.terminal import Terminal
from board.arguments import parsed
from board.by_hand import clear, settle
from board.errors import BoardError, SettingsError
from board.gpio import Gpio
from board.hardening import forbid_memory_dumps
from board.inputs import Inputs
from board.log import start as start_log
from board.machine import BoardMachine
from board.panel import Panel
from board.private_file import secret
from board.reader import NfcReader
from board.settings.acquirer import AcquirerSettings
from board.settings.api import ApiSettings
from board.settings.file import load
from board.settings.gate import GateSettings
from board.settings.sections import Settings, shown
from board.vitals import Vitals as MachineVitals

if TYPE_CHECKING:
    from board.identity import Identity
    from board.link_tls import LinkTls
    from board.renewal import Renewal

log = logging.getLogger(__name__)

MERCHANT_FILE = "merchant.json"
HIGH_WATER_FILE = "high_water.json"
JOURNAL_FILE = "journal.sqlite"

FAILED = 1
UNUSABLE = 2
# What started the terminal is to start it again: systemd does, with Restart=always.
RESTART_WANTED = 3


class Parts:
    """Everything that one terminal is made of, wired and not yet started."""

    def __init__(self, settings: Settings, guard: Guard | None = None) -> None:
        self.settings = settings
        self.guard = guard or Guard()
        state = settings.terminal.state_dir
        serial = settings.terminal.serial
        self.topics = Topics(settings.terminal.fleet, serial)
        self.gpio = Gpio()
        self.panel = Panel(self.gpio)
        self.lights = Lights(self.panel)
        self.inputs = Inputs(self.gpio)
        self.clock = SystemClock(settings.machine.clock_mark)
        vitals = self.space = MachineVitals(state, settings.machine.proc, settings.machine.sys)
        self.reader = NfcReader(settings.reader.port, settings.reader.poll_ms, self.gpio.reset_nfc)
        self.tls = _link_tls(settings, self.clock)
        self.machine = BoardMachine(vitals, self.reader, settings.machine.sys, self.tls, self.guard)
        self.keys = TrustedKeys(settings.trust.keys_file, settings.trust.root_public)
        self.high_water = HighWaterFile(state / HIGH_WATER_FILE)
        self.store = TinyBindingStore(state / MERCHANT_FILE)
        self.journal = SqliteJournal(state / JOURNAL_FILE, self.clock, self.machine.boot_id)
        self.acquirer = _acquirer(settings.acquirer)
        self.gate = Gate(
            serial,
            self.store,
            self.high_water,
            self.keys,
            self.inputs,
            self.clock,
            History(self.journal, self.clock),
            vitals,
            self.acquirer,
            _policy(settings.gate),
        )
        self.lifecycle = Lifecycle(self.journal)
        self.cards = CardSession(self.reader, self.lights, self.clock, serial, settings.reader.card_timeout_ms)
        self.counter = self._counter(settings)
        self.reporter = self._reporter(settings)
        self.vitals = self._vitals(settings)
        self.actions = Actions(
            self.gate,
            self.lifecycle,
            self.counter,
            self.reporter,
            self.vitals,
            self.journal,
            self.machine,
            shown(settings),
            self._renewal(),
        )
        self.api = LocalApi(
            self.counter,
            settings.api.host,
            settings.api.port,
            settings.api.names,
            settings.api.connections,
            _tls(settings.api),
            secret(settings.api.token_file, "bearer token"),
            version("jumpguard"),
        )
        self.terminal = Terminal(
            self.journal,
            self.lifecycle,
            self.gate,
            self.high_water,
            self.inputs,
            self.lights,
            self.cards,
            self.counter,
            self.reporter,
            self.machine,
            self.vitals,
            Commands(self.journal, self.topics, self.keys, self.clock, self.actions.handlers(), self.reporter.say),
            self._configuration(settings),
            self._retention(settings),
        )

    def _renewal(self) -> "Renewal | None":
        if self.tls is None:
            return None
        from board.renewal import Renewal

        return Renewal(self.tls.identity, self.clock)

    def _configuration(self, settings: Settings) -> Configuration:
        trial = Trial(self.gate, self.store, self.high_water, self.keys, self.lifecycle, self.counter, self.clock)
        settable = {VITALS_PERIOD: vitals_period(self.vitals, settings.link.vitals_period_s)}
        return Configuration(self.journal, self.topics, self.keys, trial, settable, self.reporter.say)

    def _counter(self, settings: Settings) -> Counter:
        acquirer = settings.acquirer
        traces = Traces()
        sign_on = SignOn(self.acquirer, self.journal, traces, acquirer.answer_timeout_ms)
        self.exchange = Exchange(self.acquirer, self.journal, self.clock, sign_on, acquirer.answer_timeout_ms)
        return Counter(
            self.gate,
            self.lifecycle,
            self.cards,
            self.lights,
            self.clock,
            self.journal,
            self.exchange,
            sign_on,
            traces,
            SameCard(
                self.journal,
                self.clock,
                self.machine.boot_id,
                settings.sale.same_card,
                settings.sale.same_card_period_s,
            ),
            Backoff(acquirer.repeat_base_ms, acquirer.repeat_cap_ms),
        )

    def _retention(self, settings: Settings) -> Retention:
        # What the gate keeps in reserve must not be touched before something was given up for it.
        short_kib = 2 * self.gate.policy.reserve_kib
        days = settings.journal.retention_days
        return Retention(self.journal, self.clock, self.space, self.counter, kinds.PENDING, days, short_kib)

    def _reporter(self, settings: Settings) -> Reporter:
        link = settings.link
        (host, port), *others = link.brokers
        name = _client_id(settings)
        paho = PahoLink(host, port, name, link.keepalive_s, link.connect_timeout_s, self.tls, others)
        return Reporter(
            GuardedLink(paho, self.guard, self.journal),
            self.journal,
            self.topics,
            self.keys,
            self.machine,
            Info(self.machine, self.gate.history, TYPES),
            self.lifecycle,
            self.clock,
            Backoff(link.backoff_base_ms, link.backoff_cap_ms),
            HomeAssistant(self.topics) if link.home_assistant else None,
        )

    def _vitals(self, settings: Settings) -> Vitals:
        return Vitals(
            Readings(self.machine, self.journal, self.gate, self.lifecycle, self.inputs, self.clock, self.reporter),
            Alarms(self.journal, rules(Thresholds(**structs.asdict(settings.alarms)))),
            self.reporter,
            settings.link.vitals_period_s * 1000,
        )


async def run(parts: Parts) -> int:
    """Run the terminal until SIGTERM, SIGINT or the fleet's order to restart, and return the exit code.

    One JSON line on standard output says that it is ready, and where.

    A SIGINT that comes while the reader is opened may be lost: nfcpy calls system(3), which ignores it meanwhile.
    """
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    parts.keys.load()
    if parts.keys.problem:
        log.error("%s", parts.keys.problem)
    await parts.journal.start()
    try:
        await _start_panel(parts)
        await parts.terminal.start()
        try:
            await parts.api.start()
            print(json.dumps({"ready": True, "api": parts.api.address}), flush=True)  # noqa: T201
            restarts = await _until_ended(ended, parts.actions.restart_wanted)
            parts.api.stop()
        finally:
            await parts.terminal.stop(parts.settings.acquirer.answer_timeout_ms)
    finally:
        await parts.journal.stop()
        await parts.panel.stop()
        parts.gpio.stop()
    return RESTART_WANTED if restarts else 0


async def _until_ended(ended: asyncio.Event, restart_wanted: asyncio.Event) -> bool:
    """Wait for whichever comes first; True when it is a restart."""
    waits = [asyncio.ensure_future(event.wait()) for event in (ended, restart_wanted)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return not ended.is_set()


async def _start_panel(parts: Parts) -> None:
    """Without lights the terminal goes on: it reports, and refuses payments since the tamper switch cannot be read."""
    try:
        parts.gpio.start()
        await parts.panel.start()
    except BoardError as error:
        log.error("%s", error)


def _policy(settings: GateSettings) -> Policy:
    return Policy(
        reserve_kib=settings.reserve_kib,
        most_switches=settings.most_switches,
        switch_days=settings.switch_days,
        margin_days=settings.margin_days,
    )


def _acquirer(settings: AcquirerSettings) -> Iso8583Acquirer:
    tmk = Secret(_key(settings.tmk_file))
    return Iso8583Acquirer(settings.host, settings.port, settings.tpdu, tmk, settings.connect_timeout_ms)


def _tls(settings: ApiSettings) -> ssl.SSLContext | None:
    if settings.certificate_file is None or settings.key_file is None:
        return None
    # Here and not above: a terminal without a certificate saves the memory of X.509.
    from agent.adapters.tls import server_context

    secret(settings.key_file, "certificate's key")
    return server_context(settings.certificate_file, settings.key_file)


def _identity(settings: Settings) -> "Identity":
    from board.identity import Identity, Pair

    link, terminal = settings.link, settings.terminal
    if link.certificate_file is None or link.key_file is None:
        raise SettingsError("[link] certificate_file and key_file are not set; without them the link is not encrypted")
    first = Pair(link.certificate_file, link.key_file)
    return Identity(terminal.fleet, terminal.serial, first, terminal.state_dir)


def _link_tls(settings: Settings, clock: SystemClock) -> "LinkTls | None":
    link = settings.link
    if link.ca_file is None:
        return None
    from board.link_tls import LinkTls

    return LinkTls(link.ca_file, _identity(settings), clock, link.clock_wait_s)


def _request_certificate(settings: Settings, request: Path) -> None:
    """Write the request for the terminal's certificate to `request`; its key is made if it is not there yet."""
    request.write_bytes(_identity(settings).enrolment_request())
    print(json.dumps({"request": str(request), "terminal": settings.terminal.serial}))  # noqa: T201


def _client_id(settings: Settings) -> str:
    """The serial with something that nobody can guess.

    A broker ends the older of two connections of one client id; nats-server does so whatever their certificates say.
    """
    return f"{settings.terminal.serial}-{secrets.token_hex(4)}"


def _key(path: Path) -> bytes:
    text = secret(path, "terminal master key")
    try:
        return bytes.fromhex(text)
    except ValueError:
        # Without `from`: the cause would quote what stands in the file.
        raise SettingsError(f"{path}: the terminal master key is not hexadecimal") from None


def _install(settings: Settings, record: Path) -> None:
    """Take the signed binding in `record` into the store of this terminal."""
    state = settings.terminal.state_dir
    keys = TrustedKeys(settings.trust.keys_file, settings.trust.root_public)
    keys.load()
    if keys.problem:
        raise SettingsError(keys.problem)
    try:
        signed = json.loads(record.read_bytes())
        document, key_id, signature = signed["document"], str(signed["key_id"]), bytes.fromhex(signed["signature"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SettingsError(f"{record}: no signed binding ({error}); have it issued again") from error
    binding = install(
        document,
        key_id,
        signature,
        settings.terminal.serial,
        TinyBindingStore(state / MERCHANT_FILE),
        HighWaterFile(state / HIGH_WATER_FILE),
        keys,
    )
    print(json.dumps({"installed": binding.version, "mid": binding.mid, "tid": binding.tid}))  # noqa: T201


async def _by_hand(settings: Settings, act: Callable[[SqliteJournal], Awaitable[dict[str, object]]]) -> None:
    """Do `act` to the journal of this terminal, which must not run, and print what it returns."""
    path = settings.terminal.state_dir / JOURNAL_FILE
    if not path.exists():
        raise SettingsError(f"{path}: there is no journal, so there is nothing to clear")
    vitals = MachineVitals(settings.terminal.state_dir, settings.machine.proc, settings.machine.sys)
    journal = SqliteJournal(path, SystemClock(settings.machine.clock_mark), vitals.boot_id())
    await journal.start()
    try:
        print(json.dumps(await act(journal)))  # noqa: T201
    finally:
        await journal.stop()


def main(arguments: list[str] | None = None) -> int:
    """Run the terminal, or do the one thing that an option other than `--settings` asks for. Returns the exit code."""
    chosen = parsed(arguments)
    guard = Guard()
    start_log(guard)
    try:
        forbid_memory_dumps()
        settings = load(chosen.settings)
        settings.terminal.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if chosen.install is not None:
            _install(settings, chosen.install)
        elif chosen.clear is not None:
            asyncio.run(_by_hand(settings, lambda journal: clear(journal, chosen.clear)))
        elif chosen.settle is not None:
            asyncio.run(_by_hand(settings, lambda journal: settle(journal, chosen.settle, chosen.why)))
        elif chosen.request_certificate is not None:
            _request_certificate(settings, chosen.request_certificate)
        else:
            return asyncio.run(run(Parts(settings, guard)))
    except (SettingsError, AgentSettingsError) as error:
        print(guard.masked(f"jumpguard: {error}"), file=sys.stderr)  # noqa: T201
        return UNUSABLE
    except (JumpGuardError, BoardError, OSError) as error:
        print(guard.masked(f"jumpguard: {error}"), file=sys.stderr)  # noqa: T201
        return FAILED
    return 0
