"""What the backend has told the load that it stored, terminal by terminal: what the store is held against."""

from collections.abc import Iterable
from dataclasses import dataclass

from tools.fleet.load.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Claim:
    """Up to `sequence`, whose entry has `hash`, the journal of `terminal` is acknowledged; it was written to `end`."""

    terminal: str
    journal_id: str
    sequence: int
    hash: str
    end: int


def claims(terminals: Iterable[Terminal]) -> list[Claim]:
    """Those of `terminals`, as they are now."""
    return [
        Claim(
            terminal.who.serial,
            terminal.outgoing.journal_id,
            terminal.outgoing.outbox.acknowledged,
            terminal.outgoing.acknowledged_hash,
            terminal.outgoing.sequence,
        )
        for terminal in terminals
    ]
