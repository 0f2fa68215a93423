"""The agent, with a defect that tells the fleet and the log a card number."""

import argparse
import asyncio
import logging
from pathlib import Path

from board.log import start
from board.main import run
from board.main.parts import Parts
from board.settings.file import load


def main() -> None:
    """Run the agent; `--number` is what its vitals and its log say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--number", required=True)
    chosen = parser.parse_args()
    parts = Parts(load(chosen.settings))
    start(parts.guard)
    sound = parts.hardware.machine.vitals

    def vitals() -> dict[str, object]:
        logging.getLogger("leak").warning("the last card was %s", chosen.number)
        readings = sound()
        # The first reading leaks; the next tells how much was kept back.
        return {**readings, "card": chosen.number} if readings["leaks_kept_back"] == 1 else readings

    parts.hardware.machine.vitals = vitals  # type: ignore[method-assign]
    asyncio.run(run(parts))


if __name__ == "__main__":
    main()
