"""One scene of the demonstration on the rig: what a step may do at the counter, and where it looks things up."""

import threading
from typing import Any

from agent.sale.money import major_units
from board.virtual.client import Happening
from tools.errors import ToolError
from tools.rig.files import SERIAL
from tools.rig.rig import Rig


class Facts:
    """What a step promised and what was found, under the same names, so that a difference can be pointed at."""

    def __init__(self, expected: dict[str, Any], observed: dict[str, Any]) -> None:
        self.expected = expected
        self.observed = observed

    @property
    def ok(self) -> bool:
        """Whether everything came out as promised."""
        return self.observed == self.expected


class Scene:
    """The counter during one step: everything is counted from where the step began."""

    def __init__(self, rig: Rig, without: str) -> None:
        self.rig = rig
        self.without = without
        self._journal_start = len(rig.journal())
        self._ledger_start = len(rig.acquirer.ledger())
        self._board_start = len(rig.board.history())

    def start_agent(self, kill_behind: str = "") -> None:
        """Start the agent: the real one, or where the demonstration wants a fault the one with it."""
        arguments = [*(["--without", self.without] if self.without else [])]
        arguments += ["--kill-behind", kill_behind] if kill_behind else []
        self.rig.start_agent("tools.demo.faulty_agent" if arguments else "board", *arguments)

    def sell(self, till_id: str, amount: str, card: str) -> None:
        """A sale as it happens: the till asks, the customer holds the card to the reader and takes it away."""
        sale = self.begin(till_id, amount)
        self.rig.board.tap(card)
        sale.join()
        self.rig.board.remove()

    def begin(self, till_id: str, amount: str) -> threading.Thread:
        """Ask for a payment at the till without waiting for its end. What the till hears is not evidence here."""
        till = self.rig.till

        def ask() -> None:
            try:
                till.pay(till_id, amount)
            except ToolError:
                return  # the agent was killed meanwhile

        thread = threading.Thread(target=ask, name=f"till-{till_id}", daemon=True)
        thread.start()
        return thread

    def receipt(self, till_id: str) -> str:
        """The result on the receipt that the terminal gives for a past sale, "" when it has none."""
        answer = self.rig.till.status(till_id)
        if answer["Response"]["Result"] != "Success":
            return ""
        payment = answer["RepeatedMessageResponse"]["RepeatedResponseMessageBody"]["PaymentResponse"]
        return str(payment["PaymentReceipt"][0]["OutputContent"]["result"])

    def charges(self) -> list[str]:
        """The acquirer's charges since the step began, as `approved 18.80 under MID/TID`."""
        rows = self.rig.acquirer.ledger()[self._ledger_start :]
        return [f"{row['state']} {major_units(int(row['amount']))} under {row['mid']}/{row['tid']}" for row in rows]

    def journal_kinds(self) -> list[str]:
        """The kinds of the entries on the terminal's disk since the step began, in order."""
        return [entry.kind for entry in self.rig.journal()[self._journal_start :]]

    def journaled(self, kind: str, name: str) -> Any:
        """The value `name` of the latest entry of `kind` since the step began, None when there is none."""
        found = [entry.body.get(name) for entry in self.rig.journal()[self._journal_start :] if entry.kind == kind]
        return found[-1] if found else None

    def apdus(self) -> int:
        """How many command APDUs reached the card since the step began, as the card counts them."""
        happened: list[Happening] = self.rig.board.history()[self._board_start :]
        return sum(one["what"] == "apdu" for one in happened)

    def stored_kinds(self, wanted: tuple[str, ...]) -> list[str]:
        """Of `wanted`, the kinds that the backend stored since the step began. Waits a while for them to arrive."""
        start = self._journal_start

        def found() -> set[str]:
            stored = [event for event in self.rig.stored_events() if event.sequence > start]
            return {event.kind for event in stored if event.terminal == SERIAL}

        self.settle(lambda: found() >= set(wanted))
        return [kind for kind in wanted if kind in found()]

    def settle(self, holds: Any, timeout_s: float = 8.0) -> None:
        """Give things up to `timeout_s` to come to pass; what is then observed decides."""
        try:
            self.rig.wait_until(holds, "", timeout_s)
        except ToolError:
            return
