"""The terminal's machine without a Raspberry Pi: the silicon is emulated, every library above it is the real one.

`python -m board.virtual --dir DIR` is one board: a PN532 on a pty (`nfc`), a GPIO chip (`gpio.sock`), the files that
vitals are read from (`proc`, `sys`), and a control socket (`control.sock`) for who plays the person in front of it.
"""

import os
from pathlib import Path

_SILICON = Path(__file__).parent / "silicon"


def environment(directory: str | Path) -> dict[str, str]:
    """The variables that make a process drive the virtual board in `directory`; add them to those it has.

    PYTHONPATH keeps what it names now, behind the emulated `lgpio`. The revision is that of a Raspberry Pi 4B; the
    chip's number is given, so that `RPi.GPIO` does not look for a real one when the desk is a Pi itself.
    """
    inherited = os.environ.get("PYTHONPATH")
    return {
        "PYTHONPATH": os.pathsep.join([str(_SILICON), *([inherited] if inherited else [])]),
        "RPI_LGPIO_REVISION": "c03114",
        "RPI_LGPIO_CHIP": "0",
        "JUMPGUARD_VIRTUAL_GPIO": str(Path(directory).absolute() / "gpio.sock"),
    }
