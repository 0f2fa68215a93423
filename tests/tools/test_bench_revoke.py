"""`jumpguard bench revoke`: what it prints. How fast anything is decides no test."""

import json
import subprocess
import sys
from pathlib import Path

COMMAND = [str(Path(sys.executable).with_name("jumpguard")), "bench", "revoke"]


def test_the_revoked_terminal_is_cut_off_and_no_other() -> None:
    done = subprocess.run(
        [*COMMAND, "--json", "--listed", "30", "--connected", "5"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (figure,) = json.loads(done.stdout)["figures"]
    assert (figure["name"], figure["count"]) == ("revoke", 30)
    revoking = figure["rows"]["revoking"]
    assert revoking["others cut off"] == 0
    assert 0 < revoking["terminal cut off"] <= figure["target"]["limit"]
    assert all(value > 0 for value in figure["rows"]["getting in"].values())
    memory = figure["rows"]["resident memory"]
    assert 0 < memory["before"] <= memory["with all connected"]
