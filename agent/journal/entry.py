"""Journal entries: what one says, its bytes and its place in the hash chain."""

from agent.canonical import encode, sha256_hex
from agent.redact import leak_in, masked

# The entry before the first one.
GENESIS = "0" * 64


class Record:
    """Something that happened and is to be written down: a `kind` such as `sale.answered` and what is known of it.

    `body["sale"]` is the sale it belongs to and `body["till"]` the till's own name of that sale, where there is one.
    Card data has no place in a body, except first six and last four digits.
    """

    def __init__(self, kind: str, body: "dict[str, object]") -> None:
        self.kind = kind
        self.body = body


class Stamp:
    """When and where a record was written down."""

    def __init__(self, time: str, clock: str, boot_id: str, monotonic_ms: int) -> None:
        self.time = time
        self.clock = clock
        self.boot_id = boot_id
        self.monotonic_ms = monotonic_ms


class Entry:
    """One journal entry: its fields as an object, their canonical bytes, and the SHA-256 of those bytes."""

    def __init__(self, fields: "dict[str, object]", data: bytes, digest: str) -> None:
        self.fields = fields
        self.data = data
        self.digest = digest

    @property
    def sequence(self) -> int:
        """The place in the journal, from 1, without gaps."""
        value = self.fields["sequence"]
        assert isinstance(value, int)
        return value

    @property
    def kind(self) -> str:
        """What happened, as `sale.answered`."""
        return str(self.fields["kind"])

    @property
    def body(self) -> "dict[str, object]":
        """What is known of it."""
        value = self.fields["body"]
        assert isinstance(value, dict)
        return value


def chain(journal_id: str, sequence: int, previous: str, record: Record, stamp: Stamp) -> Entry:
    """Return the entry that writes `record` down after the entry whose hash is `previous`.

    Card data that a text from outside brought into its body is masked. Raises CanonicalError when the body holds
    something that has no canonical form.
    """
    fields: "dict[str, object]" = {
        "journal_id": journal_id,
        "sequence": sequence,
        "time": stamp.time,
        "clock": stamp.clock,
        "boot_id": stamp.boot_id,
        "monotonic_ms": stamp.monotonic_ms,
        "kind": record.kind,
        "body": record.body,
        "previous": previous,
    }
    data = encode(fields)
    if leak_in(data) is not None:
        fields["body"] = _without_card_data(record.body)
        data = encode(fields)
    return Entry(fields, data, sha256_hex(data))


def _without_card_data(value: object) -> object:
    if isinstance(value, str):
        return masked(value.encode()).decode()
    if isinstance(value, dict):
        return {_without_card_data(name): _without_card_data(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_card_data(one) for one in value]
    return value
