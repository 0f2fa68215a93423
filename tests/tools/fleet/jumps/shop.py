"""A terminal in a shop, as far as the fleet hears of it: its entries are made by the agent's own code."""

from typing import TYPE_CHECKING

from agent import messages
from agent.binding.history import TAKEN_UP
from agent.binding.record import parse
from agent.card.aids import Candidate
from agent.card.flow import CardRead
from agent.card.track2 import Track2
from agent.journal.entry import Record
from agent.jump.match import match
from agent.messages import Message
from agent.sale import kinds, reversals
from agent.sale.counter import STAGE_ANSWER
from agent.sale.judge import answered, judge, jump_detected
from agent.sale.recovery import finished
from agent.sale.requests import MERCHANT_MISMATCH, sale_request
from agent.sale.running import Running, SaleRequest, authorising
from agent.sale.sign_on import STAGE_SIGN_ON
from tests.leaks.cards import TRACKS
from tests.portable.ports import binding as bound
from tests.portable.ports.acquirer import answer
from tests.tools.fleet.intake import events
from tests.tools.fleet.publisher import Journal
from tools.fleet.contract import Event, Report

if TYPE_CHECKING:
    from tests.portable.ports.acquirer import Changes

CARD = CardRead(
    Track2(bytes.fromhex(TRACKS[0] + "F" * (len(TRACKS[0]) % 2))), Candidate(b"", "UnionPay", "", 1), b"", "", b""
)
# What the acquirer answers with another merchant, and what it calls that.
OTHER: "Changes" = {messages.MID: bound.OTHER_MID, messages.MERCHANT_NAME: "别家商店"}


class Shop:
    """Sells at one terminal; `journal` holds what it wrote."""

    def __init__(self, terminal: str, timezone: str = "Asia/Shanghai", mid: str = bound.MID) -> None:
        self.journal = Journal(terminal)
        self.binding = parse(bound.altered({"serial": terminal, "timezone": timezone, "mid": mid}))
        self._sales = 0

    def take_up(self, time: str) -> list[Event | Report]:
        """The terminal takes its binding up."""
        said = " ".join((self.binding.acquirer, self.binding.mid, self.binding.tid))
        body: dict[str, object] = {"version": self.binding.version, "digest": "ab" * 32, "bound": said}
        return self.write([Record(TAKEN_UP, body)], time)

    def sell(self, changes: "Changes", time: str, clock: str = "synced") -> list[Event | Report]:
        """A payment that the acquirer answers with `changes`; the events of its entries, all written at `time`."""
        self._sales += 1
        running = Running(SaleRequest(f"till-{self._sales}", 1880, "156"))
        running.trace, running.batch, running.verdict.digest = f"{self._sales:06d}", "000001", "ab" * 32
        request = sale_request(self.binding, 1880, running.trace, running.batch, CARD)
        said = answer(request, changes)
        judgement = judge(self.binding, said)
        records = [
            authorising(running, self.binding, CARD, "20261126150000"),
            answered(running.sale, judgement, said),
        ]
        if judgement.match.jumped:
            records.append(jump_detected(running.sale, STAGE_ANSWER, judgement.match))
        if judgement.reverses:
            records.append(reversals.queued(running.sale, MERCHANT_MISMATCH))
        records.append(finished(running.sale, judgement.result, judgement.code))
        return self.write(records, time, clock)

    def settle(self, sale: str, time: str) -> list[Event | Report]:
        """The acquirer takes the reversal of `sale`."""
        body: dict[str, object] = {"sale": sale, "response_code": "00", "attempt": 1}
        return self.write([Record(kinds.REVERSAL_SETTLED, body)], time)

    def sign_on(self, time: str) -> list[Event | Report]:
        """Signing on, the acquirer takes the terminal for another merchant's."""
        said = Message(messages.SIGN_ON_ANSWER, {messages.TID: self.binding.tid, messages.MID: bound.OTHER_MID})
        return self.write([jump_detected("", STAGE_SIGN_ON, match(self.binding, said))], time)

    def write(self, records: list[Record], time: str, clock: str = "synced") -> list[Event | Report]:
        """Write `records` down; returns their events."""
        entries = [self.journal.add(kind=each.kind, body=each.body, time=time, clock=clock) for each in records]
        return events(self.journal, *(entry["sequence"] for entry in entries))
