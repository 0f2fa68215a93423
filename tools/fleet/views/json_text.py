"""JSON texts of the store, which may hold whatever a terminal said."""

import json
from typing import Any


def read(text: str) -> dict[str, Any]:
    """The object that `text` is; halves of surrogate pairs, which JSON can spell and UTF-8 cannot, become `?`."""
    value = json.loads(text)
    found = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    assert isinstance(found, dict)
    return found
