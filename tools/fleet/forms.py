"""What the messages of terminals look like, as far as the backend relies on it.

The contract's document (`tools/contract/asyncapi.yaml`) describes them in full; a test holds the two together.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from agent.canonical import LARGEST_INTEGER
from agent.report.events import SEQUENCE_DIGITS

LARGEST_SEQUENCE = 10**SEQUENCE_DIGITS - 1

# msgspec searches, and `$` matches before a last line feed: anchor with \A and \Z.
Hash = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Signature = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{128}\Z")]
JournalId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Name = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9-]{1,64}\Z")]
BootId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z._:-]{0,64}\Z")]
Kind = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*\Z", max_length=64)]
Time = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z\Z")]
Lifecycle = Literal["unprovisioned", "active", "suspended", "locked", "tampered", "retired"]
Clock = Literal["synced", "unsynced"]
Code = Annotated[str, msgspec.Meta(pattern=r"\A([A-Z][A-Z0-9_]{0,63})?\Z")]
CommandType = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]{0,31}\Z")]
CommandId = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9-]{1,64}\Z")]
Second = Annotated[str, msgspec.Meta(pattern=r"\A([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_INTEGER)]
# What a terminal may leave out of its vitals.
Reading = Annotated[int, msgspec.Meta(ge=-1, le=LARGEST_INTEGER)] | UnsetType
Temperature = Annotated[int, msgspec.Meta(ge=-273_150, le=1_000_000)] | UnsetType
Bits = Annotated[int, msgspec.Meta(ge=-1, le=15)] | UnsetType


class Entry(msgspec.Struct, frozen=True):
    """One journal entry, as the terminal hashed it."""

    journal_id: JournalId
    sequence: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_SEQUENCE)]
    time: Time
    clock: Clock
    boot_id: BootId
    monotonic_ms: Count
    kind: Kind
    body: dict[str, object]
    previous: Hash


class Before(msgspec.Struct, frozen=True):
    """What a new journal says of the one that it replaces: its last entry."""

    journal_id: JournalId
    sequence: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_SEQUENCE)]
    hash: Hash


class Countersigned(msgspec.Struct, frozen=True):
    """An acknowledgement as a checkpoint repeats it."""

    sequence: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_SEQUENCE)]
    head_hash: Hash
    counter: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_INTEGER)]
    key_id: str
    signature: Signature


class Pruned(msgspec.Struct, frozen=True):
    """The body of a checkpoint: the entries up to `to`, whose hash is `hash`, were taken out.

    `anchor` is the backend's word on an entry behind them.
    """

    to: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_SEQUENCE)]
    hash: Hash
    anchor: Countersigned


class Envelope(msgspec.Struct, frozen=True):
    """The CloudEvents 1.0 envelope around an entry; attributes that it does not know are ignored."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    time: str
    datacontenttype: Literal["application/json"]
    journalid: str
    sequence: str
    bootid: str
    clock: str
    data: Entry


class State(msgspec.Struct, frozen=True):
    """A terminal's state. `session` counts its connections and is never used twice.

    `disowned` is the acknowledged entry that the terminal's journal does not hold, 0 when there is none.
    """

    state: Literal["online", "offline", "lost"]
    session: Count
    lifecycle: Lifecycle
    boot_id: BootId
    journal_id: JournalId
    disowned: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_SEQUENCE)] = 0


class Info(msgspec.Struct, frozen=True):
    """What a terminal is, and the commands that it knows; `certificate_expiry` is "" where it has no certificate."""

    hardware: str
    software: str
    python: str
    commands: list[CommandType]
    binding_version: Count | UnsetType = UNSET
    keys_version: Count | UnsetType = UNSET
    certificate_expiry: Second | UnsetType = UNSET


class Vitals(msgspec.Struct, frozen=True):
    """How a terminal's machine is, with the units in the names; -1 or "" is what it cannot read."""

    uptime_s: Reading = UNSET
    load1_milli: Reading = UNSET
    memory_available_kib: Reading = UNSET
    memory_total_kib: Reading = UNSET
    cpu_temperature_milli_c: Temperature = UNSET
    throttled_now: Bits = UNSET
    throttled_since_boot: Bits = UNSET
    undervoltage: bool | Literal[-1] | UnsetType = UNSET
    disk_free_kib: Reading = UNSET
    rss_kib: Reading = UNSET
    boot_id: Annotated[str, msgspec.Meta(max_length=64)] | UnsetType = UNSET
    process_uptime_s: Reading = UNSET
    wlan_signal_dbm: Annotated[int, msgspec.Meta(ge=-200, le=50)] | UnsetType = UNSET
    lifecycle: Lifecycle | UnsetType = UNSET
    tamper: bool | UnsetType = UNSET
    binding_version: Count | UnsetType = UNSET
    binding_reason: Code | UnsetType = UNSET
    clock: Clock | UnsetType = UNSET
    clock_unsynced_s: Reading = UNSET
    certificate_expiry: Second | UnsetType = UNSET
    certificate_days_left: Annotated[int, msgspec.Meta(ge=-100_000, le=100_000)] | UnsetType = UNSET
    link_round_trip_ms: Reading = UNSET
    link_reconnects: Reading = UNSET
    journal_kib: Reading = UNSET
    journal_space_kib: Reading = UNSET
    outbox_depth: Reading = UNSET
    outbox_age_s: Reading = UNSET
    sale_age_s: Reading = UNSET
    sale_result: Annotated[str, msgspec.Meta(pattern=r"\A([a-z]{1,16})?\Z")] | UnsetType = UNSET
    sale_code: Annotated[str, msgspec.Meta(pattern=r"\A([A-Z0-9_]{2,64})?\Z")] | UnsetType = UNSET
    alarms: Annotated[str, msgspec.Meta(pattern=r"\A[A-Z_ ]*\Z", max_length=400)] | UnsetType = UNSET
    recent_s: Reading = UNSET
    reader_open: bool | UnsetType = UNSET
    reader_failing: bool | UnsetType = UNSET
    reader_cards_recent: Reading = UNSET
    reader_card_gone_recent: Reading = UNSET
    reader_faults_recent: Reading = UNSET
    reader_opens: Reading = UNSET
    reader_open_retries: Reading = UNSET
    reader_cards: Reading = UNSET
    reader_apdus: Reading = UNSET
    reader_card_gone: Reading = UNSET
    reader_faults: Reading = UNSET
    leaks_kept_back: Reading = UNSET


class Reported(msgspec.Struct, frozen=True):
    """What a terminal made of the configuration `version`; `reason` is there when it was rejected, and only then."""

    format: Literal["jumpguard.config-reported/1"]
    version: Count
    state: Literal["pending", "trial", "committed", "rejected"]
    reason: Code
    detail: Annotated[str, msgspec.Meta(max_length=1000)]
    binding_version: Count
    binding_digest: Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")]


class CommandStatus(msgspec.Struct, frozen=True):
    """What became of a command; `code` is there when it failed and `result` when it succeeded, and only then."""

    format: Literal["jumpguard.command-status/1"]
    type: CommandType
    id: CommandId
    state: Literal["accepted", "running", "succeeded", "failed"]
    code: Code
    progress: Annotated[int, msgspec.Meta(ge=0, le=100)]
    result: dict[str, object]
