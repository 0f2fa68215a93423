"""A whole counter: the core's own parts on the ports of this folder, put together as `board.main` does it."""

import asyncio

from agent import signals
from agent.backoff import Backoff
from agent.binding.gate import Gate
from agent.binding.history import History
from agent.binding.ports import Keys
from agent.card.session import CardSession
from agent.command.actions import Actions
from agent.command.commands import Commands
from agent.command.types import TYPES
from agent.config.configuration import Configuration
from agent.config.trial import Trial
from agent.journal.device import NoDevice
from agent.keys.rotation import Rotation
from agent.lifecycle import ACTIVE, Lifecycle
from agent.lights import Lights
from agent.report.alarms import Alarms, Thresholds, rules
from agent.report.info import Info
from agent.report.readings import Readings
from agent.report.reporter import Reporter
from agent.report.retention import Retention
from agent.report.topics import Topics
from agent.report.vitals import Vitals
from agent.report.vitals_period import NAME as VITALS_PERIOD
from agent.report.vitals_period import vitals_period
from agent.sale import kinds
from agent.sale.counter import Counter, SaleRequest
from agent.sale.exchange import Exchange
from agent.sale.outcome import Outcome
from agent.sale.same_card import WARN, SameCard
from agent.sale.sign_on import SignOn
from agent.sale.traces import Traces
from agent.terminal import Terminal
from agent.update.trial import Trial as UpdateTrial
from agent.update.updates import Updates
from tests.portable.helpers import end, settle, until
from tests.portable.ports.acquirer import ScriptedAcquirer
from tests.portable.ports.binding import POLICY, SERIAL, MemoryMark, MemoryRing, MemoryStore, document
from tests.portable.ports.certificates import PretendedCertificates
from tests.portable.ports.fleet import MemoryLink
from tests.portable.ports.journal import MemoryJournal
from tests.portable.ports.machine import Case, DeskMachine, Disk, ManualClock, RecordingSignals
from tests.portable.ports.reader import SECRETS, ScriptedReader
from tests.portable.ports.slots import MemorySlots

AMOUNT = 1880
LIMITS = Thresholds(
    temperature_c=80, disk_free_mib=256, memory_available_mib=64, undervoltage_quiet_s=600, outbox_age_s=3600,
    clock_unsynced_s=14_400, reader_failing_s=120, certificate_days=30, hold_s=120,
)  # fmt: skip


