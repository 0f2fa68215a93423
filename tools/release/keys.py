"""The keys that sign a repository, a file each in one folder or several; a threshold says how many of a role must."""

from collections.abc import Iterable
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from provisioning import keys
from tools.errors import ReleaseError

ROOT, TARGETS, SNAPSHOT, TIMESTAMP = "root", "targets", "snapshot", "timestamp"
ROLES = (ROOT, TARGETS, SNAPSHOT, TIMESTAMP)


def make(folder: Path, counts: dict[str, int]) -> list[Path]:
    """Make so many keys of each role in `folder`. Raises KeyFileError for one that is there already, and OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = [folder / f"{role}-{number}.key" for role, count in counts.items() for number in range(1, count + 1)]
    for file in files:
        keys.create(file, file.name.split("-")[0])
    return files


def load(folders: Iterable[Path]) -> dict[str, list[CryptoSigner]]:
    """The keys in `folders`, by role. Raises KeyFileError, or ReleaseError where there is none at all."""
    found: dict[str, list[CryptoSigner]] = {role: [] for role in ROLES}
    for file in sorted(file for folder in folders for file in folder.glob("*.key")):
        role = file.name.partition("-")[0]
        if role in found:
            found[role].append(CryptoSigner(keys.load(file).private))
    if not any(found.values()):
        raise ReleaseError("no keys of a repository; make them with `jumpguard release keys FOLDER`")
    return found
