"""`jumpguard bench link`: what it prints. How fast anything is decides no test."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.bench import report
from tools.bench.figure import Figure, Target

COMMAND = [str(Path(sys.executable).with_name("jumpguard")), "bench", "link"]


def test_it_compares_with_plain_paho_and_counts_what_is_granted(short_dir: Path) -> None:
    options = ["--json", "--events", "60", "--rounds", "1", "--connected", "30"]
    environment = {**os.environ, "TMPDIR": str(short_dir)}
    done = subprocess.run(
        [*COMMAND, *options], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(short_dir.iterdir()) == [], "nothing is left behind"
    said: dict[str, dict[str, Any]] = {figure["name"]: figure for figure in json.loads(done.stdout)["figures"]}
    drain = said["drain"]["rows"]
    assert set(said) == {"drain", "terminals"} and len(drain) == 3
    agent, paho = drain["agent, events a second"]["median"], drain["paho, events a second"]["median"]
    assert agent > 0 and drain["agent beside paho"]["median"] == pytest.approx(agent / paho)
    assert said["drain"]["target"]["at_least"] and said["drain"]["target"]["limit"] == 0.5
    assert said["terminals"]["rows"]["subscriptions"] == {"not granted": 0, "granted": 120}
    assert said["terminals"]["target"]["met"]
    memory = said["terminals"]["rows"]["resident memory"]
    assert 0 < memory["before"] <= memory["with all connected"]
    assert "plain TCP and without access rules" in said["terminals"]["notes"][0]


@pytest.mark.parametrize(("value", "verdict"), [(0.7, "met"), (0.5, "met"), (0.4, "missed by 0.100 (20%)")])
def test_what_shall_not_fall_below_is_compared_the_other_way(value: float, verdict: str) -> None:
    figure = Figure("drain", "Draining", "x", 3, "events", {"agent": {"median": value}}, Target("median", 0.5, True))
    assert f"target: median at least 0.5 x: {verdict}" in report.text(figure)
