"""The load against a real broker and a backend that is killed meanwhile: nothing is lost, and nothing is there twice.

`make fleetload` runs 10,000 terminals for ten minutes, as they are, with a backend that is killed every minute and with
PostgreSQL, and 1,000 over TLS. FLEETLOAD_MINUTES=N and FLEETLOAD_TERMINALS=N for fewer.
"""

import functools
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.fleet.load.screen import PROBE
from tests.tools.fleet.load.trial import Size, Trial
from tests.tools.fleet.postgresql import READY, PostgreSQL
from tools.bench.figure import percentile
from tools.broker import Broker
from tools.fleet.reader import Reader
from tools.rig.files import FLEET

MINUTES = float(os.environ.get("FLEETLOAD_MINUTES") or 10)
TERMINALS = int(os.environ.get("FLEETLOAD_TERMINALS") or 10_000)
# Two journals with one name, or one that was put back: the load makes none.
MADE_BY_NOBODY = {"fork", "cloned", "restored", "new_journal", "chain_break", "entries_lost"}
FLAT = 1.1
# The page that is open meanwhile: when it has to show what a terminal said, and what is asked of it.
SHOWN_S = 1.0
ASKED_S = 0.3


def held(trial: Trial) -> None:
    """Run `trial` and hold what the backend stored against what it acknowledged."""
    trial.run()
    print("\n" + trial.told(), flush=True)
    said = trial.said
    assert trial.code == 0 and said["unacknowledged"] == 0 and said["store"]["faults"] == []
    assert said["counts"]["acknowledged"] == said["counts"]["events"] == said["store"]["events"]
    assert [name for name in said["counts"] if name.startswith("wrong")] == []
    reader = Reader(trial.store)
    open_ = {alarm.kind for alarm in reader.alarms() if alarm.cleared_at is None}
    assert not open_ & MADE_BY_NOBODY and reader.strays() == [] and reader.refusals() == []
    others = [known.terminal for known in reader.terminals() if known.terminal != PROBE]
    assert len(others) == trial.size.terminals
    reader.close()


def test_nothing_is_lost_or_twice_though_backend_and_broker_are_killed(short_dir: Path) -> None:
    trial = Trial(short_dir, Size(50, 100, 40, 15, 2, kill_every_s=6, broker_killed=True, vitals_s=3, drain_s=60))
    held(trial)
    counts = trial.said["counts"]
    assert trial.kills == 2 and counts["link: reconnected"] > 10
    assert counts["said: vitals"] > 50 and counts["kind: jump.detected"] > 0


def test_terminals_of_the_load_are_let_in_over_tls_with_certificates_of_their_own(short_dir: Path) -> None:
    trial = Trial(short_dir, Size(12, 50, 30, 3, vitals_s=1, drain_s=60), secured=True)
    held(trial)
    assert len(list((short_dir / "devices").glob("*.crt"))) == 12


def test_without_a_backend_nothing_counts_as_acknowledged_and_all_is_sent_again(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("jumpguard")), "fleet", "load", "--json", "--fleet", FLEET]
    command += ["--terminals", "4", "--connects-per-second", "50", "--minutes", "0.05", "--drain-seconds", "1"]
    with Broker(tmp_path / "broker") as broker:
        command += ["--broker", f"127.0.0.1:{broker.port}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    said = json.loads(done.stdout)
    assert done.returncode == 1 and said["unacknowledged"] == said["counts"]["events"] > 12
    assert "acknowledged" not in said["counts"] and said["counts"]["resent"] >= 4 and said["store"] is None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--broker", "127.0.0.1"], "is not HOST:PORT"),
        (["--broker", "127.0.0.1:1883", "--authority", "ca"], "--certificates"),
        (["--broker", "127.0.0.1:1883", "--fleet", "a/b"], "a name is not 1 to 64 letters"),
    ],
)
def test_a_load_that_cannot_be_is_refused(options: list[str], why: str) -> None:
    command = [str(Path(sys.executable).with_name("jumpguard")), "fleet", "load", "--fleet", FLEET, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and why in done.stderr.replace("│", " ")


def test_a_machine_that_allows_too_few_files_says_what_to_do(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("jumpguard")), "fleet", "load", "--broker", "127.0.0.1:1"]
    done = subprocess.run(
        [*command, "--fleet", FLEET, "--terminals", "900"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE, (500, 500)),
    )
    assert done.returncode == 1
    assert "need 1100 open files, and 500 are allowed: raise the hard limit" in done.stderr


@pytest.mark.fleetload
@pytest.mark.timeout(3_600)
def test_ten_thousand_terminals_are_taken_and_seen_and_the_memory_stays_flat(short_dir: Path) -> None:
    trial = Trial(short_dir, Size(TERMINALS, 150, 100, MINUTES * 60), watched=True)
    held(trial)
    assert trial.usages["backend"].growth < FLAT
    screen = trial.screen
    assert screen is not None and percentile(screen.shown_s, 95) < SHOWN_S
    assert percentile(screen.sorted_s, 95) < ASKED_S and percentile(screen.filtered_s, 95) < ASKED_S


@pytest.mark.fleetload
@pytest.mark.timeout(3_600)
def test_ten_thousand_terminals_lose_nothing_by_a_backend_that_is_killed_every_minute(short_dir: Path) -> None:
    held(Trial(short_dir, Size(TERMINALS, 150, 100, MINUTES * 60, int(MINUTES), drain_s=600)))


@pytest.mark.fleetload
@pytest.mark.timeout(3_600)
def test_ten_thousand_terminals_lose_nothing_in_a_database(short_dir: Path, postgresql: PostgreSQL) -> None:
    size = Size(TERMINALS, 150, 100, MINUTES * 60)
    held(Trial(short_dir, size, watched=True, database=postgresql.database(READY)))


@pytest.mark.fleetload
@pytest.mark.timeout(3_600)
def test_a_thousand_terminals_over_tls_lose_nothing_by_kills(short_dir: Path) -> None:
    held(Trial(short_dir, Size(1_000, 50, 100, MINUTES * 60, int(MINUTES), drain_s=600), secured=True))
