"""Messages that go down to terminals: signed by the backend over their canonical bytes (RFC 8785)."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from agent.canonical import encode
from agent.report.topics import Topics
from provisioning.keys import SigningKey


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to send."""

    topic: str
    payload: bytes
    retain: bool = False


def signed_letter(
    topics: Topics,
    name: str,
    key: SigningKey,
    form: str,
    content: dict[str, object],
    retain: bool = False,
    canonical: Callable[[object], bytes] = encode,
) -> Letter:
    """`content` in the format `form` for the terminal of `topics`, on its topic `name`, signed with `key`.

    `canonical` makes the bytes that are signed.
    """
    document = unsigned(topics, key.id, form, content)
    document["signature"] = key.sign_bytes(canonical(document))
    return Letter(topics.of(name), json.dumps(document).encode(), retain)


def unsigned(topics: Topics, key_id: str, form: str, content: dict[str, object]) -> dict[str, object]:
    """What is signed of such a letter with the key `key_id`."""
    return {"format": form, "fleet": topics.fleet, "terminal": topics.terminal, "key_id": key_id, **content}
