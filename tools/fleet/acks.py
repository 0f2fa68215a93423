"""Acknowledgements: the backend's signed word on how far a journal is stored. They are its anchors too.

They are cumulative and idempotent, so each can be said again whenever a terminal seems to have missed one. Its counter
tells a terminal which of two was signed later, in whatever order they come and whoever plays one again.
"""

import time
from dataclasses import replace

from agent.report.acks import FORMAT
from agent.report.delivery import WINDOW
from agent.report.topics import EVENT_ACK, Topics
from provisioning.keys import SigningKey
from tools.fleet.canonical import canonical
from tools.fleet.journals import Head
from tools.fleet.letter import Letter, signed_letter, unsigned

# How long a head may wait for the next one of its journal, as long as there is more to store: to sign takes longer than
# to store an event, and a terminal sends again only after ten seconds.
WAIT_SECONDS = 1.0


class DueHeads:
    """Heads that are to be acknowledged, the latest of each journal."""

    def __init__(self) -> None:
        self._heads: dict[tuple[str, str], Head] = {}
        self._taken = 0.0

    def add(self, head: Head) -> None:
        """`head` is stored; it says all that an earlier one of its journal does."""
        key = head.terminal, head.journal_id
        before = self._heads.get(key)
        held = head.held if before is None else [*before.held, *head.held][-WINDOW:]
        self._heads[key] = replace(head, held=held)

    def taken(self, at_once: bool) -> list[Head]:
        """Take those that are due: all of them `at_once` or after `WAIT_SECONDS`, else none."""
        if not at_once and time.monotonic() - self._taken < WAIT_SECONDS:
            return []
        heads, self._heads = list(self._heads.values()), {}
        self._taken = time.monotonic()
        return heads


def acknowledgements(head: Head, fleet: str, key: SigningKey) -> list[Letter]:
    """The message that acknowledges `head`, and behind it the one that names what else is held, if any is."""
    topics, content = Topics(fleet, head.terminal), _content(head)
    contents = [content, {**content, "held": head.held}] if head.held else [content]
    return [signed_letter(topics, EVENT_ACK, key, FORMAT, each, canonical=canonical) for each in contents]


def signed_part(head: Head, fleet: str, key_id: str) -> dict[str, object]:
    """What the key `key_id` signed when it acknowledged `head`."""
    return unsigned(Topics(fleet, head.terminal), key_id, FORMAT, _content(head))


def _content(head: Head) -> dict[str, object]:
    return {
        "journal_id": head.journal_id,
        "sequence": head.sequence,
        "counter": head.counter,
        "head_hash": head.hash,
    }
