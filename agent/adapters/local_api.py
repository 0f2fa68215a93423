"""The local API: nexo Sale-to-POI JSON at `POST /nexo`, for tills on the same machine or in the shop.

A bearer token is asked for, and Host, Origin and Content-Type are checked, so that no web page a clerk happens to open
can start a sale. All of that comes before a byte of the body is read.
"""

import hmac
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from microdot import Microdot, Request, Response

from agent.adapters import nexo
from agent.adapters.bounded_server import BoundedServer, Connection
from agent.errors import BusyError, JournalError, NoSuchSaleError, RequestError, ReversalRefusedError
from agent.lifecycle import TAMPERED
from agent.sale.counter import Counter
from agent.sale.outcome import REVERSALS_UNRESOLVED, RUNNING
from agent.sale.past import latest

log = logging.getLogger(__name__)

_JSON = "application/json"
_NOT_A_TILL = (
    "not from a web page: Origin must be absent, and Host an address or a name ([api] names) of this terminal\n"
)
_TOO_SLOW = "the request took too long\n"
_CUSTOMARY_PORTS = {False: 80, True: 443}

# A request of a till has about one kilobyte. Microdot answers a larger one with 413.
Request.max_content_length = 16 * 1024
# Microdot reads no body by itself: the token comes first.
Request.max_body_length = 0


class LocalApi:
    """Serves the counter on `host`:`port`; port 0 takes a free one, and `address`, host and port, is known once it is
    started.

    Tills may call the terminal by `names` as well as by its addresses. At most `connections` are open at a time; `tls`
    encrypts them. `token` is the till's bearer token, `software` our version. `health` is how the terminal is, for who
    examines it.
    """

    def __init__(
        self,
        counter: Counter,
        host: str,
        port: int,
        names: tuple[str, ...],
        connections: int,
        tls: ssl.SSLContext | None,
        token: str,
        software: str,
        health: Callable[[], Awaitable[dict[str, object]]],
    ) -> None:
        self.counter = counter
        self.health = health
        self.names = ("127.0.0.1", "localhost", "::1", host, *names)
        self.token = token
        self.software = software
        self.address = ""
        self._port = port
        self._server = BoundedServer(self._serve, host, port, connections, tls)
        self._app = Microdot()
        self._app.post("/nexo")(self._nexo)

    async def start(self) -> None:
        """Begin to listen. Raises OSError when the address cannot be had."""
        await self._server.start()
        host, self._port = self._server.address
        self.address = f"{_in_url(host)}:{self._port}"

    def stop(self) -> None:
        """Stop listening; a request that is being answered comes to its end."""
        self._server.stop()

    async def _serve(self, connection: Connection) -> None:
        """Microdot's own `handle_request`, but for its word on bad requests: it would write each into the log."""
        stream: Any = connection  # Microdot names asyncio's streams as its types, and uses these calls of them alone
        try:
            request = await Request.create(self._app, stream, stream, stream)
        except RequestError as error:
            answer = Response(f"{error}\n", 431)
        except TimeoutError:
            answer = Response(_TOO_SLOW, 408)
        except (ValueError, IndexError, EOFError):
            answer = Response("not an HTTP request\n", 400)
        else:
            answer = await self._app.dispatch_request(request)
        await answer.write(stream)

    async def _nexo(self, request: Request) -> Response | tuple[str, int]:
        connection = request.stream
        assert isinstance(connection, Connection), "Microdot leaves the body in the stream"
        refused = self._refusal(request, connection.local_host)
        if refused:
            return refused
        try:
            body = await connection.readexactly(request.content_length)
        except TimeoutError:
            return _TOO_SLOW, 408
        except EOFError:
            return "the body ends early\n", 400
        connection.admit()
        return Response(json.dumps(await self._response(body), ensure_ascii=False), 200, {"Content-Type": _JSON})

    async def _response(self, body: bytes) -> dict[str, Any]:
        header = nexo.Header("Event", "", "", "")
        try:
            header, request = nexo.read_request(_parsed(body))
            answer = await self._answer(header, request)
        except RequestError as error:
            answer = nexo.failure("MessageFormat", str(error))
        except BusyError as error:
            answer = nexo.failure("Busy", str(error))
        except JournalError as error:
            answer = nexo.failure("UnavailableService", f"JOURNAL_UNAVAILABLE {error}")
        except Exception as error:  # noqa: BLE001 - the till is answered; only our own messages hold no card data
            log.error("%s: %s", header.category, type(error).__name__)
            answer = nexo.failure("UnavailableService", f"{type(error).__name__}; ask for the transaction's status")
        return nexo.response(header, answer)

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
        if body.get("HealthFlag") is True:
            answer["Health"] = await self.health()
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
        gate, state = self.counter.gate, self.counter.lifecycle.state
        verdict = gate.check(None, state)
        status = "Maintenance" if not verdict.allowed else "Busy" if self.counter.busy else "OK"
        answer = nexo.success()
        # A case that was opened and closed again stays doubtful until somebody inspected it.
        secure = state != TAMPERED and not gate.tamper.tampered
        answer["POIStatus"] = {"GlobalStatus": status, "SecurityOKFlag": secure}
        unresolved = len(await self.counter.reversal_worker.unresolved.sales())
        told = [verdict.reason, f"{REVERSALS_UNRESOLVED} {unresolved}" if unresolved else ""]
        if any(told):
            answer["Response"]["AdditionalResponse"] = " ".join(filter(None, told))
        return answer

    def _refusal(self, request: Request, local_host: str) -> tuple[str, int] | None:
        headers = request.headers
        said = headers.get("Authorization", "")
        if not hmac.compare_digest(said.encode(), f"Bearer {self.token}".encode()):
            return "no or wrong bearer token\n", 401
        # The address that was reached is enough where it listens at all of them: a web page's name that was turned to
        # our address stays the page's name.
        ours = hosts((*self.names, local_host), self._port, self._server.tls is not None)
        if headers.get("Origin") is not None or headers.get("Host", "").lower() not in ours:
            return _NOT_A_TILL, 403
        if headers.get("Content-Type", "").partition(";")[0].strip().lower() != _JSON:
            return f"Content-Type must be {_JSON}\n", 415
        return None


def hosts(names: Iterable[str], port: int, encrypted: bool) -> list[str]:
    """What the Host header may be for a server that goes by `names` (RFC 9110, 7.2), in lower case: the port may be
    left out where it is the customary one.
    """
    known = [_in_url(name.lower()) for name in names]
    without_port = known if port == _CUSTOMARY_PORTS[encrypted] else []
    return [*(f"{host}:{port}" for host in known), *without_port]


def _in_url(host: str) -> str:
    """`host` as a URL has it: an IPv6 address in brackets (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError("body: not JSON") from error
