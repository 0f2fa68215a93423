"""The cookie that holds a session's secret. Under TLS its name begins with `__Host-`: only this very host can set it.

RFC 6265bis, 4.1.3.2.
"""

from starlette.requests import HTTPConnection
from starlette.responses import Response

_NAME = "jumpguard-session"


def of(request: HTTPConnection) -> str:
    """The secret that `request` brings; "" without one."""
    return request.cookies.get(_name(request), "")


def give(request: HTTPConnection, answer: Response, drawn: str) -> None:
    """Have the browser keep the secret until it is closed; no script of a page and no other site gets at it."""
    answer.set_cookie(_name(request), drawn, path="/", secure=_is_secure(request), httponly=True, samesite="strict")


def take_back(request: HTTPConnection, answer: Response) -> None:
    """Have the browser forget the secret."""
    answer.delete_cookie(_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="strict")


def _name(request: HTTPConnection) -> str:
    return f"__Host-{_NAME}" if _is_secure(request) else _NAME


def _is_secure(request: HTTPConnection) -> bool:
    return request.url.scheme in ("https", "wss")
