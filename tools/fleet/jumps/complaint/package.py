"""A complaint as one ZIP file: the same store makes the same bytes."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection

from agent.canonical import encode
from agent.redact import masked
from tools.fleet.jumps.anchors import Anchor
from tools.fleet.jumps.complaint import letter
from tools.fleet.jumps.complaint.chain import Link, links_of, reaches
from tools.fleet.signers import published
from tools.fleet.views.jump import Whole, whole

# The earliest that a ZIP file can name: when it was made is no part of it.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16


def name_of(number: int) -> str:
    """The name of the file with jump `number`."""
    return f"jump-{number}.zip"


def package(connection: Connection, number: int) -> bytes:
    """The ZIP file with jump `number`. Raises MissingError."""
    found = whole(connection, number)
    links = links_of(connection, found.jump, found.entries, found.standing)
    files: dict[str, bytes] = {
        "README.txt": _text("README.txt"),
        "check.py": _text("check.py"),
        "complaint.html": letter.render(found, reaches(links, found.standing)).encode(),
        "jump.json": _jump(found),
        "entries.jsonl": b"".join(link.data + b"\n" for link in links if link.data is not None),
        "hashes.txt": "".join(_hash_line(link) for link in links).encode(),
    }
    if found.standing.anchor is not None:
        files |= _acknowledgement(found.standing.anchor, published(connection))
    return _zipped(files)


def _text(name: str) -> bytes:
    return (resources.files("tools.fleet.jumps.complaint") / name).read_bytes()


def _hash_line(link: Link) -> str:
    return f"{link.sequence} {link.hash}{'' if link.data is not None else ' withheld: it holds a card number'}\n"


def _jump(found: Whole) -> bytes:
    """What the letter says, for programs: nothing of what people noted."""
    told = {"jump": asdict(found.jump), "sale": asdict(found.sale), "reversal": asdict(found.reversal)}
    told["jump"] = {name: value for name, value in told["jump"].items() if name not in _OURS}
    told["compared"] = {each.field: asdict(each) for each in found.compared}
    return masked(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()) + b"\n"


def _acknowledgement(anchor: Anchor, public: Mapping[str, str]) -> dict[str, bytes]:
    signed = {name: value for name, value in anchor.letter.items() if name != "signature"}
    files = {
        "acknowledgement.json": json.dumps(anchor.letter, indent=1, sort_keys=True).encode() + b"\n",
        "acknowledgement.signed": encode(signed),
        "acknowledgement.sig": bytes.fromhex(anchor.letter["signature"]),
    }
    if key := public.get(anchor.key_id):
        pem = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        files["backend.pem"] = pem
    return files


def _zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr, entry.create_system = _MODE, 3
            archive.writestr(entry, files[name])
    return made.getvalue()


# How the desk stands with it is nobody else's business.
_OURS = ("id", "workflow", "version", "changed_at", "changed_by")
