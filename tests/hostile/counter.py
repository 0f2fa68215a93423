"""The counter under bad input: how it sells, and what its journal says of it."""

from typing import Any

from agent.sale import kinds
from board.virtual.damage import Damage
from tests.leaks.cards import SECRETS
from tools.rig.journal import JournalEntry
from tools.rig.rig import Rig

AMOUNT = "18.80"
ANSWER_TIMEOUT_MS = 400
REPEAT_BASE_MS, REPEAT_CAP_MS = 50, 200


class Counter:
    """Sells at `rig`, each time under an id of its own."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.planted: set[str] = set()
        """The folders of others in which a test itself put card data."""
        self._sales = 0

    def hurry(self) -> None:
        """Start the agent anew with short waits for the acquirer."""
        self.rig.agent.stop()
        waits = {"repeat_base_ms": REPEAT_BASE_MS, "repeat_cap_ms": REPEAT_CAP_MS}
        self.rig.write_settings(acquirer={"answer_timeout_ms": ANSWER_TIMEOUT_MS, **waits})
        head = self.head
        self.rig.start_agent()
        self.rig.wait_until(lambda: self.told(head, kinds.SIGNED_ON) != [], "the sign-on")

    @property
    def head(self) -> int:
        """The number of the journal's last entry."""
        return self.rig.journal()[-1].sequence

    def sell(self, card: str = "unionpay", damage: Damage | None = None) -> dict[str, Any]:
        """A sale of `AMOUNT` to `card`; the till's answer."""
        self._sales += 1
        self.rig.board.tap(card, damage)
        try:
            return self.rig.till.pay(f"S{self._sales}", AMOUNT)
        finally:
            self.rig.board.remove()

    def sell_whole(self) -> None:
        """Sell to a whole card at an obedient acquirer: this has to be approved."""
        assert self.rig.agent.alive, self.rig.agent.log.read_text()
        self.rig.acquirer.reset()
        assert self.sell()["Response"]["Result"] == "Success"

    def told(self, after: int, kind: str) -> list[JournalEntry]:
        """The entries of `kind` behind `after`."""
        return [entry for entry in self.rig.journal(after) if entry.kind == kind]

    def work_off(self, after: int) -> None:
        """Wait until every reversal that was queued behind `after` is settled."""

        def done() -> bool:
            return len(self.told(after, kinds.REVERSAL_QUEUED)) == len(self.told(after, kinds.REVERSAL_SETTLED))

        self.rig.wait_until(done, "the reversals are settled")

    def found(self) -> list[str]:
        """Where card data lies that no test put there."""
        findings = SECRETS.search_tree(self.rig.directory)
        return [str(finding) for finding in findings if finding.where.split("/")[0] not in self.planted]
