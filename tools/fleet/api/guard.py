"""What is asked of every request before anything looks at it: a host that is ours, and a body that is not too long.

The host is what keeps a page of somebody else's from reaching the backend through a name that suddenly leads here.
"""

from collections.abc import Collection
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tools.fleet.api.faults import fault

LOCAL = ("localhost", "127.0.0.1", "::1")
LONGEST_BODY = 256 * 1024
_OURS = ("/api/", "/metrics")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Stands before `app`, which is reached under one of the names or addresses `hosts`."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _host(headers.get("host", "")) not in self._hosts:
            await fault(421, "this is no name of this backend: serve it with --name")(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(_OURS):
            # Who broke off hears no answer, and changed nothing.
            with suppress(ClientDisconnect):
                await self._answer(scope, receive, send, headers)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        body = await _body(receive, headers)
        if body is None:
            await fault(413, f"a request has {LONGEST_BODY} bytes at most")(scope, receive, say)
            return
        told = False

        async def hear() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, hear, say)


async def _body(receive: Receive, headers: Headers) -> bytes | None:
    """The whole body; None when it is too long, or said to be. Raises ClientDisconnect when it breaks off."""
    said = headers.get("content-length", "0")
    if not said.isdecimal() or int(said[:20]) > LONGEST_BODY:
        return None
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LONGEST_BODY:
            return None
    return bytes(body)


def _host(header: str) -> str:
    """The host in a Host header, without the port and an address's brackets (RFC 9110, 7.2)."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()
