"""How the pages of roll-outs say what is given, how many stand how, and what a return brings back."""

from collections.abc import Mapping

from provisioning.texts import mark
from tools.fleet.rollouts.codes import state
from tools.fleet.rollouts.content import BINDING, COMMAND, RELEASE, SETTINGS

GIVES = {
    SETTINGS: mark("settings"),
    BINDING: mark("bindings"),
    RELEASE: mark("release"),
    COMMAND: mark("command"),
}
COMES_BACK = {
    SETTINGS: mark("Every terminal that took the settings gets those that it had before, as a new version."),
    BINDING: mark(
        "Orders that are open are called off. A binding that was taken stays: the backend signs none. The list then"
        " names the terminals whose earlier content has to be signed anew (`jumpguard provision restore`)."
    ),
    RELEASE: mark(
        "A terminal takes no older release: one that has the new one keeps it, until you publish the earlier content"
        " under a new version. One that failed has the release before by itself."
    ),
    COMMAND: mark(
        "Lock and unlock are undone where they changed something; other commands leave nothing to give back."
    ),
}


def in_words(counts: Mapping[str, int]) -> str:
    """How many are in each state."""
    return ", ".join(f"{count:,} {state(word)}" for word, count in sorted(counts.items()))
