"""`python -m tools.package`: build the Debian packages, of all architectures and Pythons unless some are named."""

import argparse
import sys
from itertools import product
from pathlib import Path

from tools.package.deb import build_deb
from tools.package.errors import PackageError
from tools.package.target import ARCHITECTURES, SUITES, Target

_ROOT = Path(__file__).parents[2]


def main() -> int:
    """Build what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.package", description=__doc__)
    parser.add_argument("--arch", action="append", choices=ARCHITECTURES, help="only for this architecture")
    parser.add_argument("--python", action="append", choices=SUITES, help="only for this Python")
    parser.add_argument("--output", type=Path, default=_ROOT / "build", help="folder of the packages (build)")
    chosen = parser.parse_args()
    try:
        for architecture, python in product(chosen.arch or ARCHITECTURES, chosen.python or SUITES):
            print(build_deb(_ROOT, Target(architecture, python), chosen.output))
    except PackageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
