"""How often vitals are sent: a setting of the terminal's file that the fleet may change."""

from agent.config.settable import Settable
from agent.report.vitals import Vitals

NAME = "link.vitals_period_s"
_SHORTEST_S = 5
_LONGEST_S = 86_400


def is_vitals_period(value: object) -> bool:
    """Whether `value` is a whole number of seconds at which vitals may be sent."""
    if value is True or value is False or not isinstance(value, int):
        return False
    return _SHORTEST_S <= value <= _LONGEST_S


def vitals_period(vitals: Vitals, file_s: int) -> Settable:
    """The setting; `file_s` is the file's value in seconds."""

    def apply(value: object) -> None:
        assert isinstance(value, int)
        vitals.period_ms = value * 1000

    return Settable(file_s, is_vitals_period, apply)
