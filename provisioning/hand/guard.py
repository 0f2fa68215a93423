"""A process beside the hand that outlives it: when the hand is gone, whatever ended it, it puts the terminal back."""

import subprocess
import sys

from provisioning.errors import HandError
from provisioning.hand.ledger import Ledger, held
from provisioning.hand.places import Places
from provisioning.hand.service import Service

_READY = "watching\n"


def start(places: Places) -> "subprocess.Popen[str]":
    """Start a guard, and return once it watches. Raises HandError."""
    command = [sys.executable, "-P", "-m", "provisioning.hand", "--root", str(places.root), "--guard"]
    # A session of its own: what ends the hand's, such as a connection that is cut, does not end it.
    guard = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True, cwd="/",
    )  # fmt: skip
    assert guard.stdout is not None
    with guard.stdout:
        if guard.stdout.readline() != _READY:
            raise HandError("GUARD", f"the guard of the installation ended with {guard.wait()}")
    return guard


def watch(places: Places) -> None:
    """Wait until nobody works on the terminal any more, then finish what was left. Raises HandError and OSError."""
    sys.stdout.write(_READY)
    sys.stdout.flush()
    with held(places, wait_s=None):
        Ledger(places, Service(places)).recover()