class Shop:
    """One terminal with a binding in its store. A `journal` that is given is what an earlier run left behind."""

    def __init__(
        self,
        journal: "MemoryJournal | None" = None,
        same_card: str = WARN,
        boot_id: str = "boot-1",
        slots: "MemorySlots | None" = None,
    ) -> None:
        self.clock = ManualClock()
        self.keys = MemoryRing()
        self.store = MemoryStore()
        self.store.put(document(), self.keys)
        self.mark = MemoryMark(3)
        self.case = Case()
        self.lights = RecordingSignals()
        self.display = Lights(self.lights)
        self.reader = ScriptedReader()
        self.acquirer = ScriptedAcquirer()
        self.link = MemoryLink()
        self.machine = DeskMachine()
        self.machine.boot_id = boot_id
        self.journal = journal or MemoryJournal(self.clock)
        self.journal.boot_id = boot_id
        self.disk = Disk()
        self.history = History(self.journal, self.clock)
        self.gate = Gate(
            SERIAL, self.store, self.mark, self.keys, self.case, self.clock, self.history, self.disk, self.acquirer,
            POLICY,
        )  # fmt: skip
        self.lifecycle = Lifecycle(self.journal)
        self.cards = CardSession(self.reader, self.display, self.clock, SERIAL, 60_000)
        self.traces = Traces(len(self.journal.entries))
        self.sign_on = SignOn(self.acquirer, self.journal, self.traces, 30_000)
        self.exchange = Exchange(self.acquirer, self.journal, self.clock, self.sign_on, 30_000)
        self.counter = Counter(
            self.gate, self.lifecycle, self.cards, self.display, self.clock, self.journal, self.exchange, self.sign_on,
            self.traces, SameCard(self.journal, self.clock, self.machine.boot_id, same_card, 60), Backoff(1, 1),
        )  # fmt: skip
        topics = Topics("demo", SERIAL)
        self.reporter = Reporter(
            self.link, self.journal, topics, self.keys, self.machine,
            Info(self.machine, self.history, self.keys, TYPES), self.lifecycle, self.clock, Backoff(1, 1),
        )  # fmt: skip
        self.readings = Readings(
            self.machine, self.journal, self.gate, self.lifecycle, self.case, self.clock, self.reporter
        )
        self.alarms = Alarms(self.journal, rules(LIMITS))
        self.vitals = Vitals(self.readings, self.alarms, self.reporter, 60_000)
        self.certificates = PretendedCertificates()
        self.slots = slots or MemorySlots()
        update_trial = UpdateTrial(self.slots, self.journal, self.gate, self.lifecycle, self.counter)
        self.updates = Updates(self.slots, self.journal, self.counter, update_trial, asyncio.Event())
        self.actions = Actions(
            self.gate, self.lifecycle, self.counter, self.reporter, self.vitals, self.journal, self.machine,
            {"link": {"port": 1883}}, self.certificates, self.updates,
        )  # fmt: skip
        keys: Keys = self.keys
        self.commands = Commands(self.journal, topics, keys, self.clock, self.actions.handlers(), self.reporter.say)
        self.trial = Trial(self.gate, self.store, self.mark, keys, self.lifecycle, self.counter, self.clock)
        self.trial.between_attempts_s = 0.0
        self.trial.backoff = Backoff(1, 1)
        settable = {VITALS_PERIOD: vitals_period(self.vitals, 60)}
        self.configuration = Configuration(self.journal, topics, keys, self.trial, settable, self.reporter.say)
        self.terminal = Terminal(
            self.journal, self.lifecycle, self.gate, self.mark, self.case, self.display, self.cards, self.counter,
            self.reporter, self.machine, self.vitals, self.commands, self.configuration,
            Retention(self.journal, self.clock, self.disk, self.counter, kinds.PENDING, 180, 32_768, NoDevice()),
            Rotation(self.journal, self.keys), self.updates,
        )  # fmt: skip

    async def open(self) -> "Shop":
        """Start what a sale needs, without the tasks of a terminal."""
        await self.lifecycle.start()
        await self.history.start()
        if self.lifecycle.state != ACTIVE:
            await self.lifecycle.become(ACTIVE, "test")
        await self.counter.start()
        return self

    async def sell(self, till: str = "till/1", amount: int = AMOUNT, merchant: str = "") -> Outcome:
        """Take one payment in CNY."""
        return await self.counter.pay(SaleRequest(till, amount, "156", merchant))

    async def work_off(self) -> None:
        """Work off the reversals that are due, until none is."""
        worker = asyncio.create_task(self.counter.reversal_worker.run())
        try:
            await until(lambda: not self.unreversed() or worker.done())
            await until(lambda: not self.counter.conversation.locked())
        finally:
            await end(worker)

    def unreversed(self) -> int:
        """How many reversals are queued and neither settled nor given up."""
        ended = len(self.journal.of(kinds.REVERSAL_SETTLED)) + len(self.journal.of(kinds.REVERSAL_UNRESOLVED))
        return len(self.journal.of(kinds.REVERSAL_QUEUED)) - ended

    def steps(self) -> "list[str]":
        """The kinds of the sale's own entries: those of the acquirer's sign-on, lifecycle and binding left out."""
        return self.journal.kinds("acquirer", "lifecycle", "binding")

    def assert_no_card_data(self, *texts: object) -> None:
        """Assert that neither the journal, nor what messages print, nor `texts` hold card data."""
        shown = [self.journal.text(), repr(self.acquirer.sent)]
        shown.extend([repr(text) + str(text) for text in texts])
        for secret in SECRETS:
            for text in shown:
                assert secret not in text, "{} is in {}".format(secret, text)


async def opened(journal: "MemoryJournal | None" = None, same_card: str = WARN) -> Shop:
    """A shop that is open."""
    return await Shop(journal, same_card).open()


async def running(shop: "Shop | None" = None) -> Shop:
    """A terminal that has started and prepared itself."""
    shop = shop or Shop()
    await shop.terminal.start()
    await until(lambda: bool(shop.link.wills))
    await until(lambda: shop.lights.shown[-1] != signals.STARTING)
    await settle()
    return shop


async def off(shop: Shop) -> None:
    """End a terminal that runs."""
    await shop.terminal.stop(1000)


def told(found: "Outcome | None") -> "tuple[str, str]":
    """The result of a sale and its code; there must be one."""
    assert found is not None
    return found.result, found.code


async def sale_at_the_card(shop: Shop, till: str = "till/1") -> "asyncio.Task[Outcome]":
    """A sale that waits for its card."""
    shop.reader.card = None
    shop.reader.waiting = asyncio.Event()
    selling = asyncio.create_task(shop.sell(till))
    await shop.reader.waiting.wait()
    return selling


async def sale_at_the_acquirer(shop: Shop) -> "asyncio.Task[Outcome]":
    """A sale whose message is out and has no answer yet."""
    selling = await sale_at_the_card(shop)
    shop.acquirer.held = asyncio.Event()
    shop.reader.present()
    await until(lambda: bool(shop.acquirer.sent))
    return selling
