"""The agent, whose retention gives up at once what the backend holds; `--device` is whose key signs the checkpoints."""

import argparse
import asyncio
from pathlib import Path

from agent.journal.device import NoDevice
from board.device import DeviceSigner
from board.identity import Identity, Pair
from board.main import run
from board.main.parts import Parts
from board.settings.file import load

STEP = 5


def main() -> None:
    """Run the agent with its `own` device key, with `none`, or with that of a certificate whose path is given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--device", required=True)
    chosen = parser.parse_args()
    settings = load(chosen.settings)
    parts = Parts(settings)
    retention = parts.terminal.retention
    retention.days, retention.least, retention.step_size, retention.pause_ms = 0, 1, STEP, 50
    if chosen.device == "none":
        retention.device = NoDevice()
    elif chosen.device != "own":
        terminal, certificate = settings.terminal, Path(chosen.device)
        pair = Pair(certificate, certificate.with_suffix(".key"))
        retention.device = DeviceSigner(Identity(terminal.fleet, terminal.serial, pair, certificate.parent))
    asyncio.run(run(parts))


if __name__ == "__main__":
    main()
