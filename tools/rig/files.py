"""The files of one made-up terminal: keys, key set, signed binding, settings, and the acquirer's list of terminals."""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import tomli_w

from agent.canonical import sha256_hex
from board import private_file
from board.identity import Identity, Pair
from provisioning import key_set, keys
from provisioning.authority import Authority
from provisioning.issue import issue

FLEET = "demo"
SERIAL = "JG-DEMO-0001"
ACQUIRER = "898"
MID = "898350154110001"
TID = "10000001"
NAME = "Demo Tea House"
TPDU = "6000030000"

# The merchant that a payment jumps to in the demonstration and in tests.
OTHER_MID = "898440158120007"
OTHER_NAME = "Some Other Shop"
OTHER_TID = "20000001"
OTHER_USCC = "91440300MA5G7XY817"


def binding_document(version: int = 1, **changes: object) -> dict[str, object]:
    """The binding of the made-up terminal, valid from yesterday for a year, with `changes` to its fields."""
    document: dict[str, object] = {
        "format": "jumpguard.binding/1",
        "version": version,
        "serial": SERIAL,
        "acquirer": ACQUIRER,
        "mid": MID,
        "tid": TID,
        "uscc": "91350100M000100Y43",
        "account_last4": "6789",
        "account_hash": sha256_hex(b"a made-up account"),
        "address": "1 Example Road, Gulou, Fuzhou",
        "region": "350102",
        "timezone": "Asia/Shanghai",
        "mcc": "5411",
        "name": NAME,
        "currency": "156",
        "limit": 100_000,
        "jump_policy": "reverse",
        "fees": {"credit_basis_points": 60, "debit_basis_points": 50, "debit_cap": 2_000},
        "valid_from": utc_in(-1),
        "valid_to": utc_in(365),
    }
    return {**document, **changes}


