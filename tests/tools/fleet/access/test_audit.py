"""The log of what was changed."""

import json

from sqlalchemy import Connection, select

from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note
from tools.fleet.access.tables import audit
from tools.fleet.times import utc_now


def test_a_note_says_who_did_what_to_what_when_and_how(connection: Connection) -> None:
    before = utc_now()
    note(connection, Actor("王芳", Role.OPERATOR), "alert.acknowledge", "alert 7", why="换了主板", times=2)
    row = connection.execute(select(audit)).one()
    assert (row.by, row.action, row.subject) == ("王芳", "alert.acknowledge", "alert 7")
    assert json.loads(row.detail) == {"why": "换了主板", "times": 2}
    assert before <= row.at <= utc_now()
