"""The proof of an installation: the terminal signs on, and sells for the smallest amount under the bound merchant."""

import asyncio
import secrets
from typing import Any

from agent.binding.record import Binding
from agent.lifecycle import ACTIVE
from agent.sale.money import CURRENCIES, major_units
from provisioning.errors import InstallError
from provisioning.hand import requests as ask
from provisioning.install.line import Line
from provisioning.install.steps import TAP_AGAIN, TAP_CARD, Person

_SIGNED_ON_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.2
# Three attempts, each as long as an answer may take, with the waits between them.
_REVERSED_WITHIN_S = 180.0
# One minor unit of the bound currency.
_AMOUNT = major_units(1)
# A card that was held badly, or a person who had none at hand, is no fault of the terminal: nothing was charged.
_ATTEMPTS = 3
_TRY_AGAIN = ("Cancel", "InvalidCard", "UnavailableDevice")

_SIGNED_ON = "acquirer.signed_on"
_SIGN_ON_FAILED = "acquirer.sign_on_failed"
_JUMP = "jump.detected"
_REVERSAL_DUE = "reversal.queued"
_REVERSED = "reversal.settled"
CHANGED = "lifecycle.changed"
# Of the sign-on, the one failure that another try may mend.
_UNREACHABLE = "ACQUIRER_UNREACHABLE"


class FirstSale:
    """Watches the terminal at the other end of `line` come up under `binding`; a `person` holds the card."""

    def __init__(self, line: Line, binding: Binding, person: Person | None) -> None:
        self.line = line
        self.binding = binding
        self.person = person

    async def sign_on(self, seen: int = 0, *, active: bool = False) -> None:
        """Wait until the terminal is active and signed on, by what its journal says behind entry `seen`.

        `active`: it was so in front of that. Raises InstallError with the terminal's own reason.
        """
        signed_on, why = False, ("NOT_ACTIVE", "")
        try:
            async with asyncio.timeout(_SIGNED_ON_WITHIN_S):
                while not (active and signed_on):
                    state = await self.line.ask(ask.State(after=seen))
                    for entry in state["entries"]:
                        seen, body = entry["sequence"], entry["body"]
                        active = body["to"] == ACTIVE if entry["kind"] == CHANGED else active
                        signed_on = signed_on or entry["kind"] == _SIGNED_ON
                        why = _objection(entry["kind"], body) or why
                    if not state["active"]:
                        raise InstallError("SERVICE", str(state["status"]))
                    await asyncio.sleep(_LOOK_EVERY_S)
        except TimeoutError as error:
            raise InstallError(*why) from error

    async def sell(self) -> dict[str, str]:
        """Sell, and return what the receipt says. Raises InstallError where it is not approved, or not ours."""
        code = ""
        for attempt in range(_ATTEMPTS):
            if self.person is not None:
                await self.person.told(TAP_AGAIN if attempt else TAP_CARD, amount=_AMOUNT, code=code)
            answer = await self._pay()
            said = answer["Response"]
            code = str(said.get("AdditionalResponse", "")).partition(" ")[0]
            if said["Result"] == "Success":
                return self._compared(answer["PaymentReceipt"][0]["OutputContent"])
            if "PaymentResult" in answer:
                await self._wait_for_reversal(answer["POIData"]["POITransactionID"]["TransactionID"])
            if said["ErrorCondition"] not in _TRY_AGAIN:
                break
        raise InstallError("SALE", f"{said['ErrorCondition']} {said.get('AdditionalResponse', '')}".strip())

    async def _pay(self) -> dict[str, Any]:
        number = f"INSTALL-{secrets.token_hex(4)}"
        (currency,) = (name for name, code in CURRENCIES.items() if code == self.binding.currency)
        body = {
            "SaleData": {"SaleTransactionID": {"TransactionID": number}},
            "PaymentTransaction": {
                "AmountsReq": {"Currency": currency, "RequestedAmount": _AMOUNT},
                "TransactionConditions": {"MerchantID": self.binding.mid},
            },
        }
        return dict((await self.line.ask(ask.Till("Payment", number, body)))["answer"])

    async def _wait_for_reversal(self, sale: str) -> None:
        """Where the charge is to be reversed, wait until it is: the terminal may be put back, and sleep for long.

        Raises InstallError when nobody knows what became of it.
        """
        try:
            async with asyncio.timeout(_REVERSED_WITHIN_S):
                while True:
                    entries = (await self.line.ask(ask.State()))["entries"]
                    kinds = {entry["kind"] for entry in entries if entry["body"].get("sale") == sale}
                    if _REVERSAL_DUE not in kinds or _REVERSED in kinds:
                        return
                    await asyncio.sleep(_LOOK_EVERY_S)
        except TimeoutError as error:
            raise InstallError("SALE_UNRESOLVED", sale) from error

    def _compared(self, receipt: dict[str, str]) -> dict[str, str]:
        """The receipt, once it names the bound merchant. Raises InstallError."""
        bound = {
            "merchant": self.binding.name, "mid": self.binding.mid, "tid": self.binding.tid,
            "acquirer": self.binding.acquirer, "amount": _AMOUNT,
        }  # fmt: skip
        other = [f"{name} {receipt.get(name)!r}" for name, value in bound.items() if receipt.get(name) != value]
        if other:
            raise InstallError("SALE_OTHER", ", ".join(other))
        return receipt


def _objection(kind: str, body: dict[str, Any]) -> tuple[str, str] | None:
    """Why the terminal does not come up, as an entry of its journal says. Raises InstallError where that is final."""
    if kind == _JUMP:
        raise InstallError("SIGN_ON_OTHER_MERCHANT", str(body.get("observed", "")))
    if kind != _SIGN_ON_FAILED:
        return None
    code, detail = str(body["code"]), str(body.get("detail", ""))
    if code != _UNREACHABLE:
        raise InstallError(code, detail)
    return code, detail
