"""What a technician wants to have of a terminal, in one file: what the store knows, without card data or secrets."""

import asyncio
import io
import json
import zipfile
from dataclasses import asdict
from datetime import timedelta

from fastapi import FastAPI, Request
from sqlalchemy import Connection, select
from starlette.responses import RedirectResponse, Response

from board.version import VERSION
from tools.fleet.pages.who import come_in
from tools.fleet.tables import alarms
from tools.fleet.times import utc_now
from tools.fleet.views import terminal as view
from tools.fleet.views.found import Page
from tools.fleet.views.orders import commands
from tools.fleet.views.timeline import timeline
from tools.fleet.views.vitals import courses

_MOST = 1000
_VITALS = timedelta(hours=6)


def add_routes(app: FastAPI) -> None:
    """Add the file to `app`."""

    @app.get("/terminals/{terminal}/diagnostics.zip", include_in_schema=False)
    async def diagnostics(request: Request, terminal: str) -> Response:
        visit = await come_in(request)
        if visit is None:
            return RedirectResponse("/login", 303)
        content = await asyncio.to_thread(visit.site.ask, bundle, terminal)
        if content is None:
            return Response("There is no such terminal.", 404, media_type="text/plain")
        headers = {
            "Content-Disposition": f'attachment; filename="{terminal}-diagnostics.zip"',
            "Cache-Control": "no-store",
        }
        return Response(content, media_type="application/zip", headers=headers)


def bundle(connection: Connection, terminal: str) -> bytes | None:
    """The archive of `terminal`; None where nothing is known of it."""
    known = view.known(connection, terminal)
    if known is None:
        return None
    now = utc_now()
    raised = select(alarms).where(alarms.c.terminal == terminal).order_by(alarms.c.id.desc()).limit(_MOST)
    journals = view.its_journals(connection, terminal)
    files: dict[str, object] = {
        "versions.json": {"backend": VERSION, "made_at": now, "terminal": known.told_object("info")},
        "terminal.json": asdict(known),
        "vitals.json": [asdict(course) for course in courses(connection, terminal, now, _VITALS)],
        "timeline.json": [asdict(moment) for moment in timeline(connection, terminal, most=_MOST)],
        "alarms.json": [dict(row) for row in connection.execute(raised).mappings()],
        "alerts.json": view.open_alerts(connection, terminal),
        "commands.json": [asdict(one) for one in commands(connection, Page(_MOST), terminal).items],
        "journals.json": journals,
    }
    for journal in journals:
        name = journal["journal_id"]
        files[f"entries-{name}.json"] = view.entries(connection, terminal, name, most=_MOST)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, json.dumps(content, ensure_ascii=False, indent=1))
    return packed.getvalue()
