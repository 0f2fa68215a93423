"""Sessions of browsers."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from tests.tools.fleet.access.people import OPERATOR, add_people
from tools.fleet.access import sessions
from tools.fleet.access.tables import sessions as table
from tools.fleet.times import moved, utc_now

A_MOMENT = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def people(connection: Connection) -> None:
    add_people(connection)


def test_a_session_is_found_by_its_secret_of_which_the_store_has_the_hash_alone(connection: Connection) -> None:
    drawn = sessions.begin(connection, OPERATOR.name)
    found = sessions.find(connection, drawn, utc_now())
    assert found is not None and found.actor == OPERATOR
    assert drawn not in str(connection.execute(select(table)).all())
    assert len(drawn) == 43 and drawn != sessions.begin(connection, OPERATOR.name)
    for other in ("", drawn + "A", drawn[:-1], found.hash, "\ud800"):
        assert sessions.find(connection, other, utc_now()) is None


def test_only_its_own_csrf_text_counts(connection: Connection) -> None:
    found = [sessions.find(connection, sessions.begin(connection, OPERATOR.name), utc_now()) for _ in range(2)]
    one, other = found
    assert one is not None and other is not None
    assert one.is_csrf(one.csrf)
    for wrong in (other.csrf, "", one.csrf[:-1], "\ud800", "密"):
        assert not one.is_csrf(wrong)


def test_a_session_ends_when_nobody_is_there_and_in_any_case_after_a_while(connection: Connection) -> None:
    drawn, now = sessions.begin(connection, OPERATOR.name), utc_now()
    found = sessions.find(connection, drawn, moved(now, sessions.IDLE - A_MOMENT))
    assert found is not None
    assert sessions.find(connection, drawn, moved(now, sessions.IDLE + A_MOMENT)) is None
    assert found.is_to_be_touched(moved(now, sessions.TOUCHED_EVERY + A_MOMENT))
    assert not found.is_to_be_touched(now)
    late = moved(now, sessions.LONGEST - A_MOMENT)
    sessions.touch(connection, found, late)
    assert sessions.find(connection, drawn, late) is not None
    assert sessions.find(connection, drawn, moved(now, sessions.LONGEST + A_MOMENT)) is None


def test_who_logs_out_is_out_and_nobody_else(connection: Connection) -> None:
    drawn, other = (sessions.begin(connection, OPERATOR.name) for _ in range(2))
    sessions.end(connection, drawn)
    sessions.end(connection, drawn)
    assert sessions.find(connection, drawn, utc_now()) is None
    assert sessions.find(connection, other, utc_now()) is not None


def test_sessions_that_are_over_are_tidied_away_with_the_next_one(connection: Connection) -> None:
    sessions.begin(connection, OPERATOR.name)
    connection.execute(table.update().values(seen_at=moved(utc_now(), -sessions.IDLE - A_MOMENT)))
    sessions.begin(connection, OPERATOR.name)
    assert len(connection.execute(select(table)).all()) == 1
