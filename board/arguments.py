"""The command line of `python -m board`: run the terminal, or do one thing to it while it is stopped."""

import argparse
from pathlib import Path


def parsed(given: list[str] | None) -> argparse.Namespace:
    """What `given`, or else the process's own command line, asks for. Ends with code 2 where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m board", description="The JumpGuard terminal agent.")
    parser.add_argument("--settings", type=Path, required=True, help="the terminal's TOML file")
    once = parser.add_mutually_exclusive_group()
    once.add_argument("--install", type=Path, metavar="FILE", help="take the signed binding in FILE, and end")
    once.add_argument(
        "--try",
        dest="candidate",
        type=Path,
        metavar="FILE",
        help="sign on at the acquirer under the signed binding in FILE without taking it, and end",
    )
    once.add_argument("--retire", metavar="WHY", help="end the terminal's life for good; say who and why")
    once.add_argument(
        "--clear", metavar="WHY", help="after an inspection, end tampered, locked or suspended; say who and why"
    )
    once.add_argument(
        "--settle",
        metavar="SALE",
        help="clear the unresolved reversal of SALE by the acquirer's statement; needs --why",
    )
    once.add_argument(
        "--request-certificate",
        type=Path,
        metavar="FILE",
        help="make the key of the fleet link if there is none, write the request for its certificate, and end",
    )
    parser.add_argument("--why", help="with --settle: who does it, and what the statement says")
    chosen = parser.parse_args(given)
    if (chosen.settle is None) != (chosen.why is None):
        parser.error("--settle and --why go together")
    if chosen.why is not None and not chosen.why.strip():
        parser.error("--why: say who does it, and what the statement says")
    return chosen
