"""Run by a package's own Python: what each command says to `--help`, as one JSON object.

Arguments: the commands, words with blanks between. Each runs in a process of its own, and has nothing that another
one imported.
"""

import json
import os
import sys
import tempfile
from typing import IO

from tools.cli.app import main


def said(command: str) -> tuple[int, str, str]:
    """How the command line ends, and what it prints."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            sys.argv = ["jumpguard", *command.split(), "--help"]
            main()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return code, _all_of(output), _all_of(errors)


def _all_of(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()


if __name__ == "__main__":
    print(json.dumps({command: said(command) for command in sys.argv[1:]}))
