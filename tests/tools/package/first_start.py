"""Run by a package's own Python, in the folder that is named: a terminal and its virtual board, up to "ready"."""

import json
import subprocess
import sys
from pathlib import Path

from board.virtual import environment
from tools.rig.files import RigFiles
from tools.rig.process import Process

# Nobody is there: a terminal is ready whether or not it reaches anybody.
NOBODY = ("127.0.0.1", 9)


def main(directory: Path) -> None:
    """Print where all of it was imported from, and what the agent said once it was ready."""
    files = RigFiles(directory)
    files.create()
    board = Process("board", "board.virtual", ["--dir", str(files.board)], directory)
    agent = Process("agent", "board", ["--settings", str(files.settings)], directory, environment(files.board))
    board.start()
    try:
        files.write_settings(NOBODY, NOBODY)
        install = ["-P", "-m", "board", "--settings", str(files.settings), "--install", str(files.binding)]
        subprocess.run([sys.executable, *install], check=True, stdout=sys.stderr)
        agent.start()
        print(json.dumps({"package": str(Path(sys.modules["tools.rig"].__path__[0])), **agent.ready}))
    finally:
        agent.stop()
        board.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