def utc_in(days: float) -> str:
    """Now plus `days` in UTC to the second, as a binding says it."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


class RigFiles:
    """Makes and names the files in `directory`; the acquirer knows so many `terminals`, with numbers from TID on."""

    def __init__(self, directory: Path, terminals: int = 1) -> None:
        self.directory = directory
        # Of each terminal, by its number.
        self.master_keys = {str(int(TID) + number): secrets.token_hex(16) for number in range(terminals)}
        # What the acquirer has for each at the other merchant, to which it may be changed.
        self.other_master_keys = {str(int(OTHER_TID) + number): secrets.token_hex(16) for number in range(terminals)}
        self.state = directory / "state"
        self.board = directory / "board"
        self.settings = directory / "terminal.toml"
        self.terminals = directory / "terminals.toml"
        self.binding = directory / "binding.json"
        self.key_set = directory / "keys.json"
        self.backend_key = directory / "backend.key"
        # What a backend is given, the newest last.
        self.backend_keys = [self.backend_key]
        self.token_file = directory / "till.token"
        self.clock_mark = directory / "clock-synchronised"
        self.link = Pair(directory / "link.crt", directory / "link.key")
        self.backend_link = Pair(directory / "backend.crt", directory / "backend-link.key")
        self.authority = Authority(directory / "ca")
        self._tmk_file = directory / "terminal.tmk"
        self._signers: dict[str, keys.SigningKey] = {}
        self._newest_set: dict[str, object] = {}

    @property
    def token(self) -> str:
        """The bearer token of the till."""
        return self.token_file.read_text()

    @property
    def merchant_file(self) -> Path:
        """The merchant record on the terminal's disk."""
        return self.state / "merchant.json"

    @property
    def high_water_file(self) -> Path:
        """The mark of the highest binding version on the terminal's disk."""
        return self.state / "high_water.json"

    @property
    def journal_file(self) -> Path:
        """The terminal's journal."""
        return self.state / "journal.sqlite"

    def create(self) -> None:
        """Make keys, secrets, the signed binding and the acquirer's list."""
        _write_secret(self._tmk_file, self.master_keys[TID])
        _write_secret(self.token_file, secrets.token_urlsafe(24))
        self.clock_mark.touch()
        self._signers = {
            role: keys.create(self._key_file(role), role) for role in (keys.ROOT, keys.BINDING, keys.BACKEND)
        }
        vouched = [
            key_set.public_half(self.signer(keys.BINDING), "binding"),
            key_set.public_half(self.signer(keys.BACKEND), "backend"),
        ]
        self._newest_set = key_set.first(self.signer(keys.ROOT), FLEET, vouched)
        self.key_set.write_text(json.dumps(self._newest_set))
        self.sign_binding(binding_document())
        known = [{"tid": tid, "mid": MID, "name": NAME, "tmk": tmk} for tid, tmk in self.master_keys.items()]
        known += [
            {"tid": tid, "mid": OTHER_MID, "name": OTHER_NAME, "tmk": tmk}
            for tid, tmk in self.other_master_keys.items()
        ]
        self.terminals.write_text(tomli_w.dumps({"acquirer": ACQUIRER, "terminals": known}))

    def signer(self, role: str) -> keys.SigningKey:
        """The key that signs in `role` now."""
        return self._signers[role]

    def new_signer(self, role: Literal["binding", "backend"]) -> keys.SigningKey:
        """Make a key that signs in `role` from now on, in the file of the one before, and return that older one."""
        before, path = self._signers[role], self._key_file(role)
        kept = path.rename(path.with_name(f"{before.id}.key"))
        self._signers[role] = keys.create(path, role)
        if role == keys.BACKEND:
            self.backend_keys = [kept, path]
        return before

    def sign_key_set(
        self,
        added: Sequence[Literal["binding", "backend"]] = (),
        retired: Sequence[keys.SigningKey] = (),
        revoked: Sequence[keys.SigningKey] = (),
    ) -> Path:
        """Have the operator root sign the next key set, with the present keys of the roles `added`; where it lies."""
        self._newest_set = key_set.following(
            self.signer(keys.ROOT),
            self._newest_set,
            [key_set.public_half(self._signers[role], role) for role in added],
            [key.id for key in retired],
            [key.id for key in revoked],
        )
        path = self.directory / "newest-keys.json"
        path.write_text(json.dumps(self._newest_set))
        return path

    def create_certificates(self, workers: int = 0, *, blank: bool = False) -> None:
        """Make the certificate authorities, and the certificates for an encrypted link: of terminal and backend.

        And of the backend's `workers`, where each needs its own. A `blank` terminal gets none.
        """
        self.authority.create(FLEET)
        if not blank:
            identity = Identity(FLEET, SERIAL, self.link, self.state)
            self.link.certificate.write_bytes(self.authority.issue_terminal(SERIAL, identity.enrolment_request()))
        for worker in range(workers + 1):
            key, certificate = self.authority.issue_backend(worker=worker)
            pair = self.worker_link(worker) if worker else self.backend_link
            private_file.create(pair.key, key)
            pair.certificate.write_bytes(certificate)

    def worker_link(self, worker: int) -> Pair:
        """The certificate of the backend's worker of that number, from 1, and its key."""
        return Pair(self.directory / f"worker-{worker}.crt", self.directory / f"worker-{worker}.key")

    def sign_binding(self, document: dict[str, object], signer: keys.SigningKey | None = None) -> None:
        """Issue `document`, signed by the present `signer` or another, into the file `binding`. Raises BindingError."""
        signed = issue(document, signer or self.signer(keys.BINDING))
        self.binding.write_text(json.dumps(signed, ensure_ascii=False))

    def write_settings(self, acquirer: tuple[str, int], broker: tuple[str, int], /, **sections: dict[str, Any]) -> None:
        """Write the terminal's settings; `sections` change or add keys by section."""
        settings: dict[str, dict[str, Any]] = {
            "terminal": {"serial": SERIAL, "fleet": FLEET, "state_dir": str(self.state)},
            "reader": {"port": str(self.board / "nfc"), "card_timeout_ms": 20_000},
            "acquirer": {
                "host": acquirer[0],
                "port": acquirer[1],
                "tpdu": TPDU,
                "tmk_file": str(self._tmk_file),
                "connect_timeout_ms": 2_000,
                "answer_timeout_ms": 5_000,
            },
            "link": {"host": broker[0], "port": broker[1], "backoff_base_ms": 100, "backoff_cap_ms": 500},
            "api": {"token_file": str(self.token_file), "port": 0},
            "trust": {"root_public": self.signer(keys.ROOT).public_hex, "keys_file": str(self.key_set)},
            "machine": {
                "proc": str(self.board / "proc"),
                "sys": str(self.board / "sys"),
                "clock_mark": str(self.clock_mark),
            },
        }
        if self.link.key.exists():
            certificate, key = map(str, self.link)
            settings["link"] |= {
                "ca_file": str(self.authority.servers_file),
                "certificate_file": certificate,
                "key_file": key,
            }
        for name, changes in sections.items():
            settings[name] = {**settings.get(name, {}), **changes}
        self.settings.write_text(tomli_w.dumps(settings))

    def _key_file(self, role: str) -> Path:
        return self.directory / f"{role}.key"


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
