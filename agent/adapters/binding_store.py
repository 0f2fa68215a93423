"""The merchant record in TinyDB, over a storage that survives power cuts; and the high-water mark beside it."""

import binascii
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document

from agent.adapters import durable_file
from agent.binding import reasons
from agent.binding.ports import Stored
from agent.errors import StoreError

_TABLE = "binding"
_RECORD = 1


class DurableStorage(Storage):
    """TinyDB's storage over `durable_file`. `digest` names the bytes that were read last.

    TinyDB's own JSONStorage writes in place and takes an empty file for a new database; this one refuses it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digest = ""

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The tables, None where there is no file. Raises StoreError."""
        found = durable_file.read(self.path)
        if found is None:
            return None
        tables, self.digest = found
        if not isinstance(tables, dict):
            raise StoreError(
                reasons.STORE_ALTERED, f"{self.path} holds no tables; move it away and provision the terminal again"
            )
        return tables

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replace all tables. Raises StoreError; the old ones stand then."""
        # TinyDB hands over its own mapping types; the file takes plain objects.
        durable_file.write(
            self.path, {name: {str(key): dict(row) for key, row in t.items()} for name, t in data.items()}
        )


class TinyBindingStore:
    """The binding in a TinyDB file of its own. One instance, one thread, no caching middleware."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._storage = DurableStorage(path)
        self._database = TinyDB(storage=lambda: self._storage)
        self._last: Stored | None = None

    def read(self) -> Stored | None:
        """See `agent.binding.ports.BindingStore.read`. The parsed record is kept under the hash of its file."""
        raw = durable_file.read_bytes(self.path)
        if raw is None:
            return None
        if self._last is None or self._last.digest != durable_file.digest(raw):
            self._last = self._parse()
        return self._last

    def write(self, document: dict[str, object], key_id: str, signature: bytes) -> None:
        """See `agent.binding.ports.BindingStore.write`."""
        row = {"document": document, "key_id": key_id, "signature": binascii.hexlify(signature).decode()}
        self._database.table(_TABLE).upsert(Document(row, doc_id=_RECORD))

    def _parse(self) -> Stored | None:
        try:
            row = self._database.table(_TABLE).get(doc_id=_RECORD)
            if row is None:
                return None
            signature = binascii.unhexlify(row["signature"])
            return Stored(row["document"], str(row["key_id"]), signature, self._storage.digest)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(
                reasons.STORE_ALTERED, f"{self.path} holds no signed record; move it away and install one"
            ) from error


class HighWaterFile:
    """The highest committed binding version, in a file apart from the store."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> int | None:
        """See `agent.binding.ports.HighWater.read`."""
        try:
            found = durable_file.read(self.path)
        except StoreError as error:
            raise StoreError(reasons.HIGH_WATER_ALTERED, str(error)) from error
        if found is None:
            return None
        value = found[0]
        if not isinstance(value, dict) or type(value.get("version")) is not int:
            raise StoreError(reasons.HIGH_WATER_ALTERED, f"{self.path} holds no version; restore it")
        version: int = value["version"]
        return version

    def advance(self, version: int) -> None:
        """See `agent.binding.ports.HighWater.advance`."""
        mark = self.read()
        if mark is None or version > mark:
            durable_file.write(self.path, {"version": version})
