"""A counter that is spoiled and set right again, and what came of each sale at it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from tools.rig.files import binding_document
from tools.rig.journal import JournalEntry
from tools.rig.rig import Rig


@dataclass(frozen=True, slots=True)
class Sale:
    """What came of one sale: what the till heard, and what happened from its asking until its answer."""

    response: dict[str, str]
    apdus: int
    """The command APDUs that the card at the reader counted."""
    messages: list[str]
    """The types of the messages that reached the acquirer."""
    charges: list[object]
    """The states of the charges that the acquirer booked."""
    entries: list[JournalEntry]
    """The journal's entries about this very sale."""


class Counter:
    """One rig whose agent is stopped, provisioned and started as often as a test wants."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._version = 1
        self._sales = 0
        self._seen = 0

    def sell(self, amount: str = "", currency: str = "CNY", merchant: str = "", card: str = "unionpay") -> Sale:
        """Ask for a payment while `card` is already at the reader; "" for none. Each usual amount is another one: the
        same card with the same amount would be warned of."""
        amount = amount or f"{1 + self._sales // 100}.{self._sales % 100:02d}"
        if card:
            self.rig.board.tap(card)
        try:
            return self.watched(lambda name: self.rig.till.pay(name, amount, currency, merchant))
        finally:
            self.rig.board.remove()

    def watched(self, pay: "Callable[[str], dict[str, dict[str, str]]]") -> Sale:
        """Have the till ask by `pay`, which is given the sale's name and returns the PaymentResponse, and look on."""
        self._sales += 1
        name = f"REFUSALS-{self._sales}"
        acquirer = self.rig.acquirer
        head = self.rig.journal()[-1].sequence
        told, booked = len(acquirer.messages()), len(acquirer.ledger())
        self._happened()
        response = pay(name)["Response"]
        return Sale(
            response,
            self._happened().count("apdu"),
            [str(row["mti"]) for row in acquirer.messages()[told:] if row["direction"] == "in"],
            [row["state"] for row in acquirer.ledger()[booked:]],
            [entry for entry in self.rig.journal(head) if str(entry.body.get("till", "")).endswith(f"/{name}")],
        )

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The agent does not run meanwhile."""
        self.rig.agent.stop()
        try:
            yield
        finally:
            self.rig.start_agent()

    def restart(self) -> None:
        """Stop the agent and start it again."""
        with self.stopped():
            pass

    def issue(self, **changes: object) -> None:
        """Have a new version of the binding signed, with `changes` to the usual one."""
        self._version += 1
        self.rig.files.sign_binding(binding_document(self._version, **changes))

    def install(self, **changes: object) -> None:
        """Have one issued and installed."""
        self.issue(**changes)
        self.rig.install_binding()

    @contextmanager
    def bound(self, **changes: object) -> Iterator[None]:
        """The binding in force has `changes`, and is the usual one afterwards."""
        self.install(**changes)
        try:
            yield
        finally:
            self.install()

    def forget_everything(self) -> None:
        """Make it a new terminal, which was never set up; the agent must not run."""
        for path in self.rig.files.state.iterdir():
            path.unlink()

    def set_up_anew(self, **changes: object) -> None:
        """Put a new terminal in its place, whose first binding has `changes`."""
        with self.stopped():
            self.forget_everything()
            self.install(**changes)

    def wait_for_entry(self, kind: str, after: int) -> None:
        """Wait until the journal has an entry of `kind` behind the one numbered `after`."""
        self.rig.wait_until(lambda: any(entry.kind == kind for entry in self.rig.journal(after)), kind)

    def write_down(self, write: Callable[[SqliteJournal], Awaitable[object]], days: int = 0) -> None:
        """Let `write` append to the journal as of `days` from now; the agent must not run."""

        async def open_and_write() -> None:
            clock = ShiftedClock(self.rig.files.clock_mark, days)
            journal = SqliteJournal(self.rig.files.journal_file, clock, "a-test")
            await journal.start()
            try:
                await write(journal)
            finally:
                await journal.stop()

        asyncio.run(open_and_write())

    def _happened(self) -> list[str]:
        """What happened on the board since this was asked last."""
        happenings = self.rig.board.history(self._seen)
        if happenings:
            self._seen = happenings[-1]["n"]
        return [one["what"] for one in happenings]


Cause = Callable[[Counter], AbstractContextManager[None]]
"""Spoils the counter on entry, so that a sale ends before the card, and sets it right on exit."""


class ShiftedClock(SystemClock):
    """The system's clock, `days` off."""

    def __init__(self, mark: Path, days: int) -> None:
        super().__init__(mark)
        self.days = days

    def utc(self, days: int = 0, seconds: int = 0) -> str:
        """See `agent.clock.Clock.utc`."""
        return super().utc(self.days + days, seconds)


@contextmanager
def running_counter(directory: Path) -> Iterator[Counter]:
    """A counter in `directory`, as `Rig` wants it."""
    with Rig(directory) as rig:
        yield Counter(rig)


def assert_sold(sale: Sale) -> None:
    """The card was read, the acquirer booked one charge, and the till and the journal say so."""
    assert (sale.response["Result"], sale.charges) == ("Success", ["approved"]), sale
    assert sale.apdus > 0
    assert sale.messages.count("0200") == 1
    assert [entry.kind for entry in sale.entries] == ["sale.authorising"]


def assert_ended_before_the_card(sale: Sale, code: str, condition: str, kind: str) -> None:
    """The till heard `code` under the nexo `condition`, the journal has it in an entry of `kind`, and neither a card at
    the reader nor the acquirer was asked for anything."""
    assert sale.response == {"Result": "Failure", "ErrorCondition": condition, "AdditionalResponse": code}
    assert sale.apdus == 0
    assert (sale.charges, sale.messages.count("0200")) == ([], 0)
    assert [(entry.kind, entry.body["code"]) for entry in sale.entries] == [(kind, code)]


def assert_refused(sale: Sale, code: str) -> None:
    """The gate refused with `code`."""
    assert_ended_before_the_card(sale, code, "NotAllowed", "gate.refused")
