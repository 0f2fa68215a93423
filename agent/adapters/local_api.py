"""The local API: nexo Sale-to-POI JSON at `POST /nexo`, for tills on the same machine or in the shop.

A bearer token is asked for, and Host, Origin and Content-Type are checked, so that no web page a clerk happens to open
can start a sale.
"""

import asyncio
import hmac
import json
import logging
from typing import Any

from microdot import Microdot, Request, Response

from agent.adapters import nexo
from agent.errors import BusyError, JournalError, NoSuchSaleError, RequestError, ReversalRefusedError
from agent.lifecycle import ACTIVE
from agent.sale.counter import Counter
from agent.sale.outcome import REVERSALS_UNRESOLVED, RUNNING
from agent.sale.past import latest

log = logging.getLogger(__name__)

_LARGEST_BODY = 16 * 1024
_JSON = "application/json"


class LocalApi:
    """Serves the counter on `host`:`port`; port 0 takes a free one, and `address` is known once it is started.

    `token` is the till's bearer token, `software` our version.
    """

    def __init__(self, counter: Counter, host: str, port: int, token: str, software: str) -> None:
        self.counter = counter
        self.host = host
        self.port = port
        self.token = token
        self.software = software
        self.address = ("", 0)
        self._server: asyncio.Server | None = None
        self._app = Microdot()
        self._app.post("/nexo")(self._nexo)

    async def start(self) -> None:
        """Begin to listen. Raises OSError when the address cannot be had."""
        await self._app.start_server(self.host, self.port, start_serving=False)
        server = self._server = self._app.server
        await server.start_serving()
        self.address = server.sockets[0].getsockname()[:2]

    async def stop(self) -> None:
        """Stop listening; a request that is being answered comes to its end."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _nexo(self, request: Request) -> Response | tuple[str, int]:
        refused = self._refusal(request)
        if refused:
            return refused
        header = nexo.Header("Event", "", "", "")
        try:
            header, body = nexo.read_request(_parsed(request))
            answer = await self._answer(header, body)
        except RequestError as error:
            answer = nexo.failure("MessageFormat", str(error))
        except BusyError as error:
            answer = nexo.failure("Busy", str(error))
        except JournalError as error:
            answer = nexo.failure("UnavailableService", f"JOURNAL_UNAVAILABLE {error}")
        except Exception as error:  # noqa: BLE001 - the till is answered; only our own messages hold no card data
            log.error("%s: %s", header.category, type(error).__name__)
            answer = nexo.failure("UnavailableService", f"{type(error).__name__}; ask for the transaction's status")
        text = json.dumps(nexo.response(header, answer), ensure_ascii=False)
        return Response(text, 200, {"Content-Type": _JSON})

    async def _answer(self, header: nexo.Header, body: dict[str, Any]) -> dict[str, Any]:
        if header.category == nexo.PAYMENT:
            return nexo.payment_response(await self.counter.pay(nexo.payment_request(header, body)))
        if header.category == nexo.TRANSACTION_STATUS:
            return await self._status(header, body)
        if header.category == nexo.ABORT:
            aborted = self.counter.abort(nexo.named_sale(header, body))
            return nexo.success() if aborted else nexo.failure("NotFound", "no such sale waits for a card")
        if header.category == nexo.REVERSAL:
            return await self._send_again(body)
        if header.category == nexo.BATCH:
            return await self._unresolved(body)
        answer = await self._diagnosis()
        if header.category == nexo.LOGIN:
            software = {"ManufacturerID": "JumpGuard", "SoftwareVersion": self.software}
            answer["POISystemData"] = {"POISoftware": software, "POIStatus": answer.pop("POIStatus")}
        return answer

    async def _status(self, header: nexo.Header, body: dict[str, Any]) -> dict[str, Any]:
        till = nexo.named_sale(header, body)
        found = await self.counter.status(till) if till else await latest(self.counter.journal)
        if found is None:
            return nexo.failure("NotFound", f"no transaction {till!r} is known here" if till else "there was none yet")
        if found.result == RUNNING:
            return nexo.failure("InProgress", "it is under way; ask again")
        answer = nexo.success()
        answer["RepeatedMessageResponse"] = {
            "RepeatedResponseMessageBody": {"PaymentResponse": nexo.payment_response(found)}
        }
        return answer

    async def _send_again(self, body: dict[str, Any]) -> dict[str, Any]:
        sale, amount = nexo.reversed_sale(body)
        try:
            return nexo.reversal_response(await self.counter.reversal_worker.send_again(sale, amount))
        except NoSuchSaleError as error:
            return nexo.failure("NotFound", str(error))
        except ReversalRefusedError as error:
            return nexo.failure("NotAllowed", str(error))

    async def _unresolved(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("TransactionToPerform") or body.get("RemoveAllFlag"):
            return nexo.failure("NotAllowed", "Batch: it lists unresolved reversals; it performs and removes nothing")
        return nexo.batch_response(await self.counter.reversal_worker.unresolved.outcomes())

    async def _diagnosis(self) -> dict[str, Any]:
        proven = self.counter.gate.prove()
        sells = proven.allowed and self.counter.lifecycle.state == ACTIVE
        status = "Maintenance" if not sells else "Busy" if self.counter.busy else "OK"
        answer = nexo.success()
        answer["POIStatus"] = {"GlobalStatus": status, "SecurityOKFlag": not self.counter.gate.tamper.tampered}
        unresolved = len(await self.counter.reversal_worker.unresolved.sales())
        told = [proven.reason, f"{REVERSALS_UNRESOLVED} {unresolved}" if unresolved else ""]
        if any(told):
            answer["Response"]["AdditionalResponse"] = " ".join(filter(None, told))
        return answer

    def _refusal(self, request: Request) -> tuple[str, int] | None:
        headers = request.headers
        said = headers.get("Authorization", "")
        if not hmac.compare_digest(said.encode(), f"Bearer {self.token}".encode()):
            return "no or wrong bearer token\n", 401
        if headers.get("Origin") is not None or headers.get("Host", "") not in self._hosts():
            return "not from a web page: Origin must be absent and Host this terminal\n", 403
        if headers.get("Content-Type", "").partition(";")[0].strip().lower() != _JSON:
            return f"Content-Type must be {_JSON}\n", 415
        return None

    def _hosts(self) -> tuple[str, ...]:
        port = self.address[1]
        return (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", f"{self.host}:{port}")


def _parsed(request: Request) -> object:
    if request.content_length > _LARGEST_BODY:
        raise RequestError(f"body: more than {_LARGEST_BODY} bytes")
    try:
        return json.loads(request.body or b"")
    except (ValueError, RecursionError) as error:
        raise RequestError("body: not JSON") from error
