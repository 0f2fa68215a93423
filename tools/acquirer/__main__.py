"""`python -m tools.acquirer --dir DIR --terminals FILE`: run the simulated acquirer."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.acquirer.simulator import LOOPBACK, run
from tools.errors import ToolError


def main() -> int:
    """Parse the arguments and serve; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.acquirer", description="Run a simulated acquirer.")
    parser.add_argument("--dir", type=Path, required=True, help="where control.sock and ledger.sqlite live")
    parser.add_argument("--terminals", type=Path, required=True, help="TOML file of the terminals it knows")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="TCP port; 0 takes a free one (default: 0)")
    options = parser.parse_args()
    try:
        run(options.dir, options.terminals, options.host, options.port)
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
