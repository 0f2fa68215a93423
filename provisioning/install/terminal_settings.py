"""The settings file of a terminal, as an installation writes it."""

from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from agent.binding.record import Binding
from board.endpoint import endpoint
from board.settings.file import fault
from board.settings.sections import Settings
from provisioning.errors import InstallError
from provisioning.hand.places import Places
from provisioning.install.desk_file import DeskSettings

Sections = dict[str, dict[str, Any]]


def settings_of(binding: Binding, desk: DeskSettings, places: Places, own: Sections) -> bytes:
    """The settings of the terminal of `binding` at `places`; `own` says what only this terminal has.

    Raises InstallError for what the terminal would not take.
    """
    acquirer = desk.acquirers.get(binding.acquirer)
    if acquirer is None:
        raise InstallError("NO_ACQUIRER", binding.acquirer)
    first, others = endpoint(desk.brokers[0]), list(desk.brokers[1:])
    sections: Sections = {
        "terminal": {"serial": binding.serial, "fleet": desk.fleet, "state_dir": str(places.state_dir)},
        "acquirer": {**msgspec.to_builtins(acquirer), "tmk_file": str(places.master_key)},
        "link": {
            "host": first.host,
            "port": first.port,
            "others": others,
            "ca_file": str(places.servers),
            "certificate_file": str(places.certificate),
            "key_file": str(places.key),
        },
        "api": {"token_file": str(places.token)},
        "trust": {"root_public": desk.root_public, "keys_file": str(places.key_set)},
    }
    if not places.is_real:
        sections["reader"] = {"port": str(places.reader)}
        sections["machine"] = {
            "proc": str(places.proc), "sys": str(places.sys), "clock_mark": str(places.clock_mark)
        }  # fmt: skip
    for given in (desk.settings, own):
        for name, keys in given.items():
            sections[name] = {**sections.get(name, {}), **keys}
    wrong = fault(sections, Settings)
    if wrong:
        raise InstallError("SETTINGS", wrong)
    return tomli_w.dumps(sections).encode()


def till_address(settings: bytes) -> str:
    """Where tills reach a terminal with these settings."""
    api = msgspec.toml.decode(settings, type=Settings, dec_hook=lambda _kind, text: Path(text)).api
    return f"{api.host}:{api.port}"
