"""What people do about a jump: which step may follow which, who may take it, and what two of them do to each other."""

import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, select

from tests.leaks.cards import PANS
from tests.tools.fleet.jumps.conftest import LI, WANG
from tests.tools.fleet.jumps.shop import OTHER, Shop
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.tables import audit
from tools.fleet.errors import ConflictError, ForbiddenError, MissingError, OrderError
from tools.fleet.jumps.steps import NEXT, WORKFLOW
from tools.fleet.jumps.tables import jump_notes, jumps
from tools.fleet.jumps.workflow import LONGEST_NOTE, add_note, move
from tools.fleet.store import Store

AT, SOON = "2026-11-26T07:00:00.000Z", "2026-11-26T07:00:01.000Z"
# The steps that lead to each, from new on.
WAY = {
    "new": [],
    "investigating": ["investigating"],
    "confirmed": ["investigating", "confirmed"],
    "false_alarm": ["investigating", "false_alarm"],
    "reported": ["investigating", "confirmed", "reported"],
}


@pytest.fixture
def writing(store: Store, shop: Shop) -> Iterator[Connection]:
    """The desk's transaction on a store with jump 1."""
    store.take(shop.sell(OTHER, AT), SOON)
    engine = store.place.writing()
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def walk(connection: Connection, steps: list[str]) -> int:
    for version, step in enumerate(steps):
        move(connection, WANG, 1, version, step)
    return len(steps)


def step_of(connection: Connection) -> str:
    return str(connection.execute(select(jumps.c.workflow)).scalar_one())


def test_a_step_follows_where_the_table_says_so_and_nowhere_else(writing: Connection) -> None:
    for start, to in itertools.product(WORKFLOW, WORKFLOW):
        trial = writing.begin_nested()
        version = walk(writing, WAY[start])
        if to in NEXT[start]:
            move(writing, WANG, 1, version, to)
            assert step_of(writing) == to
        else:
            with pytest.raises(OrderError, match=f"it is {start}; next it can be "):
                move(writing, WANG, 1, version, to)
            assert step_of(writing) == start
        trial.rollback()


def test_a_step_is_noted_with_who_took_it_why_and_in_the_log(writing: Connection) -> None:
    move(writing, WANG, 1, 0, "investigating", "  called 银联\nthey look  ")
    row = writing.execute(select(jumps)).one()
    assert (row.version, row.changed_by, row.changed_at > SOON) == (1, "wang", True)
    note = writing.execute(select(jump_notes)).one()
    assert (note.by, note.text, note.workflow) == ("wang", "called 银联\nthey look", "investigating")
    logged = writing.execute(select(audit)).one()
    assert (logged.by, logged.action, logged.subject) == ("wang", "jump.investigating", "1")


def test_whoever_looked_before_another_changed_it_is_told_who_and_when(writing: Connection) -> None:
    move(writing, WANG, 1, 0, "investigating")
    changed = writing.execute(select(jumps.c.changed_at)).scalar_one()
    with pytest.raises(ConflictError, match=f"wang made it investigating at {changed}"):
        move(writing, LI, 1, 0, "investigating")
    move(writing, LI, 1, 1, "confirmed")
    assert step_of(writing) == "confirmed"


def test_notes_disturb_nobody(writing: Connection) -> None:
    add_note(writing, LI, 1, "the merchant rang")
    move(writing, WANG, 1, 0, "investigating")
    notes = writing.execute(select(jump_notes).order_by(jump_notes.c.id)).all()
    assert [(note.by, note.text, note.workflow) for note in notes] == [
        ("li", "the merchant rang", ""),
        ("wang", "", "investigating"),
    ]


def test_a_viewer_changes_nothing(writing: Connection) -> None:
    viewer = Actor("zhao", Role.VIEWER)
    with pytest.raises(ForbiddenError):
        move(writing, viewer, 1, 0, "investigating")
    with pytest.raises(ForbiddenError):
        add_note(writing, viewer, 1, "x")
    assert (step_of(writing), writing.execute(select(jump_notes)).all()) == ("new", [])


def test_a_jump_that_there_is_not_is_named(writing: Connection) -> None:
    for number in (0, 2, -1, 2**40):
        with pytest.raises(MissingError, match=f"jump {number}: there is none"):
            move(writing, WANG, number, 0, "investigating")
        with pytest.raises(MissingError, match=f"jump {number}: there is none"):
            add_note(writing, WANG, number, "x")


NONE = ("", "  \n ", "a\0b", "a\x1b[2Jb", "\ud800", "a\u202eb", "x" * (LONGEST_NOTE + 1), f"card {PANS[0]}")


def test_a_note_that_is_none_is_refused_and_not_repeated(writing: Connection) -> None:
    for text in NONE:
        with pytest.raises(OrderError) as refused:
            add_note(writing, WANG, 1, text)
        assert len(str(refused.value)) < 120 and PANS[0] not in str(refused.value)
    assert writing.execute(select(jump_notes)).all() == []


def test_any_text_of_a_person_is_kept_as_it_is(writing: Connection) -> None:
    texts = ["x" * LONGEST_NOTE, "<script>alert(1)</script>", "'; DROP TABLE jumps; --", "好的"]
    for text in texts:
        add_note(writing, WANG, 1, text)
    assert writing.execute(select(jump_notes.c.text).order_by(jump_notes.c.id)).scalars().all() == texts
