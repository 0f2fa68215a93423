"""A till that asks for a payment and waits for it, beside whatever else a test does."""

import threading
from typing import Any

from provisioning.till import Till
from tools.rig.rig import Rig


class Paying:
    """A payment under way in a thread of its own."""

    def __init__(self, till: Till, service_id: str, amount: str = "12.50") -> None:
        self.answer: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._pay, args=(till, service_id, amount))
        self._thread.start()

    def _pay(self, till: Till, service_id: str, amount: str) -> None:
        self.answer = till.pay(service_id, amount)

    def wait(self) -> dict[str, Any]:
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.answer


def paying(rig: Rig, service_id: str, amount: str = "12.50", till: Till | None = None) -> Paying:
    """A payment that waits for its card, asked for by `till` or else by the rig's own."""
    till = till or rig.till
    under_way = Paying(till, service_id, amount)
    rig.wait_until(lambda: till.diagnosis()["POIStatus"]["GlobalStatus"] == "Busy", "the payment to begin")
    return under_way


def result(answer: dict[str, Any]) -> tuple[str, str]:
    said = answer["Response"]
    return said["Result"], said.get("ErrorCondition", "")
