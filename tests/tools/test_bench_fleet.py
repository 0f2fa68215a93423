"""`jumpguard bench fleet`: what it prints. How fast anything is decides no test."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [str(Path(sys.executable).with_name("jumpguard")), "bench", "fleet"]


def test_backends_and_subscriber_take_the_same_events_and_are_compared(short_dir: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--json", "--events", "120", "--rounds", "2", "--terminals", "20"],
        env={**os.environ, "TMPDIR": str(short_dir)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(short_dir.iterdir()) == [], "nothing is left behind"
    (figure,) = json.loads(done.stdout)["figures"]
    assert (figure["name"], figure["count"]) == ("ingest", 120)
    assert figure["target"]["at_least"] and figure["target"]["limit"] == 0.5
    ratio, alone, subscriber, backend, single = figure["rows"].values()
    assert alone["median"] > 0 and single["median"] > 0
    assert 0 < backend["least"] <= backend["median"] <= backend["most"]
    assert ratio["most"] >= backend["least"] / subscriber["most"]
    assert ratio["least"] <= backend["most"] / subscriber["least"]
    assert ratio["median"] == pytest.approx(figure["target"]["value"])
