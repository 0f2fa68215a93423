"""The READMEs' table of what is wired to the 40-pin header, in the language that is spoken."""

from board import pins
from provisioning.texts import _, mark

_HEADINGS = (mark("what is wired"), mark("GPIO (BCM)"), mark("pin of the header"), mark("how it is wired"))

# The full UART, PL011.
_UART = (14, 15)
# BCM number: place on the header.
_PLACES = {5: 29, 6: 31, 13: 33, 14: 8, 15: 10, 17: 11, 18: 12, 19: 35, 20: 38, 22: 15, 23: 16}

_WIRES = (
    (mark("NFC HAT (PN532)"), _UART, mark("Strapped to UART (HSU).")),
    (mark("reset of the PN532"), (pins.NFC_RESET,), mark("RSTPDN; low resets it.")),
    (mark("lights 1 to 4"), pins.LIGHTS, mark("Lit while high; each with its resistor to ground.")),
    (mark("buzzer"), (pins.BUZZER,), mark("A passive one: it is given the tone itself.")),
    (
        mark("tamper switch"),
        (pins.TAMPER,),
        mark("To ground, and closed while the case is shut; a cut wire counts as opened."),
    ),
    (mark("cancel button"), (pins.CANCEL,), mark("To ground; closed while it is pressed.")),
    (mark("help button"), (pins.HELP,), mark("To ground; closed while it is pressed.")),
)


def table() -> str:
    """The table in Markdown. No resistors are needed for switch and buttons: the Pi pulls them up."""
    rows = [f"| {' | '.join(map(_, _HEADINGS))} |", "|---|---|---|---|"]
    for what, lines, how in _WIRES:
        numbers = (", ".join(map(str, lines)), ", ".join(str(_PLACES[line]) for line in lines))
        rows.append(f"| {' | '.join((_(what), *numbers, _(how)))} |")
    return "\n".join(rows) + "\n"
