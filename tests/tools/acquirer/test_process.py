import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.tools.acquirer.till import NAMED, Process, Till
from tools.acquirer.client import AcquirerControl
from tools.acquirer.ledger import read_charges
from tools.errors import AcquirerSimulatorError, ControlError


def run_simulator(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.acquirer", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=10)


def test_what_was_answered_is_booked_though_the_simulator_is_killed_and_goes_on_after_it(tmp_path: Path) -> None:
    process = Process(tmp_path, NAMED).start()
    till = Till(process)
    till.sign_on()
    answer = till.sale(777)
    process.end(signal.SIGKILL)
    (row,) = read_charges(process.ledger)
    assert (row["amount"], row["rrn"], row["state"]) == (777, answer.text(37), "approved")

    process.start()
    again = Till(process)
    again.mak = till.mak
    again.send_sale()
    forgotten, is_authentic = again.receive_any()
    assert (forgotten.text(39), is_authentic) == ("A0", False), "the keys went with the process"
    again.sign_on()
    assert again.reverse(answer.text(11), 777).text(39) == "00"
    assert again.sale(de11="000900").text(37) != answer.text(37)
    assert process.end() == 0
    assert [row["state"] for row in read_charges(process.ledger)] == ["reversed", "approved"]


def test_what_cannot_be_booked_is_not_answered(process: Process, till: Till) -> None:
    refuse = "CREATE TRIGGER refuse BEFORE INSERT ON charges BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    with closing(sqlite3.connect(process.ledger)) as db:
        db.execute(refuse)
        till.send_sale()
        assert till.receive_frame() == b""
        db.execute("DROP TRIGGER refuse")
    assert process.control.ledger() == []
    again = till.reconnect()
    assert again.sale().text(39) == "00"
    again.close()


def test_the_line_when_ready_says_where_everything_is(process: Process) -> None:
    ready = process.ready
    assert sorted(ready) == ["control", "host", "ledger", "port"]
    assert ready["host"] == "127.0.0.1" and ready["port"] > 0
    assert Path(ready["control"]).stat().st_mode & 0o777 == 0o600
    assert Path(ready["ledger"]).is_file()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_with_open_connections_and_answers_under_way(tmp_path: Path, number: int) -> None:
    process = Process(tmp_path, NAMED).start()
    till = Till(process)
    till.sign_on()
    process.control.behave("delay", ms=60_000)
    till.send_sale()
    process.wait_for("0200")
    assert process.end(number) == 0
    assert till.receive_frame() == b""
    assert not Path(process.ready["control"]).exists()
    assert "Traceback" not in process.stderr_file.read_text()
    assert len(read_charges(process.ledger)) == 1


def test_a_directory_has_one_acquirer(process: Process) -> None:
    second = run_simulator("--dir", process.directory, "--terminals", process.terminals_file)
    assert second.returncode == 1
    assert "another acquirer runs" in second.stderr and "Traceback" not in second.stderr
    assert process.control.ledger() == []


def test_what_keeps_it_from_starting_is_one_line(process: Process, tmp_path: Path) -> None:
    taken = run_simulator("--dir", tmp_path, "--terminals", process.terminals_file, "--port", process.ready["port"])
    no_file = run_simulator("--dir", tmp_path, "--terminals", tmp_path / "none.toml")
    long_path = run_simulator("--dir", tmp_path / ("x" * 100), "--terminals", process.terminals_file)
    for refused, words in ((taken, "cannot listen on 127.0.0.1"), (no_file, "none.toml"), (long_path, "shorter path")):
        assert refused.returncode == 1
        assert refused.stderr.startswith("error: ") and refused.stderr.count("\n") == 1, refused.stderr
        assert words in refused.stderr


def test_the_ledger_of_no_acquirer_cannot_be_read_nor_its_control_reached(tmp_path: Path) -> None:
    with pytest.raises(AcquirerSimulatorError, match="no ledger"):
        read_charges(tmp_path / "ledger.sqlite")
    with pytest.raises(ControlError, match="is it running"):
        AcquirerControl(tmp_path).ledger()
