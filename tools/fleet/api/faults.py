"""Answers that say no: `{"error": {"code", "message"}}`, whatever it was."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from agent.errors import JumpGuardError
from tools.errors import ToolError
from tools.fleet.errors import ForbiddenError, MissingError, StoreError, StrangerError, TooManyTriesError

_LONGEST = 500
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (StrangerError, 401),
    (ForbiddenError, 403),
    (MissingError, 404),
    (TooManyTriesError, 429),
    (StoreError, 503),
    (Exception, 409),
)
_CODES = {
    400: "malformed",
    401: "stranger",
    403: "forbidden",
    404: "missing",
    405: "method",
    409: "refused",
    413: "too_large",
    421: "host",
    422: "invalid",
    429: "too_many_tries",
    500: "defect",
    503: "store",
}

log = logging.getLogger("jumpguard.fleet")


def add_handlers(app: FastAPI) -> None:
    """Have `app` answer so."""
    for ours in (ToolError, JumpGuardError):
        app.add_exception_handler(ours, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)


def fault(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer `status` with its code and `message`, which may quote what a stranger sent."""
    said = message[:_LONGEST].encode("utf-8", "backslashreplace").decode()
    return JSONResponse({"error": {"code": _CODES.get(status, "refused"), "message": said}}, status, headers)


def _ours(_request: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    headers = {}
    if isinstance(error, TooManyTriesError):
        headers["Retry-After"] = str(error.seconds)
    if isinstance(error, StrangerError):
        headers["WWW-Authenticate"] = "Bearer"
    return fault(status, str(error), headers)


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Where and why, and not what was sent.
    wrong = [f"{'.'.join(str(part)[:50] for part in each['loc'])}: {each['msg']}" for each in error.errors()[:5]]
    return fault(422, "; ".join(wrong))


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return fault(error.status_code, error.detail, error.headers)


def _defect(request: Request, error: Exception) -> JSONResponse:
    # The error is logged by the server, with its traceback; here with what was asked for.
    log.error("%s %s: %s", request.method, request.scope.get("route"), type(error).__name__)
    return fault(500, "a defect of the backend; its log says more")
