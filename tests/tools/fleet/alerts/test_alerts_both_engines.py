"""The same day leaves the same alerts and messages in SQLite and in PostgreSQL."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.tools.fleet.alerts.shift import TERMINAL, Shift
from tests.tools.fleet.postgresql import READY, PostgreSQL
from tools.fleet.access.actor import Actor, Role
from tools.fleet.alerts import changes, channels, pending
from tools.fleet.alerts.tables import alerts, notifications
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.views import alerts as views
from tools.fleet.views.found import Page

CHEN = Actor("chen", Role.ADMINISTRATOR)
FLEET = [f"JG-{number}" for number in range(6)]


def test_a_day_is_the_same_in_both(postgresql: PostgreSQL, tmp_path: Path) -> None:
    Place(tmp_path / "postgresql").name_database(postgresql.database(READY))
    here, there = [_day(tmp_path / name) for name in ("sqlite", "postgresql")]
    assert here == there
    assert {row["kind"] for row in here["alerts"]} >= {"jump.detected", "DISK_LOW", "broker_down", "terminal_lost"}
    assert {row["state"] for row in here["notifications"]} >= {"sent", "dropped", "waiting"}


def _day(directory: Path) -> dict[str, list[Any]]:
    shift = Shift(directory)
    store = OpenStore(shift.store.place)
    store.change(channels.add, CHEN, "ops", "json://127.0.0.1:9/x", "warning", "en", 1)
    shift.told("online", *FLEET)
    shift.jump("7")
    shift.vitals("DISK_LOW MEMORY_LOW")
    _send(shift, store)
    for up in ("", "DISK_LOW", ""):
        shift.vitals(up)
        shift.later(60)
    store.change(changes.acknowledge, CHEN, [1, 2], shift.now)
    store.change(changes.assign, CHEN, [1], "王芳")
    store.change(changes.close, CHEN, [1], "seen", shift.now)
    shift.told("lost", *FLEET)
    shift.later(2)
    shift.later(100)
    shift.told("online", *FLEET[1:], session=2)
    shift.later(400)
    shift.later(100)
    _send(shift, store)
    found: dict[str, list[Any]] = {
        table.name: store.ask(_rows, select(table).order_by(table.c.id)) for table in (alerts, notifications)
    }
    found |= {sort: store.ask(views.listed, views.Filters("all"), Page(), sort).items for sort in views.SORTS}
    found["text"] = store.ask(views.listed, views.Filters("all", text=f"{TERMINAL} 王芳"), Page()).items
    found["counts"] = [store.ask(views.counts), store.ask(views.kinds)]
    store.close()
    shift.store.stop()
    return found


def _send(shift: Shift, store: OpenStore) -> None:
    for channel in store.ask(pending.channels_with_work, shift.now):
        parcel = store.change(pending.next_parcel, channel, shift.now)
        if parcel is not None:
            store.change(pending.sent, parcel, shift.now)


def _rows(connection: Any, query: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(query)]
