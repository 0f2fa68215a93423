"""How bad an alert is: the words of the store, the worst first."""

CRITICAL = "critical"
WARNING = "warning"
INFO = "info"
SEVERITIES = (CRITICAL, WARNING, INFO)


def at_least(severity: str) -> tuple[str, ...]:
    """The severities from the worst down to `severity`."""
    return SEVERITIES[: SEVERITIES.index(severity) + 1]
