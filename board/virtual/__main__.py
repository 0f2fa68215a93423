"""`python -m board.virtual`: one virtual board, until it is told to end."""

import argparse
import json
import sys
from pathlib import Path

from board.errors import BoardError
from board.virtual.process import Options, serve


def _options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m board.virtual", description=__doc__)
    parser.add_argument("--dir", required=True, type=Path, help="folder for the board's sockets, pty and files")
    parser.add_argument("--baud", type=int, default=0, help="pace the NFC chip's UART like this rate (0: no pace)")
    parser.add_argument("--rf-delays", action="store_true", help="let the card take the time that a radio takes")
    parser.add_argument("--cards", type=Path, help="personalisations to use instead of the built-in ones")
    chosen = parser.parse_args(arguments)
    return Options(chosen.dir, chosen.baud, chosen.rf_delays, chosen.cards)


def _ready(paths: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(paths) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run the board; 0 when it was told to end, 1 when it could not be one."""
    try:
        serve(_options(arguments), _ready)
    except BoardError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
