"""`/api/1/jumps`, over HTTP."""

import io
import zipfile
from collections.abc import Iterator

import pytest

from tests.tools.fleet.access.people import OPERATOR, VIEWER, add_people
from tests.tools.fleet.api.program import Program
from tests.tools.fleet.jumps.shop import OTHER, Shop
from tools.fleet.open_store import OpenStore
from tools.fleet.store import Store

AT, SOON = "2026-11-26T07:00:00.000Z", "2026-11-26T07:00:01.000Z"
JUMPS = "/api/1/jumps"


@pytest.fixture
def program(store: Store, shop: Shop) -> Iterator[Program]:
    """The API of a store with a jump."""
    store.take(shop.sell(OTHER, AT), SOON)
    opened = OpenStore(store.place)
    opened.change(add_people)
    with Program(opened) as program:
        yield program
    opened.close()


def test_a_jump_is_found_read_worked_on_and_taken_away(program: Program) -> None:
    mine = program.token(OPERATOR)
    found = program.call("GET", f"{JUMPS}?workflow=new&field=mid&text=JG", mine).json()
    assert (found["total"], found["items"][0]["version"]) == (1, 0)
    assert program.call("GET", f"{JUMPS}?workflow=reported", mine).json()["total"] == 0
    step = {"to": "investigating", "version": 0, "note": "asked 银联"}
    assert program.call("POST", f"{JUMPS}/1/steps", mine, step).status_code == 204
    late = program.call("POST", f"{JUMPS}/1/steps", mine, step)
    assert late.status_code == 409 and OPERATOR.name in late.json()["error"]["message"]
    assert program.call("POST", f"{JUMPS}/1/notes", mine, {"text": "a\nb"}).status_code == 204
    told = program.call("GET", f"{JUMPS}/1", mine).json()
    assert [note["text"] for note in told["notes"]] == ["asked 银联", "a\nb"]
    made = program.call("GET", f"{JUMPS}/1/complaint", mine)
    assert "check.py" in zipfile.ZipFile(io.BytesIO(made.content)).namelist()
    assert program.call("GET", f"{JUMPS}/rates?by=hour", mine).json()["whole"]["jumps"] == 1


def test_what_is_no_filter_step_or_number_is_refused(program: Program) -> None:
    mine = program.token(OPERATOR)
    for path, status in (
        ("?sort=id;DROP", 422), ("?workflow=x", 422), ("?text=%00", 422), ("?limit=100000", 422),
        ("/2", 404), ("/0", 422), ("/99999999999999999999", 422), ("/rates?by=card", 422), ("/2/complaint", 404),
    ):  # fmt: skip
        assert program.call("GET", JUMPS + path, mine).status_code == status, path
    bodies: tuple[object, ...] = (
        {"to": "x", "version": 0},
        {"to": "confirmed"},
        {"to": "confirmed", "version": -1},
        [],
    )
    for body in bodies:
        assert program.call("POST", f"{JUMPS}/1/steps", mine, body).status_code == 422
    assert program.call("POST", f"{JUMPS}/1/notes", mine, {"text": "a\x00b"}).status_code == 409


def test_a_viewer_looks_and_changes_nothing(program: Program) -> None:
    theirs = program.token(VIEWER)
    assert program.call("GET", f"{JUMPS}/1", theirs).status_code == 200
    before = program.content()
    for path, body in (("steps", {"to": "investigating", "version": 0}), ("notes", {"text": "x"})):
        assert program.call("POST", f"{JUMPS}/1/{path}", theirs, body).status_code == 403
    assert program.content() == before
