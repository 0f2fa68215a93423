"""Run by a package's own Python in the terminal's state folder: the virtual board and the acquirer of a counter.

It makes the terminal's files as well, prints what a service needs to know as one line of JSON, and goes on until the
end of its standard input. Arguments: the folder, the port of the local API, and that of the fleet's broker.
"""

import json
import sys
from pathlib import Path

from board.virtual import environment
from tools.rig.files import RigFiles
from tools.rig.process import Process

NOBODY = ("127.0.0.1", 9)


def main(directory: Path, port: int, broker: int) -> None:
    """Start both, tell, wait, and end both."""
    files = RigFiles(directory)
    files.create()
    board = Process("board", "board.virtual", ["--dir", str(files.board)], directory)
    given = ["--dir", str(directory / "acquirer"), "--terminals", str(files.terminals)]
    acquirer = Process("acquirer", "tools.acquirer", given, directory)
    try:
        board.start()
        acquirer.start()
        api = {"token_file": str(files.token_file), "port": port}
        files.write_settings(("127.0.0.1", int(acquirer.ready["port"])), ("127.0.0.1", broker), api=api)
        variables = environment(files.board)
        told = {"settings": files.settings.read_text(), "token": files.token, "environment": variables}
        print(json.dumps({**told, "binding": str(files.binding)}), flush=True)
        sys.stdin.read()
    finally:
        acquirer.stop()
        board.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
