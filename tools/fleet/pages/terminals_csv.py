"""The terminals that are found as a CSV file, for a spreadsheet: what a terminal told is no formula in it."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from dataclasses import asdict, fields

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from tools.fleet.pages.site import Site
from tools.fleet.pages.terminals_address import CSV_PATH, Shown, read
from tools.fleet.pages.who import come_in
from tools.fleet.views import terminals as view

_PIECE = 500
# What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_COLUMNS = tuple(field.name for field in fields(view.Line))


def add_routes(app: FastAPI) -> None:
    """Add the file to `app`."""

    @app.get(CSV_PATH, include_in_schema=False)
    async def terminals(request: Request) -> Response:
        visit = await come_in(request)
        if visit is None:
            return RedirectResponse("/login", 303)
        headers = {"Content-Disposition": 'attachment; filename="terminals.csv"', "Cache-Control": "no-store"}
        lines = _lines(visit.site, read(request.query_params))
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def safe(value: object) -> str:
    """`value` as text that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


async def _lines(site: Site, shown: Shown) -> AsyncIterator[str]:
    # The byte order mark, by which Excel knows UTF-8.
    yield "\ufeff" + _row(_COLUMNS)
    after = 0
    while True:
        lines = await asyncio.to_thread(
            site.ask, view.listed, shown.filters, shown.sort, shown.falling, most=_PIECE, after=after
        )
        yield "".join(_row([safe(value) for value in asdict(line).values()]) for line in lines)
        after += len(lines)
        if len(lines) < _PIECE:
            return


def _row(values: tuple[str, ...] | list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()
