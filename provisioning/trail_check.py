"""What is asked of a trail beyond its chain: whose keys signed it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from provisioning.errors import KeyFileError
from provisioning.trail import Trail


class Technician(msgspec.Struct, forbid_unknown_fields=True):
    """What `jumpguard keys make technician` printed: Ed25519, 32 bytes in hexadecimal."""

    id: str
    role: Literal["technician"]
    public: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


def technicians(path: Path) -> dict[str, str]:
    """The public halves by id in `path`, a line for each, as `keys make` printed it. Raises KeyFileError."""
    try:
        lines = path.read_bytes().splitlines()
        found = [msgspec.json.decode(line, type=Technician) for line in lines if line.strip()]
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError:  # without `from`: it may be a private key, of which nothing is to be quoted
        raise KeyFileError(f"{path}: not what `jumpguard keys make technician` printed, a line for each") from None
    if len({one.id for one in found}) < len(found):
        raise KeyFileError(f"{path}: two keys of one id; one of them is somebody else's")
    return {one.id: one.public for one in found}


def faults(trail: Trail, known: dict[str, str] | None = None) -> Iterator[str]:
    """Entries that are signed by none of the `known` technicians, a line each; chain and signatures are proven."""
    for sealed in trail.entries:
        entry = sealed.entry
        if known is not None and known.get(entry.key_id) != entry.public:
            about = f"{entry.deed.serial} {entry.deed.action}"
            yield f"entry {entry.sequence} ({about}): {entry.key_id} is no key of a technician"
