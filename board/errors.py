"""Errors of the machine that the agent runs on. What a port of the core promises to raise comes from `agent.errors`."""


class BoardError(Exception):
    """Any error that the board raises on purpose."""


class PersonalisationError(BoardError, ValueError):
    """The personalisation of the emulated cards does not parse, or names something that is not there."""


class SettingsError(BoardError, ValueError):
    """The settings, or a file that they name, cannot be used: file, section, key and remedy are named."""
