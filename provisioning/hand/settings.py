"""Changing a terminal's settings file where a change of the merchant needs it; whatever else it says stays."""

from pathlib import Path

import tomli_w

from board.settings.file import document, fault
from board.settings.sections import Settings
from provisioning.errors import HandError


def with_acquirer(path: Path, host: str, port: int, tpdu: str) -> bytes | None:
    """The settings in `path` with another acquirer; None where they say so already.

    Raises SettingsError, and HandError for what the terminal would not take.
    """
    found = document(path)
    wanted = {**found.get("acquirer", {}), "host": host, "port": port, "tpdu": tpdu}
    if found.get("acquirer") == wanted:
        return None
    changed = {**found, "acquirer": wanted}
    wrong = fault(changed, Settings)
    if wrong:
        raise HandError("SETTINGS", wrong)
    return tomli_w.dumps(changed).encode()
