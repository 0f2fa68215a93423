"""What somebody who may write to the terminal's disk could do to its merchant record."""

import json

from agent.canonical import encode, sha256_hex
from tools.rig.files import OTHER_MID, OTHER_NAME


def with_other_merchant(raw: bytes) -> bytes:
    """The merchant file `raw` with another MID and name, and the checksum that belongs to them."""
    wrapped = json.loads(raw)
    wrapped["value"]["binding"]["1"]["document"].update({"mid": OTHER_MID, "name": OTHER_NAME})
    wrapped["sha256"] = sha256_hex(encode(wrapped["value"]))
    return (json.dumps(wrapped, ensure_ascii=False) + "\n").encode()
