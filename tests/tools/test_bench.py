"""The bench as its users start it: what it prints and what that looks like. How fast anything is decides no test."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tools.bench import fsyncs, report
from tools.bench.counter_bench import MEASURES
from tools.bench.figure import Figure, Target, percentile, percentiles

COMMAND = [str(Path(sys.executable).with_name("jumpguard")), "bench", "counter"]
JOURNAL = "journal.sqlite"
# What may make the disk write during a sale; anything else is a file that nobody meant to sync there.
SYNCED = {"all", fsyncs.COMMIT, fsyncs.CHECKPOINT_LOG, fsyncs.CHECKPOINT, fsyncs.NEW_LOG}
TARGETS = {
    "gate": ("p50", 0.15),
    "tap": None,
    "own_time": ("p95", 15.0),
    "fsyncs": ("mean", 3.05),
    "memory": ("after the sales", 10.0),
    "ready": ("p50", 0.8),
    "idle": ("mean", 2.0),
}


def bench(temporary: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the bench to its end, with temporary files where the test can look for them."""
    variables = {**os.environ, "TMPDIR": str(temporary), "LANG": "C.UTF-8", "COLUMNS": "160", **environment}
    return subprocess.run([*COMMAND, *options], env=variables, capture_output=True, text=True, timeout=110, check=False)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What a bench of three sales says as JSON."""
    # Not pytest's own folder: its name is too long for the Unix sockets that will lie in it.
    with tempfile.TemporaryDirectory(prefix="jg-") as temporary:
        done = bench(Path(temporary), "--json", "--sales", "3")
        assert done.returncode == 0, done.stderr
        assert list(Path(temporary).iterdir()) == []
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.sweep
def test_every_figure_is_told_with_its_target_and_its_machine(told: dict[str, Any]) -> None:
    assert set(told) == {"machine", "figures"}
    assert set(told["machine"]) == {"cores", "processor", "python", "kernel", "load", "file_system"}
    assert [figure["name"] for figure in told["figures"]] == list(MEASURES) == list(TARGETS)
    for figure in told["figures"]:
        target = figure["target"]
        assert (target and (target["of"], target["limit"])) == TARGETS[figure["name"]]


@pytest.mark.sweep
def test_every_figure_is_positive_and_says_over_how_many_it_was_taken(told: dict[str, Any]) -> None:
    for figure in told["figures"]:
        assert set(figure) == {"name", "title", "unit", "count", "counted", "rows", "target", "notes"}
        assert figure["count"] >= 1 and figure["counted"] and figure["unit"] and figure["title"]
        values = [value for row in figure["rows"].values() for value in row.values()]
        # A process that idles may take less than a tick of the clock that it is measured with.
        assert values and all(value >= 0 if figure["name"] == "idle" else value > 0 for value in values), figure


@pytest.mark.sweep
def test_a_target_is_missed_exactly_by_what_the_value_is_above_it(told: dict[str, Any]) -> None:
    for figure in told["figures"]:
        target = figure["target"]
        if target is not None:
            first = next(iter(figure["rows"].values()))
            assert target["value"] == first[target["of"]]
            assert target["off"] == max(0, target["value"] - target["limit"])
            assert target["met"] is (target["off"] == 0)


@pytest.mark.sweep
def test_a_sale_syncs_the_journal_three_times_and_no_other_file(told: dict[str, Any]) -> None:
    rows = next(figure["rows"] for figure in told["figures"] if figure["name"] == "fsyncs")
    assert set(rows) <= SYNCED
    assert rows[fsyncs.COMMIT]["in all"] == 9
    assert rows["all"]["in all"] == sum(row["in all"] for name, row in rows.items() if name != "all")


@pytest.mark.sweep
def test_both_readers_and_both_kinds_of_tap_are_compared(told: dict[str, Any]) -> None:
    figure = next(figure for figure in told["figures"] if figure["name"] == "tap")
    assert len(figure["rows"]) == 4
    assert sum(name.startswith("agent") for name in figure["rows"]) == 2
    assert figure["notes"][0].startswith("agent / stock")


def test_a_person_reads_the_chosen_figures_only_as_plain_text(short_dir: Path) -> None:
    done = bench(short_dir, "--sales", "2", "--only", "gate", "--only", "ready")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    assert "cores" in lines[0] and "Python" in lines[0]
    assert [line for line in lines if line.startswith(("Gate", "Time", "Fsyncs", "Tap"))] == [
        "Gate: one check, the merchant file re-read and hashed (ms, 10 checks)",
        "Time to READY (s, 1 starts)",
    ]
    assert sum(line.startswith("  target: p50 at most") for line in lines) == 2


def test_without_strace_it_says_how_to_get_it_and_does_not_pass_for_measured(short_dir: Path) -> None:
    tools, temporary = short_dir / "bin", short_dir / "tmp"
    for folder in (tools, temporary):
        folder.mkdir()
    stty = shutil.which("stty")
    assert stty is not None
    (tools / "stty").symlink_to(stty)  # nfcpy raises the speed of its port with it
    done = bench(temporary, "--sales", "1", "--only", "fsyncs", PATH=str(tools))
    assert done.returncode == 1
    assert "target: mean at most 3.05 fsyncs a sale: not measured" in done.stdout
    assert "sudo apt-get install strace" in done.stdout


@pytest.mark.parametrize("options", [["--only", "horsepower"], ["--sales", "0"]])
def test_a_figure_that_is_none_and_no_sales_are_wrong_usage(options: list[str], short_dir: Path) -> None:
    done = bench(short_dir, *options)
    assert done.returncode == 2
    assert options[0] in done.stderr


def test_syncs_are_read_from_a_trace_and_everything_else_in_it_is_not(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text(
        "12 1790000000.000001 fdatasync(9</s/journal.sqlite-wal>) = 0\n"
        "13 1790000000.500000 fsync(11</s/merchant.json.new> <unfinished ...>\n"
        "13 1790000000.600000 <... fsync resumed>) = 0\n"
        "12 1790000001.000000 +++ exited with 0 +++\n"
    )
    assert fsyncs.syncs(trace) == [
        fsyncs.Sync(1790000000.000001, "journal.sqlite-wal"),
        fsyncs.Sync(1790000000.5, "merchant.json.new"),
    ]


def test_each_sync_around_a_checkpoint_is_named_for_what_it_is() -> None:
    log = JOURNAL + "-wal"
    files = [log, log, log, JOURNAL, log, log, "merchant.json"]
    found = [fsyncs.Sync(float(number), file) for number, file in enumerate(files)]
    assert fsyncs.named(found, JOURNAL) == {
        fsyncs.COMMIT: 3,
        fsyncs.CHECKPOINT_LOG: 1,
        fsyncs.CHECKPOINT: 1,
        fsyncs.NEW_LOG: 1,
        "merchant.json": 1,
    }


def test_a_percentile_is_a_value_that_was_seen() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert percentiles(values, 50, 99) == {"p50": 3.0, "p99": 5.0}
    assert percentile([7.0], 1) == 7.0
    assert percentile([float(number) for number in range(1, 101)], 95) == 95.0


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.8, "met"), (0.5, "met"), (1.0, "missed by 0.200 (25%)")],
)
def test_the_text_says_whether_the_target_was_met_and_how_far_off_it_is(value: float, verdict: str) -> None:
    figure = Figure("ready", "Time", "s", 3, "starts", {"agent": {"p50": value}}, Target("p50", 0.8))
    assert f"target: p50 at most 0.8 s: {verdict}" in report.text(figure)


def test_a_figure_that_was_not_measured_has_no_verdict() -> None:
    figure = Figure("ready", "Time", "s", target=Target("p50", 0.8))
    assert "target: p50 at most 0.8 s: not measured" in report.text(figure)
    target = figure.as_json()["target"]
    assert (target["value"], target["met"], target["off"]) == (None, None, None)
