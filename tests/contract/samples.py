"""Messages that keep the contract, of what nobody sends yet: configurations, commands and their statuses."""

from typing import Any

from tools.rig.files import FLEET, SERIAL, binding_document

SIGNED = {"key_id": "backend-1f2e3d4c", "signature": "ab" * 64}
TO_TERMINAL = {"fleet": FLEET, "terminal": SERIAL}
COMMAND_ID = "7f3c9b1e5a2d4c60"

ARGS: dict[str, dict[str, object]] = {
    "ping": {},
    "diagnostics": {},
    "diagnosis": {},
    "sign_on": {},
    "restart": {},
    "lock": {"reason": "reported stolen"},
    "unlock": {"reason": "found again"},
    "renew_certificate": {},
    "install_certificate": {"certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"},
    "set_vitals_period": {"seconds": 300},
    "update": {"version": "0.2.0"},
}
RESULTS: dict[str, dict[str, object]] = {
    "diagnostics": {"software": "0.1.0", "journal": {"head": 42}},
    "diagnosis": {"codes": ["CLOCK_UNSYNCED"], "detail": "the clock was not set since boot"},
    "renew_certificate": {"csr": "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"},
}


def command(kind: str, **changes: object) -> dict[str, Any]:
    """A command of the type `kind`, with `changes` to its fields."""
    document: dict[str, Any] = {
        "format": "jumpguard.command/1",
        **TO_TERMINAL,
        "type": kind,
        "id": COMMAND_ID,
        "counter": 1_795_402_800_000,
        "issued": "2026-11-23T03:00:00Z",
        "deadline": "2026-11-23T03:10:00Z",
        "args": ARGS[kind],
        **SIGNED,
    }
    return document | changes


def status(kind: str, state: str, **changes: object) -> dict[str, Any]:
    """What became of such a command."""
    succeeded = state == "succeeded"
    document: dict[str, Any] = {
        "format": "jumpguard.command-status/1",
        "type": kind,
        "id": COMMAND_ID,
        "state": state,
        "code": "INTERRUPTED" if state == "failed" else "",
        "progress": 100 if succeeded else 0,
        "result": RESULTS.get(kind, {}) if succeeded else {},
    }
    return document | changes


def desired(**changes: object) -> dict[str, Any]:
    """A configuration with a new binding and a setting."""
    document: dict[str, Any] = {
        "format": "jumpguard.config/1",
        **TO_TERMINAL,
        "version": 7,
        "issued": "2026-11-23T03:00:00Z",
        "document": {
            "binding": {"document": binding_document(3), "key_id": "binding-1f2e3d4c", "signature": "cd" * 64},
            "settings": {"link": {"vitals_period_s": 300}},
        },
        **SIGNED,
    }
    return document | changes
