"""`python -m board.virtual.terminal --dir DIR`: a whole terminal without a Pi, blank at first and switched on.

`DIR/board` is its virtual board, `DIR/root` its files. Ended with SIGKILL it is as if the power went; started again it
boots from the same files.
"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from board.errors import BoardError
from board.virtual.init import Init
from board.virtual.process import Board, Options
from board.virtual.tree import lay

BOARD = "board"
ROOT = "root"


async def _run(directory: Path, serial: str) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    board, root = Board(Options(directory / BOARD)), directory / ROOT
    await board.start()
    try:
        lay(root, directory / BOARD, serial)
        init = Init(root)
        await init.start()
        try:
            sys.stdout.write(json.dumps({"root": str(root), "board": board.paths}) + "\n")
            sys.stdout.flush()
            await ended.wait()
        finally:
            await init.stop()
    finally:
        await board.stop()


def main(arguments: list[str]) -> int:
    """Run the terminal until it is told to end; 1 when it could not be switched on."""
    parser = argparse.ArgumentParser(prog="python -m board.virtual.terminal", description=__doc__)
    parser.add_argument("--dir", required=True, type=Path, help="folder of the terminal's board and files")
    parser.add_argument("--serial", default="", help="what its label says; without it, it names none")
    chosen = parser.parse_args(arguments)
    directory = chosen.dir.absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        asyncio.run(_run(directory, chosen.serial))
    except BoardError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
