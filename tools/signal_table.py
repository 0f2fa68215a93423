"""The READMEs' table of the counter's signals, made from the code, in the language that is spoken."""

from agent import signals
from agent.lights import PASSING, SHOWN_MS
from board.panel import ALERT, NOTED, SIGNALS, SUCCESS, Tone
from provisioning.texts import _, mark

_HEADINGS = (mark("signal"), mark("lights"), mark("sound"), mark("shown"), mark("what it means"))

_MEANINGS = {
    signals.STARTING: mark("It starts, or tries a new binding: nothing is sold yet."),
    signals.READY: mark("It can take a payment."),
    signals.PRESENT_CARD: mark("Hold the card to the reader."),
    signals.READING: mark("The card is being read, or the acquirer asked: wait."),
    signals.APPROVED: mark("The payment is approved."),
    signals.DECLINED: mark("The issuer declined it."),
    signals.REFUSED: mark("The terminal refused it, and nothing was sent: the till says why."),
    signals.JUMP: mark("It was booked under another merchant, or under none that is proven, and is reversed."),
    signals.FAULT: mark("The payment failed, or, for as long as it stays, the terminal cannot take any."),
    signals.TAMPERED: mark("The case was opened: a technician must clear it."),
    signals.STOPPED: mark("It does not run."),
    signals.HELP: mark("The help button was heard, and the fleet is told."),
}
_KINDS = {SUCCESS: mark("success"), ALERT: mark("alert"), NOTED: mark("noted")}


def table() -> str:
    """The table in Markdown, in the order of the panel's own, with what it sounds below."""
    rows = [f"| {' | '.join(map(_, _HEADINGS))} |", "|---|---|---|---|---|"]
    for state, signal in SIGNALS.items():
        cells = (f"`{state}`", _lights(signal.lights), _kind(signal.tones), _shown(state), _(_MEANINGS[state]))
        rows.append(f"| {' | '.join(cells)} |")
    sounds = (_("*{sound}*: {tones}").format(sound=_(kind), tones=_tones(tones)) for tones, kind in _KINDS.items())
    rows += ["", _("{sounds}.").format(sounds=_("; ").join(sounds))]
    return "\n".join(rows) + "\n"


def _lights(lights: str) -> str:
    return " ".join("●" if light == "1" else "○" for light in lights) or _("as they are")


def _kind(tones: tuple[Tone, ...]) -> str:
    return _(_KINDS[tones]) if tones in _KINDS else ""


def _tones(tones: tuple[Tone, ...]) -> str:
    return _(", ").join(
        f"{tone.frequency_hz} Hz {tone.ms} ms" if tone.frequency_hz else _("{ms} ms of silence").format(ms=tone.ms)
        for tone in tones
    )


def _shown(state: str) -> str:
    return _("{seconds} s").format(seconds=f"{SHOWN_MS / 1000:g}") if state in PASSING else ""
