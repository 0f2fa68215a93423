"""The README's table of the counter's signals, made from the code."""

from agent import signals
from agent.lights import PASSING, SHOWN_MS
from board.panel import ALERT, NOTED, SIGNALS, SUCCESS, Tone

_MEANINGS = {
    signals.STARTING: "It starts, or tries a new binding: nothing is sold yet.",
    signals.READY: "It can take a payment.",
    signals.PRESENT_CARD: "Hold the card to the reader.",
    signals.READING: "The card is being read, or the acquirer asked: wait.",
    signals.APPROVED: "The payment is approved.",
    signals.DECLINED: "The issuer declined it.",
    signals.REFUSED: "The terminal refused it, and nothing was sent: the till says why.",
    signals.JUMP: "It was booked under another merchant, or under none that is proven, and is reversed.",
    signals.FAULT: "The payment failed, or, for as long as it stays, the terminal cannot take any.",
    signals.TAMPERED: "The case was opened: a technician must clear it.",
    signals.STOPPED: "It does not run.",
    signals.HELP: "The help button was heard, and the fleet is told.",
}
_KINDS = {SUCCESS: "success", ALERT: "alert", NOTED: "noted"}


def table() -> str:
    """The table in Markdown, in the order of the panel's own, with what it sounds below."""
    rows = ["| signal | lights | sound | shown | what it means |", "|---|---|---|---|---|"]
    for state, signal in SIGNALS.items():
        cells = (f"`{state}`", _lights(signal.lights), _KINDS.get(signal.tones, ""), _shown(state), _MEANINGS[state])
        rows.append(f"| {' | '.join(cells)} |")
    rows += ["", "; ".join(f"*{name}*: {_tones(tones)}" for tones, name in _KINDS.items()) + "."]
    return "\n".join(rows) + "\n"


def _lights(lights: str) -> str:
    return " ".join("●" if light == "1" else "○" for light in lights) or "as they are"


def _tones(tones: tuple[Tone, ...]) -> str:
    return ", ".join(
        f"{tone.frequency_hz} Hz {tone.ms} ms" if tone.frequency_hz else f"{tone.ms} ms of silence" for tone in tones
    )


def _shown(state: str) -> str:
    return f"{SHOWN_MS / 1000:g} s" if state in PASSING else ""
