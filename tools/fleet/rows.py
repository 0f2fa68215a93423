"""The rows of the fleet's store as objects, field for column (tables.py says what they mean)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One stored entry; `entry` is its canonical JSON."""

    terminal: str
    journal_id: str
    sequence: int
    hash: str
    previous: str
    kind: str
    time: str
    clock: str
    boot_id: str
    entry: str
    received_at: str


@dataclass(slots=True)
class Journal:
    """How far one journal is stored, and where it stops being whole."""

    terminal: str
    journal_id: str
    stored_sequence: int
    head_hash: str
    last_sequence: int
    fork_sequence: int | None
    gap_since: str | None
    ack_counter: int
    promised_sequence: int | None
    promised_hash: str | None
    begun_at: str
    first_seen: str
    last_seen: str


@dataclass(slots=True)
class Terminal:
    """What is known of one terminal; everything but its name may be unknown yet."""

    terminal: str
    state: str | None = None
    session: int | None = None
    lifecycle: str | None = None
    presence: str | None = None
    told_at: str | None = None
    seen_at: str | None = None
    info: str | None = None
    vitals: str | None = None
    config: str | None = None
    sampled_at: str | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person must look at; `sequence` is the entry it is about, `cleared_at` when it was over.

    `why` is there when a person closed it. `id` names it once it is stored.
    """

    terminal: str
    journal_id: str
    kind: str
    sequence: int
    detail: str
    at: str
    cleared_at: str | None = None
    why: str | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class GivenKeySet:
    """A key set that the backend passes on."""

    version: int
    fleet: str
    signed: str
    given_at: str


@dataclass(frozen=True, slots=True)
class TerminalKeys:
    """Which key set a terminal told of last, and the highest that it ever told of."""

    terminal: str
    version: int
    highest: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Messages that broke the contract in one way on one topic, counted."""

    topic: str
    reason: str
    count: int
    first_at: str
    last_at: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command to a terminal, and what became of it."""

    id: str
    terminal: str
    type: str
    args: str
    counter: int
    issued: str
    deadline: str
    state: str
    code: str
    progress: int
    result: str
    changed_at: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a terminal shall have, and what it made of it."""

    terminal: str
    version: int
    document: str
    issued: str
    reported: int
    state: str
    reason: str
    detail: str
