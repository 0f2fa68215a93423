"""`python -m provisioning.update`: what systemd starts as root when the terminal asks for a release, or proved one."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

from agent.update.codes import UPDATE_NO_SPACE
from agent.update.version import numbers
from board.slots.marks import REQUEST
from board.slots.state import Outcome, is_id, read_outcome, write_outcome
from provisioning.errors import UpdateError
from provisioning.update.places import Places
from provisioning.update.settle import settle
from provisioning.update.take import TRIAL_S, locked, take

_LONGEST_DETAIL = 300


def serve(places: Places, address: str, trial_s: int) -> None:
    """Settle the last trial, and answer the request that was not answered yet, if there is one.

    A request is a name and a version; whatever else the terminal writes is no request. Raises OSError.
    """
    # Whoever else takes a release at the moment has settled it; the request hears that one is under way.
    with suppress(UpdateError), locked(places.slots):
        settle(places)
    while (asked := _asked(places)) is not None:
        name, version = asked
        code = detail = ""
        try:
            take(places, version, address, name, trial_s)
        except (UpdateError, OSError) as error:
            # On the disk of slots nothing else fails: what comes from elsewhere, `take` names itself.
            code, detail = error.code if isinstance(error, UpdateError) else UPDATE_NO_SPACE, str(error)
            print(f"jumpguard: release {version} is not taken: {detail}", file=sys.stderr)  # noqa: T201
        write_outcome(places.slots, Outcome(name, version, code, detail[:_LONGEST_DETAIL]))


def _asked(places: Places) -> tuple[str, str] | None:
    words = places.marks.read(REQUEST)
    answered = read_outcome(places.slots)
    if len(words) != 2 or not is_id(words[0]) or numbers(words[1]) is None:
        return None
    return (words[0], words[1]) if answered is None or answered.id != words[0] else None


def main() -> int:
    """Serve the terminal below `--root` once. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m provisioning.update", description="Put releases into slots.")
    parser.add_argument("--root", type=Path, default=Path("/"), help="where the terminal's file system begins")
    parser.add_argument("--repository", default="", help="a URL or a folder, in place of what the installation says")
    parser.add_argument("--trial-s", type=int, default=TRIAL_S, help="how long a trial may take, in seconds")
    chosen = parser.parse_args()
    try:
        serve(Places(chosen.root), chosen.repository, chosen.trial_s)
    except (UpdateError, OSError) as error:
        print(f"jumpguard: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
