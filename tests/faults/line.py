"""A counter whose line to the acquirer runs through the fault proxy, and what must hold there after any fault."""

import time
from collections import Counter as Count
from collections.abc import Mapping
from typing import Any

from agent.sale import kinds, outcome
from tools.acquirer.ledger import APPROVED
from tools.proxy.client import ProxyControl
from tools.proxy.faults import TO_CLIENT, TO_SERVER
from tools.rig.journal import JournalEntry
from tools.rig.process import Process
from tools.rig.rig import Rig

CARD = "unionpay"
AMOUNT = "18.80"
ANSWER_TIMEOUT_MS = 400
REPEAT_BASE_MS = 50
REPEAT_CAP_MS = 200
# Three attempts at a reversal, a sign-on before each and a wait behind it, then a sale: three answers that do not come
# cost two seconds, sign-ons as much again, and the machine may be busy.
SELLS_AGAIN_WITHIN_S = 6.0

# Where each message is met: its direction, how many frames pass before it, and what makes the acquirer provoke it.
PLACES: dict[str, tuple[str, int, dict[str, str]]] = {
    "0200": (TO_SERVER, 0, {}),
    "0210": (TO_CLIENT, 0, {}),
    "0400": (TO_SERVER, 1, {"behaviour": "cut", "when": "after_booking"}),
    "0410": (TO_CLIENT, 0, {"behaviour": "cut", "when": "after_booking"}),
    "0800": (TO_SERVER, 1, {"behaviour": "expire_keys"}),
    "0810": (TO_CLIENT, 1, {"behaviour": "expire_keys"}),
}

# The acquirer cuts the connection of the sale, so its reversal is on the next one.
CONNECTIONS_BEFORE = {"0400": 1, "0410": 1}


class Fault:
    """The fault `name` with its `options` (see `tools.proxy.faults`), to happen to `message`."""

    def __init__(self, message: str, name: str, **options: int) -> None:
        self.message = message
        self.name = name
        self.options = options

    def __str__(self) -> str:
        return " ".join([self.name, self.message, *(f"{key}={value}" for key, value in self.options.items())])

    def order(self, proxy: ProxyControl) -> None:
        """Have `proxy` make it."""
        direction, skip, _ = PLACES[self.message]
        if self.name == "half_open":
            proxy.fault(self.name, skip=CONNECTIONS_BEFORE.get(self.message, 0), **self.options)
        else:
            proxy.fault(self.name, direction=direction, skip=skip, **self.options)


