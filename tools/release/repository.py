"""A repository in a folder: `metadata/` and `targets/`. What terminals look at first, timestamp.json, comes last."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from board import private_file
from provisioning.update.repository import LARGEST
from tools.errors import ReleaseError
from tools.release.keys import ROLES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from tools.release.package import described

Keys = dict[str, list[CryptoSigner]]
Part = TypeVar("Part", Root, Targets, Snapshot, Timestamp)

# For how long each is signed, in days: a terminal takes nothing that has expired. Root and targets are signed by hand.
DAYS = {ROOT: 365, TARGETS: 180, SNAPSHOT: 14, TIMESTAMP: 3}
_READABLE = 0o644


class Repository:
    """The repository in `folder`, kept with the `keys` at hand."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self._metadata = folder / "metadata"
        self._targets = folder / "targets"
        self._keys = keys

    def create(self, thresholds: dict[str, int], days: int = DAYS[ROOT]) -> Path:
        """Make an empty repository, of whose keys so many of each role have to sign; return the root of trust.

        Raises ReleaseError, where there is one already as well.
        """
        if any(self._metadata.glob("*.json")):
            raise ReleaseError(f"{self._metadata}: there is a repository already")
        for folder in (self._metadata, self._targets):
            folder.mkdir(parents=True, exist_ok=True)
        root = Root(consistent_snapshot=True)
        for role in ROLES:
            self._name_keys(root, role, thresholds.get(role, 1))
        self._publish(ROOT, root, root, days)
        self._publish(TARGETS, Targets(), root, DAYS[TARGETS])
        self._publish(SNAPSHOT, Snapshot(), root, DAYS[SNAPSHOT])
        self._publish(TIMESTAMP, Timestamp(), root, DAYS[TIMESTAMP])
        return self._metadata / "1.root.json"

    def add(self, package: Path, days: int = DAYS[TARGETS]) -> TargetFile:
        """Publish `package` as the release that it holds. Raises ReleaseError, or OSError."""
        version, machine, unpacked = described(package)
        name = f"jumpguard_{version}_{machine.architecture}_python{machine.python}.deb"
        content = package.read_bytes()
        if len(content) > LARGEST:
            raise ReleaseError(f"{package}: {len(content)} bytes are more than the {LARGEST} that a terminal takes")
        target = TargetFile.from_data(name, content, ["sha256"])
        target.unrecognized_fields["custom"] = {
            "version": version,
            "architecture": machine.architecture,
            "python": machine.python,
            "unpacked": unpacked,
        }
        targets = self._newest(TARGETS, Targets)
        known = targets.targets.get(name)
        if known is not None and known.hashes != target.hashes:
            raise ReleaseError(f"{name} is published already, with another content; give it a version of its own")
        private_file.replace(self._targets / target.get_prefixed_paths()[0], content, _READABLE)
        targets.targets[name] = target
        targets.version += 1
        self._publish(TARGETS, targets, self._root(), days)
        self.refresh()
        return target

    def refresh(self, days: dict[str, int] | None = None) -> None:
        """Sign snapshot and timestamp anew, for `days` from now. Raises ReleaseError."""
        lasts = DAYS | (days or {})
        root = self._root()
        snapshot, timestamp = self._newest(SNAPSHOT, Snapshot), self._newest(TIMESTAMP, Timestamp)
        snapshot.meta["targets.json"] = MetaFile(self._newest(TARGETS, Targets).version)
        snapshot.version += 1
        timestamp.snapshot_meta = MetaFile(snapshot.version)
        timestamp.version += 1
        self._publish(SNAPSHOT, snapshot, root, lasts[SNAPSHOT])
        self._publish(TIMESTAMP, timestamp, root, lasts[TIMESTAMP])

    def renew_root(self, old: Keys, thresholds: dict[str, int], days: int = DAYS[ROOT]) -> Path:
        """Sign a new root of trust, which names the keys at hand of every role that has some, for those before.

        It is signed by the `old` root keys too, so that terminals follow. Raises ReleaseError.
        """
        before, root = self._root(), self._root()
        for role in ROLES:
            if self._keys[role]:
                for known in list(root.roles[role].keyids):
                    root.revoke_key(known, role)
                self._name_keys(root, role, thresholds.get(role, root.roles[role].threshold))
        root.version += 1
        for role in (TARGETS, SNAPSHOT, TIMESTAMP):
            self._expect_enough(role, root, self._keys[role])  # else nobody could sign the rest for the new root
        self._publish(ROOT, root, before, days, old[ROOT])
        targets = self._newest(TARGETS, Targets)
        targets.version += 1
        self._publish(TARGETS, targets, root, DAYS[TARGETS])
        self.refresh()
        return self._metadata / f"{root.version}.root.json"

    def standing(self) -> dict[str, Signed]:
        """The newest of each role. Raises ReleaseError."""
        return {
            ROOT: self._root(),
            TARGETS: self._newest(TARGETS, Targets),
            SNAPSHOT: self._newest(SNAPSHOT, Snapshot),
            TIMESTAMP: self._newest(TIMESTAMP, Timestamp),
        }

    def _name_keys(self, root: Root, role: str, threshold: int) -> None:
        if not 1 <= threshold <= len(self._keys[role]):
            raise ReleaseError(f"{role}: {threshold} of {len(self._keys[role])} keys cannot have to sign; make more")
        for signer in self._keys[role]:
            root.add_key(signer.public_key, role)
        root.roles[role].threshold = threshold

    def _expect_enough(self, role: str, root: Root, at_hand: Sequence[CryptoSigner]) -> None:
        named = {signer.public_key.keyid for signer in at_hand} & set(root.roles[role].keyids)
        if len(named) < root.roles[role].threshold:
            wanted = root.roles[role].threshold
            raise ReleaseError(f"{role}: {len(named)} of {wanted} keys that have to sign are at hand; bring the others")

    def _root(self) -> Root:
        return self._newest(ROOT, Root)

    def _newest(self, role: str, kind: type[Part]) -> Part:
        files = {int(file.name.split(".")[0]): file for file in self._metadata.glob(f"*.{role}.json")}
        if role == TIMESTAMP:
            files[0] = self._metadata / "timestamp.json"
        try:
            found = Metadata[Any].from_file(str(files[max(files)])).signed
        except (OSError, ValueError, RepositoryError, DeserializationError) as error:
            raise ReleaseError(f"{self._metadata}: holds no {role} of a repository ({error})") from error
        if not isinstance(found, kind):
            raise ReleaseError(f"{self._metadata}: {role} is another role's")
        return found

    def _publish(self, role: str, signed: Signed, root: Root, days: int, others: Sequence[CryptoSigner] = ()) -> None:
        """Sign for `role` with the keys at hand that `root` names, and write it. Raises ReleaseError, or OSError."""
        signed.expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
        metadata = Metadata[Any](signed)
        vouching = [root, signed] if isinstance(signed, Root) else [root]
        for signer in (*self._keys[role], *others):
            if any(signer.public_key.keyid in one.roles[role].keyids for one in vouching):
                metadata.sign(signer, append=True)
        for one in vouching:
            self._expect_enough(role, one, [*self._keys[role], *others])
        name = "timestamp.json" if role == TIMESTAMP else f"{signed.version}.{role}.json"
        private_file.replace(self._metadata / name, metadata.to_bytes(), _READABLE)
