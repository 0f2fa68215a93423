"""The backend looks after history by itself."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tools.fleet.history.told import Told, asked
from tests.tools.fleet.process import BackendProcess
from tests.tools.fleet.publisher import wait_until
from tools.broker import Broker
from tools.cli.fleet import app
from tools.fleet.history.upkeep import Upkeep
from tools.fleet.store import Store

LONG_AGO = "2001-11-26T10:00:00.000Z"


def test_history_is_made_anew_rolled_up_and_deleted(told: Told) -> None:
    told.entry(*asked("s1"), now="2099-01-01T00:00:00.000Z")
    told.report("vitals", {"load1_milli": 1}, LONG_AGO)
    told.mark()
    upkeep = Upkeep(told.store, {"rollups": 0, "connections": 0}, lambda: None)
    while upkeep.step():
        pass
    assert [sale["sale"] for sale in told.sales()] == ["s1"]
    assert (told.samples(), len(told.rollups()), len(told.connections())) == ([], 1, 1)
    assert not upkeep.step()


def test_a_backend_does_so_as_it_runs(tmp_path: Path, key_file: Path) -> None:
    directory = tmp_path / "fleet"
    store = Store(directory)
    store.start()
    told = Told(store, "JG-TEST-0001")
    told.report("vitals", {"load1_milli": 1}, LONG_AGO)
    told.entry(*asked("s1"))
    told.mark()
    store.stop()
    with Broker(tmp_path / "broker") as broker:
        backend = BackendProcess(directory, broker.port, key_file, "--keep", "rollups=0").start()
        wait_until(lambda: told.samples() == [], "the old sample is gone")
        assert (len(told.rollups()), len(told.sales())) == (1, 1)
        assert backend.terminate() == 0, backend.log.read_text()


@pytest.mark.parametrize("keep", ["events=1", "sales=x"])
def test_what_cannot_be_kept_so_is_refused(tmp_path: Path, key_file: Path, keep: str) -> None:
    options = ["--dir", str(tmp_path), "--broker", "127.0.0.1:1883", "--fleet", "demo", "--key", str(key_file)]
    done = CliRunner().invoke(app, ["ingest", *options, "--keep", keep], env={"COLUMNS": "200"})
    assert done.exit_code == 1
    assert "is not NAME=DAYS" in done.output