class Line:
    """The counter `rig` with a proxy before its acquirer; `points` counts the faults that were met."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.proxy = ProxyControl(rig.directory / "proxy")
        self.points = 0
        self.found: Count[str] = Count()
        self.slowest_s = 0.0
        self._sales = 0
        self._seen = 0
        self._traces: Count[str] = Count()
        self._sent: set[str] = set()

    def start(self) -> None:
        """Start the proxy and let the agent go through it."""
        to = f"127.0.0.1:{self.rig.processes['acquirer'].ready['port']}"
        arguments = ["--to", to, "--dir", str(self.rig.directory / "proxy")]
        process = Process("proxy", "tools.proxy", arguments, self.rig.directory)
        process.start()
        self.rig.processes["proxy"] = process
        self.rig.agent.stop()
        waits = {"repeat_base_ms": REPEAT_BASE_MS, "repeat_cap_ms": REPEAT_CAP_MS}
        port = process.ready["port"]
        self.rig.write_settings(acquirer={"port": port, "answer_timeout_ms": ANSWER_TIMEOUT_MS, **waits})
        before = self.rig.journal()[-1].sequence
        self.rig.start_agent()
        self.rig.wait_until(lambda: self._told(before, kinds.SIGNED_ON), "the sign-on by the proxy")

    def length(self, message: str) -> int:
        """How many bytes the frame of `message` has, found out by a sale without a fault."""
        direction, skip, _ = PLACES[message]
        self.proxy.hang_up()
        self.proxy.reset()
        after = self._head()
        self._provoke(message)
        self.sell()
        self._work_off(after)
        return int(self.proxy.status()["frames"][direction][skip])

    def meet(self, *faults: Fault, sales_lost: int = 0) -> None:
        """Sell while `faults` happen, then hold the books against each other and sell again.

        Up to `sales_lost` of the following sales may fail before one is approved.
        """
        what = ", ".join(str(fault) for fault in faults)
        self.proxy.hang_up()
        self.proxy.reset()
        self.rig.acquirer.reset()
        after = self._head()
        for fault in faults:
            fault.order(self.proxy)
        self._provoke(faults[0].message)
        answer = self.sell()
        start = time.monotonic()
        self._work_off(after)
        self._compare(after, answer, what)
        assert self.proxy.status()["happened"] >= len(faults), f"{what}: it did not happen"
        self._sell_again(what, start, sales_lost)
        self._compare(after, None, what)
        self.points += 1

    def start_on_a_dead_line(self) -> None:
        """Start the agent anew on a connection that leads nowhere, and sell as soon as its sign-on has failed."""
        self.rig.agent.stop()
        self.proxy.hang_up()
        self.proxy.reset()
        self.proxy.fault("half_open")
        after = self._head()
        self.rig.start_agent()
        self.rig.wait_until(lambda: self._told(after, kinds.SIGN_ON_FAILED), "the sign-on fails")
        self._sell_again("a dead line at the start", time.monotonic(), 0)
        self._compare(after, None, "a dead line at the start")
        self.points += 1

    def sell(self) -> dict[str, Any]:
        """One sale: the till asks while the customer's card is at the reader. Returns the till's answer."""
        self._sales += 1
        self.rig.board.tap(CARD)
        try:
            return self.rig.till.pay(f"S{self._sales}", AMOUNT)
        finally:
            self.rig.board.remove()

    def compare_with_backend(self) -> None:
        """The backend has stored the terminal's journal, entry for entry."""
        self.rig.wait_until_stored()
        stored = {(event.sequence, event.hash) for event in self.rig.stored_events()}
        assert stored == {(entry.sequence, entry.hash) for entry in self.rig.journal()}
        assert self.rig.alarms() == [], self.rig.alarms()

    def _head(self) -> int:
        return self.rig.journal()[-1].sequence

    def _told(self, after: int, kind: str) -> bool:
        return any(entry.kind == kind for entry in self.rig.journal(after))

    def _provoke(self, message: str) -> None:
        _, _, behaviour = PLACES[message]
        if behaviour:
            self.rig.acquirer.behave(**behaviour)

    def _work_off(self, after: int) -> None:
        """Wait until no reversal is due any more."""

        def done() -> bool:
            entries = self.rig.journal(after)
            closed = _sales(entries, kinds.REVERSAL_SETTLED) | _sales(entries, kinds.REVERSAL_UNRESOLVED)
            return _sales(entries, kinds.REVERSAL_QUEUED) <= closed

        self.rig.wait_until(done, "the reversals are worked off", SELLS_AGAIN_WITHIN_S)

    def _sell_again(self, what: str, start: float, sales_lost: int) -> None:
        for lost in range(sales_lost + 1):
            after = self._head()
            answer = self.sell()
            self._work_off(after)
            if answer["Response"]["Result"] == "Success":
                break
            assert lost < sales_lost, f"{what}: the next sale ends with {answer}"
        took = time.monotonic() - start
        assert took < SELLS_AGAIN_WITHIN_S, f"{what}: it sold again only after {took:.1f} s"
        self.slowest_s = max(self.slowest_s, took)

    def _compare(self, after: int, answer: dict[str, Any] | None, what: str) -> None:
        """Journal, ledger and till tell the same; without `answer` it is journal and ledger only."""
        entries = self.rig.journal(after)
        what = "\n".join([what, *(f"  {entry.kind} {entry.body}" for entry in entries)])
        self._follow()
        live = Count(_name(row) for row in self.rig.acquirer.ledger() if row["state"] == APPROVED)
        assert not live.keys() - self._sent, f"a live charge of no sale: {what}"
        sales = [entry.body for entry in entries if entry.kind == kinds.SALE_AUTHORISING]
        approved, unresolved = _approved(entries), _sales(entries, kinds.REVERSAL_UNRESOLVED)
        for sale in sales:
            name = sale["sale"]
            allowed = (1,) if name in approved else (0, 1) if name in unresolved else (0,)
            assert live[_name(sale)] in allowed, f"{live[_name(sale)]} live charges for the sale {name}: {what}"
        if answer is not None:
            self.found["unresolved"] += len(unresolved)
            self._compare_till(answer, len(sales), approved, f"the till heard {answer}: {what}")

    def _follow(self) -> None:
        """Note what is new in the journal: no trace number is ever used twice."""
        for entry in self.rig.journal(self._seen):
            self._seen = entry.sequence
            if entry.kind in (kinds.SALE_AUTHORISING, kinds.SIGNING_ON):
                self._traces[_name(entry.body)] += 1
                assert self._traces[_name(entry.body)] == 1, f"a trace number is used twice: {entry}"
            if entry.kind == kinds.SALE_AUTHORISING:
                self._sent.add(_name(entry.body))

    def _compare_till(self, answer: dict[str, Any], sent: int, approved: set[str], what: str) -> None:
        heard = answer["Response"]["Result"] == "Success"
        assert len(approved) == heard, what
        if heard:
            assert answer["POIData"]["POITransactionID"]["TransactionID"] in approved, what
        self.found[f"{sent} sent, {'approved' if heard else answer['Response']['ErrorCondition']}"] += 1


def _approved(entries: list[JournalEntry]) -> set[str]:
    finished = [entry.body for entry in entries if entry.kind == kinds.SALE_FINISHED]
    return {body["sale"] for body in finished if body["result"] == outcome.APPROVED}


def _sales(entries: list[JournalEntry], kind: str) -> set[str]:
    return {entry.body["sale"] for entry in entries if entry.kind == kind}


def _name(charge: Mapping[str, Any]) -> str:
    return f"{charge['batch']}/{charge['trace']}"
