"""Errors of the load."""

from tools.fleet.errors import FleetError


class PacketError(FleetError, ValueError):
    """What came over a connection is no MQTT."""
