"""The agent of `agent.py` in this directory under strace, which notes in the file `--trace` what it syncs.

The tracer is the agent's grandchild (`-D`), so that this process becomes the agent and hears its signals.
"""

import argparse
import os
import shutil
import sys


def main() -> int:
    """Become the traced agent."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.children.traced_agent")
    parser.add_argument("--settings", required=True)
    parser.add_argument("--trace", required=True, help="where strace writes")
    chosen = parser.parse_args()
    strace = shutil.which("strace")
    if strace is None:
        parser.error("strace is not installed: run `sudo apt-get install strace`")
    options = [
        "-D",
        "-f",
        "-y",
        "-ttt",
        "--seccomp-bpf",
        "--signal=none",
        "-e",
        "trace=fsync,fdatasync,sync_file_range,msync",
    ]
    agent = [sys.executable, "-P", "-m", "tools.bench.children.agent", "--settings", chosen.settings]
    os.execv(strace, [strace, *options, "-o", chosen.trace, *agent])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
