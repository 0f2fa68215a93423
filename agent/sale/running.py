"""One sale under way: what the till wants, and what is known of it until the journal tells."""

import asyncio
import binascii
import os

from agent.binding.gate import Verdict
from agent.binding.record import Binding
from agent.canonical import encode, sha256_hex
from agent.card.flow import CardRead
from agent.journal.entry import Record
from agent.sale import kinds
from agent.sale.outcome import Outcome


class SaleRequest:
    """What a till wants: `till` is its own name of the sale, unique to it; `amount` in minor units of `currency`."""

    def __init__(self, till: str, amount: int, currency: str, merchant: str = "") -> None:
        self.till = till
        self.amount = amount
        self.currency = currency
        self.merchant = merchant

    def fingerprint(self) -> str:
        """Names the content, so that the same id with another content is noticed."""
        return sha256_hex(encode([self.amount, self.currency, self.merchant]))


class Running:
    """The sale that the counter carries through; `done` is set once it has ended, with or without an `outcome`."""

    def __init__(self, request: SaleRequest) -> None:
        self.request = request
        self.sale = _new_name()
        self.done = asyncio.Event()
        self.outcome: Outcome | None = None
        self.called_off = False
        # From here on the acquirer may act: the sale cannot be called off any more.
        self.sending = False
        self.trace = ""
        self.batch = ""
        # The gate's latest word on it.
        self.verdict = Verdict()
        # What the counter itself warns of.
        self.warnings: list[str] = []

    def try_again(self) -> None:
        """The acquirer refused the message unread: go on under a new name, the old one has ended."""
        self.sale = _new_name()
        self.sending = False

    def base(self) -> "dict[str, object]":
        """What every entry says that a till may ask for again."""
        request = self.request
        return {
            "sale": self.sale,
            "till": request.till,
            "request": request.fingerprint(),
            "amount": request.amount,
            "currency": request.currency,
        }


def _new_name() -> str:
    # A letter first: digits alone, which one in two thousand names would be, may look like a card number.
    return "s" + binascii.hexlify(os.urandom(8)).decode()


def authorising(running: Running, binding: Binding, card: CardRead, local_time: str) -> Record:
    """The entry that announces the message: all that a reversal, a receipt and an auditor need, and no card data."""
    body = running.base()
    body.update(
        {
            "trace": running.trace,
            "batch": running.batch,
            "acquirer": binding.acquirer,
            "mid": binding.mid,
            "tid": binding.tid,
            "merchant": binding.name,
            "timezone": binding.timezone,
            "local_time": local_time,
            "binding_version": binding.version,
            "binding_digest": running.verdict.digest,
            "card": card.pan.masked,
            "scheme": card.scheme,
            "warnings": running.verdict.warnings + running.warnings,
        }
    )
    return Record(kinds.SALE_AUTHORISING, body)
