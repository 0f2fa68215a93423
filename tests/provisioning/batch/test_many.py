"""Three hundred terminals, installed from one table whose batch is killed in the middle: `make batchtest`.

All of them are virtual ones of this machine, each a whole one with its own board, hand and agent. They are on while
somebody works on them, and shut down after that: three hundred agents would need more memory than a desk has.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.provisioning.batch.street import Street
from tests.provisioning.batch.test_run import at_rest, good, issued
from tests.provisioning.install.counter import wait_until
from tools.rig.practice import Practice

MANY = int(os.environ.get("BATCH_TERMINALS", "300"))
PARALLEL = "6"


@pytest.mark.batch
@pytest.mark.timeout(4 * 3600)
def test_hundreds_of_terminals_are_installed_over_a_kill_and_none_twice() -> None:
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Practice(directory, with_ssh=True, terminals=MANY, on_demand=True) as practice:
        folder = directory / "table"
        folder.mkdir()
        street = Street(practice, folder, range(1, MANY + 1))
        serials = Counter(row["serial"] for row in street.rows)
        print(f"\n{street.run('--check').stdout.strip()}")

        begun = time.monotonic()
        done = _killed_after(MANY // 3, street)
        wait_until(lambda: at_rest(practice), "a hand is still at work")
        first_s = time.monotonic() - begun
        states = Counter(outcome.state for outcome in street.outcomes().values())
        print(f"killed after {first_s:.0f} s: {dict(states)}")
        assert states["done"] >= done

        begun = time.monotonic()
        resumed = street.run("--parallel", PARALLEL, "--json")
        second_s = time.monotonic() - begun
        assert resumed.returncode == 0, resumed.stderr[-3000:]
        ended = [json.loads(line) for line in resumed.stdout.splitlines()]
        again = sum(one["state"] == "done" for one in ended)
        assert again == MANY - states["done"]
        assert good(practice) & serials == serials
        twice = [serial for serial in serials if issued(practice)[serial] > 1]
        cut_off = states["begun"] + states["committing"]
        assert len(twice) <= cut_off, "only what was cut off is done again"
        assert len(list((folder / "terminals-sheets").glob("*.pdf"))) == MANY
        assert practice.on_demand is not None
        print(
            f"{MANY} terminals, {PARALLEL} at a time, {practice.on_demand.most} on at most, {os.cpu_count()} cores: "
            f"{MANY / (first_s + second_s) * 60:.1f} a minute; {cut_off} cut off by the kill, {len(twice)} of them "
            "given another certificate, none installed twice"
        )
    shutil.rmtree(directory)


def _killed_after(count: int, street: Street) -> int:
    """Run it, and kill it once so many are done; how many were."""
    process = subprocess.Popen(
        street.command("--parallel", PARALLEL, "--json"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    done = 0
    try:
        for line in process.stdout:
            done += json.loads(line)["state"] == "done"
            if done == count:
                break
    finally:
        process.kill()
        process.wait()
    return done
