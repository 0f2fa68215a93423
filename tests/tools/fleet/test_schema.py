"""The store's tables: made anew, and from those of earlier versions."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from tools.fleet.place import Place
from tools.fleet.reader import Reader
from tools.fleet.schema import bring_up_to_date, metadata
from tools.fleet.tables import alarms

# The tables that a backend made before stores had versions.
FIRST = {"alarms", "commands", "configurations", "events", "journals", "key_sets", "refusals", "strays"}
FIRST |= {"terminal_keys", "terminals"}


def test_the_changes_from_version_to_version_end_at_the_tables_as_they_are_described(tmp_path: Path) -> None:
    engine = Place(tmp_path).writing()
    for _ in range(2):
        bring_up_to_date(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_store_of_an_earlier_version_gets_what_it_lacks(tmp_path: Path) -> None:
    engine = Place(tmp_path).writing()
    bring_up_to_date(engine)
    with engine.begin() as connection:
        for name in ("alembic_version", *(set(metadata.tables) - FIRST)):
            connection.execute(text(f"DROP TABLE {name}"))
        connection.execute(text("ALTER TABLE alarms DROP COLUMN why"))
        connection.execute(text("DROP INDEX terminals_by_standing"))
        connection.execute(text("ALTER TABLE terminals DROP COLUMN sampled_at"))
        for column in ("ack_counter", "promised_sequence", "promised_hash", "begun_at", "first_seen"):
            connection.execute(text(f"ALTER TABLE journals DROP COLUMN {column}"))
        old = "INSERT INTO journals VALUES ('T', 'J', 1, 'h', 1, NULL, NULL, 'x')"
        connection.execute(text(old))
        connection.execute(text("DROP TABLE strays"))
        old = (
            "INSERT INTO alarms (terminal, journal_id, kind, sequence, detail, at) VALUES ('T', '', 'fork', 1, '', '')"
        )
        connection.execute(text(old))
    for _ in range(2):
        bring_up_to_date(engine)
    assert {column["name"] for column in inspect(engine).get_columns("alarms")} == set(alarms.columns.keys())
    assert inspect(engine).has_table("strays")
    engine.dispose()
    reader = Reader(tmp_path)
    assert [(alarm.kind, alarm.why) for alarm in reader.alarms()] == [("fork", None)]
    assert [(journal.ack_counter, journal.first_seen) for journal in reader.journals()] == [(0, "")]
    reader.close()
