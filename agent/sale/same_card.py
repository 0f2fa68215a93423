"""Whether the card that was read has just paid the same amount: told, or refused before anything is sent.

A card is the same by its masked number and its scheme, as the journal has them; nothing else of it is kept. Two cards
may share both, so this is a question to the people at the counter and no proof.
"""

from agent.card.flow import CardRead
from agent.clock import SYNCED, Clock
from agent.compat import monotonic_ms, since_ms
from agent.journal.entry import Entry
from agent.journal.ports import Journal
from agent.sale import kinds, outcome
from agent.sale.outcome import Outcome, outcome_of
from agent.sale.running import SaleRequest

OFF = "off"
WARN = "warn"
REFUSE = "refuse"

# As many sales as a busy counter makes in a minute or two: one look-up is enough.
_PAGE = 8


class SameCard:
    """Looks for an earlier sale of the last `period_s` seconds; `policy` (OFF, WARN or REFUSE) is for the counter.

    Within one boot the monotonic clock tells, whatever was done to the time of day. Across a reboot the stored times
    tell, where the clock was set both then and now. Where neither tells, nobody guesses that a sale is long past: it
    counts until the period has gone by since this start.
    """

    def __init__(self, journal: Journal, clock: Clock, boot_id: str, policy: str, period_s: int) -> None:
        self.journal = journal
        self.clock = clock
        self.boot_id = boot_id or None  # without a name it is like no other
        self.policy = policy
        self.period_s = period_s
        self.started_ms = 0

    def start(self) -> None:
        """The journal holds nothing of this run yet."""
        self.started_ms = monotonic_ms()

    async def earlier(self, request: SaleRequest, card: CardRead) -> "Outcome | None":
        """The sale in which `card` paid, or may have paid, what `request` asks for; None when there is none."""
        if self.policy == OFF:
            return None
        ages = _Ages(self.boot_id, self.started_ms)
        seen = 0
        while True:
            page = await self.journal.recent(kinds.SALE_AUTHORISING, _PAGE, seen)
            for entry in page:
                if ages.least_ms(entry) > self.period_s * 1000 or self._is_dated_before(entry):
                    return None
                if _is_same(entry.body, request, card):
                    found = outcome_of(await self.journal.about(str(entry.body["sale"])))
                    if _may_stand(found):
                        return found
            if len(page) < _PAGE:
                return None
            seen += _PAGE

    def _is_dated_before(self, entry: Entry) -> bool:
        """Whether stored times show that `entry`, of another boot, is older than the period."""
        fields = entry.fields
        if fields["boot_id"] == self.boot_id or fields["clock"] != SYNCED or self.clock.state() != SYNCED:
            return False
        return str(fields["time"]) < self.clock.utc(seconds=-self.period_s)


class _Ages:
    """How old entries are at the least, each asked behind the next newer one: none is newer than that one was."""

    def __init__(self, boot_id: "str | None", started_ms: int) -> None:
        self.boot_id = boot_id
        self.started_ms = started_ms
        self._least = 0
        self._ago = 0

    def least_ms(self, entry: Entry) -> int:
        """Milliseconds since `entry`: what is known of them without the time of day."""
        boot_id, ago = str(entry.fields["boot_id"]), since_ms(int(str(entry.fields["monotonic_ms"])))
        if boot_id == self.boot_id:
            self._least += ago - self._ago
        else:
            self._least = max(self._least, since_ms(self.started_ms))
        self.boot_id, self._ago = boot_id or None, ago
        return self._least


def _is_same(body: "dict[str, object]", request: SaleRequest, card: CardRead) -> bool:
    asked = (card.pan.masked, card.scheme, request.amount, request.currency)
    return (body["card"], body["scheme"], body["amount"], body["currency"]) == asked


def _may_stand(found: Outcome) -> bool:
    """Whether that sale may still be a charge on the card: what was declined, or reversed for certain, is none."""
    reversal = found.details.get("reversal")
    return found.result == outcome.APPROVED or reversal in (outcome.REVERSAL_DUE, outcome.UNRESOLVED)
