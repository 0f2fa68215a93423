"""The models of Raspberry Pi that a terminal runs on, and what makes their PL011 the UART of the NFC HAT.

The HAT sits on GPIO 14 and 15, and the terminal opens it as /dev/ttyAMA0.
"""

from enum import StrEnum
from pathlib import Path

from provisioning.errors import SetupError
from provisioning.texts import _


class Model(StrEnum):
    """A model, by the name that `--model` takes."""

    ZERO_2_W = "zero2w"
    PI_3 = "3"
    PI_4 = "4"
    PI_5 = "5"


# The conditional filter of config.txt that only this model passes ("Conditional filters" in the documentation of
# config.txt); [pi5] is that of the BCM2712.
FILTERS = {Model.ZERO_2_W: "pi02", Model.PI_3: "pi3", Model.PI_4: "pi4", Model.PI_5: "pi5"}

# Zero 2 W, 3 and 4: Bluetooth has the PL011, and disable-bt gives it back to GPIO 14 and 15 ("Configuring UARTs" and
# overlays/README, disable-bt). On the 5 Bluetooth has a UART of its own and ttyAMA0 is RP1's UART0: dtparam=uart0
# puts it on GPIO 14 and 15, as raspi-config's do_serial_hw does. enable_uart=1 is wrong there: it is the debug
# header's, and since the bootloader of 2025-02-12 moves a console onto GPIO 14 (raspberrypi/rpi-eeprom, issue 673).
_SHARED = ("enable_uart=1", "dtoverlay=disable-bt")
UART = {Model.ZERO_2_W: _SHARED, Model.PI_3: _SHARED, Model.PI_4: _SHARED, Model.PI_5: ("dtparam=uart0=on",)}

# How /proc/device-tree/model begins. Compute modules are left out: which pins their UART has is up to the carrier.
_NAMES = {
    "Raspberry Pi Zero 2": Model.ZERO_2_W,
    "Raspberry Pi 3 ": Model.PI_3,
    "Raspberry Pi 4 ": Model.PI_4,
    "Raspberry Pi 400": Model.PI_4,
    "Raspberry Pi 5 ": Model.PI_5,
    "Raspberry Pi 500": Model.PI_5,
}


def detect(root: Path) -> Model:
    """The model that the kernel below `root` names. Raises SetupError where it names none, or one that is not known."""
    try:
        name = (root / "proc/device-tree/model").read_text(errors="replace").rstrip("\0")
    except OSError as error:
        text = _("the kernel names no Raspberry Pi; where %s is the system of one, name it: --model 4")
        raise SetupError(text % root) from error
    for beginning, model in _NAMES.items():
        if name.startswith(beginning):
            return model
    known = ", ".join(Model)
    raise SetupError(_("%(name)s is not among the models that are known: %(known)s") % {"name": name, "known": known})
