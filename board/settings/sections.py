"""The settings as a whole, section by section."""

from typing import Annotated

import msgspec

from board.settings.acquirer import AcquirerSettings
from board.settings.alarms import AlarmSettings
from board.settings.api import ApiSettings
from board.settings.gate import GateSettings
from board.settings.journal import JournalSettings
from board.settings.kinds import Section, mark
from board.settings.link import LinkSettings
from board.settings.machine import MachineSettings
from board.settings.reader import ReaderSettings
from board.settings.sale import SaleSettings
from board.settings.terminal import TerminalSettings
from board.settings.trust import TrustSettings


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, a section each."""

    terminal: Annotated[TerminalSettings, Section(mark("Who the terminal is, and where it keeps its state."))]
    acquirer: Annotated[AcquirerSettings, Section(mark("The acquirer, and how long it is waited for."))]
    link: Annotated[LinkSettings, Section(mark("The link to the fleet's backend over MQTT."))]
    api: Annotated[ApiSettings, Section(mark("Where tills reach the terminal."))]
    trust: Annotated[TrustSettings, Section(mark("Whose signatures count."))]
    reader: Annotated[ReaderSettings, Section(mark("The contactless reader."))] = ReaderSettings()
    gate: Annotated[GateSettings, Section(mark("What is refused beyond the merchant record itself."))] = GateSettings()
    sale: Annotated[SaleSettings, Section(mark("What the counter looks at when the card was read."))] = SaleSettings()
    journal: Annotated[JournalSettings, Section(mark("The terminal's own record of what happened."))] = (
        JournalSettings()
    )
    machine: Annotated[MachineSettings, Section(mark("Where the machine's own readings lie."))] = MachineSettings()
    alarms: Annotated[AlarmSettings, Section(mark("Where health readings become alarms."))] = AlarmSettings()


def shown(settings: Settings) -> dict[str, object]:
    """The settings by section and key, as they may be shown: secrets lie in files, and only their paths are here.

    What is not set is left out.
    """
    plain: dict[str, dict[str, object]] = msgspec.to_builtins(settings, enc_hook=str)
    return {
        section: {name: value for name, value in keys.items() if value is not None} for section, keys in plain.items()
    }
