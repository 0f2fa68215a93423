"""What a return brings back, as it is said before one is ordered."""

from provisioning.texts import mark
from tools.fleet.rollouts.content import BINDING, COMMAND, RELEASE, SETTINGS

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
