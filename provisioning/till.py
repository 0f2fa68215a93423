"""A till: speaks nexo to the agent's local API and knows nothing else of it."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

from provisioning.errors import TillError

_PATIENCE_S = 120.0


class Till:
    """One till, named `sale_id`, at the terminal's `address` (HOST:PORT) with the bearer `token`.

    With `ca`, a file of the certificates (PEM) that vouch for the terminal's, it speaks TLS.
    """

    def __init__(
        self, address: str, token: str, sale_id: str = "TILL-1", poi_id: str = "JUMPGUARD", ca: Path | None = None
    ) -> None:
        self.address = address
        self.token = token
        self.sale_id = sale_id
        self.poi_id = poi_id
        self.ca = ca

    def pay(self, service_id: str, amount: str, currency: str = "CNY", merchant: str = "") -> dict[str, Any]:
        """Ask for a payment of `amount` major units and return the PaymentResponse. Blocks until the sale is over."""
        transaction: dict[str, Any] = {"AmountsReq": {"Currency": currency, "RequestedAmount": amount}}
        if merchant:
            transaction["TransactionConditions"] = {"MerchantID": merchant}
        body = {"SaleData": {"SaleTransactionID": {"TransactionID": service_id}}, "PaymentTransaction": transaction}
        return self.ask("Payment", service_id, body)

    def status(self, service_id: str) -> dict[str, Any]:
        """What became of the payment `service_id`: the TransactionStatusResponse."""
        body = {"MessageReference": {"MessageCategory": "Payment", "ServiceID": service_id, "SaleID": self.sale_id}}
        return self.ask("TransactionStatus", f"{service_id}-S", body)

    def login(self) -> dict[str, Any]:
        """Say hello: the LoginResponse, with the terminal's software and how it is."""
        return self.ask("Login", "LOGIN", {"OperatorLanguage": "en"})

    def last(self) -> dict[str, Any]:
        """What became of the latest payment of the terminal: the TransactionStatusResponse."""
        return self.ask("TransactionStatus", "LAST", {})

    def abort(self, service_id: str = "") -> dict[str, Any]:
        """Call off the payment `service_id`, or whichever waits for a card: the AbortResponse."""
        body: dict[str, Any] = {"AbortReason": "MerchantAbort"}
        if service_id:
            body["MessageReference"] = {"MessageCategory": "Payment", "ServiceID": service_id, "SaleID": self.sale_id}
        return self.ask("Abort", f"{service_id or 'ABORT'}-A", body)

    def diagnosis(self) -> dict[str, Any]:
        """How the terminal is: the DiagnosisResponse."""
        return self.ask("Diagnosis", "DIAGNOSIS", {})

    def health(self) -> dict[str, Any]:
        """What the running terminal alone can tell of itself, for who examines it. Raises TillError."""
        health: dict[str, Any] = self.ask("Diagnosis", "HEALTH", {"HealthFlag": True}).get("Health", {})
        return health

    def reverse(self, sale: str, amount: str = "") -> dict[str, Any]:
        """Have the reversal of `sale`, a POITransactionID, sent again: the ReversalResponse.

        `amount` in major units is what is to be reversed; without it the whole.
        """
        original = {"POITransactionID": {"TransactionID": sale}}
        body: dict[str, Any] = {"OriginalPOITransaction": original, "ReversalReason": "Malfunction"}
        if amount:
            body["ReversedAmount"] = amount
        return self.ask("Reversal", "REVERSE", body)

    def unresolved(self) -> dict[str, Any]:
        """The reversals that the terminal gave up: the BatchResponse."""
        return self.ask("Batch", "UNRESOLVED", {})

    def ask(self, category: str, service_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send one request and return the body of its response. Raises TillError."""
        header = {
            "ProtocolVersion": "3.0",
            "MessageClass": "Service",
            "MessageCategory": category,
            "MessageType": "Request",
            "ServiceID": service_id,
            "SaleID": self.sale_id,
            "POIID": self.poi_id,
        }
        status, text = self.post(
            json.dumps({"SaleToPOIRequest": {"MessageHeader": header, f"{category}Request": body}})
        )
        try:
            answer: dict[str, Any] = json.loads(text)["SaleToPOIResponse"][f"{category}Response"]
        except (ValueError, KeyError) as error:
            raise TillError(f"terminal {self.address}: HTTP {status}: {text[:200]}", status) from error
        return answer

    def post(self, text: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """POST `text` to /nexo and return status and body; `headers` replace the usual ones. Raises TillError."""
        usual = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection = self._connection()
        try:
            connection.request("POST", "/nexo", text.encode(), {**usual, **(headers or {})})
            response = connection.getresponse()
            return response.status, response.read().decode()
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate is not trusted: {error.verify_message}"
            raise TillError(
                f"terminal {self.address}: {why}; is it the right terminal, and the right CA file?"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            mend = "is the agent running?" if self.ca else "is the agent running, and does it want a CA file?"
            raise TillError(f"terminal {self.address}: no answer ({error}); {mend}") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self.ca is None:
            return http.client.HTTPConnection(self.address, timeout=_PATIENCE_S)
        try:
            trusted = ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as error:
            raise TillError(f"CA file {self.ca}: holds no certificates in PEM that could be read ({error})") from error
        return http.client.HTTPSConnection(self.address, timeout=_PATIENCE_S, context=trusted)
