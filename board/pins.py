"""Which line of the 40-pin header does what, in BCM numbers. The wiring and the virtual board follow this table."""

LIGHT_1 = 5
LIGHT_2 = 6
LIGHT_3 = 13
LIGHT_4 = 19
LIGHTS = (LIGHT_1, LIGHT_2, LIGHT_3, LIGHT_4)

# GPIO 18 is one of the two lines that also have hardware PWM.
BUZZER = 18

# Closed to ground while the case is shut. Open reads high through the pull-up, so that a cut wire counts as opened.
TAMPER = 17

# Pressed reads low.
CANCEL = 22
HELP = 23

# RSTPDN of the PN532, pulled up on the HAT: low resets the chip.
NFC_RESET = 20

NAMES = {
    LIGHT_1: "light_1",
    LIGHT_2: "light_2",
    LIGHT_3: "light_3",
    LIGHT_4: "light_4",
    BUZZER: "buzzer",
    TAMPER: "tamper",
    CANCEL: "cancel",
    HELP: "help",
    NFC_RESET: "nfc_reset",
}
BUTTONS = {"cancel": CANCEL, "help": HELP}
