"""A whole desk to practise on: broker, backend, acquirer, a signed binding, and a blank virtual terminal."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import tomli_w

from agent.binding.record import parse
from board import private_file
from provisioning import keys, signing
from provisioning.chain import seal
from provisioning.install.proof import SignedBinding
from provisioning.issue import issue
from provisioning.registry import Writing, writing
from provisioning.registry_entry import ISSUED, Entry
from provisioning.signing import Order, Signed, sign_content
from tools.broker import free_port
from tools.brokers.setup import Engine
from tools.rig.files import (
    ACQUIRER,
    FLEET,
    OTHER_MID,
    OTHER_NAME,
    OTHER_TID,
    OTHER_USCC,
    SERIAL,
    TID,
    TPDU,
    binding_document,
)
from tools.rig.on_demand import OnDemand
from tools.rig.rig import Rig
from tools.rig.sshd import Sshd
from tools.rig.started import Started
from tools.rig.virtual_terminal import VirtualTerminal


class Practice(Started):
    """The desk in `directory`, a folder with a short path, for so many `terminals` of one merchant.

    With SSH, whoever has its key is let in on this machine, as a technician is on a terminal. Terminals that are
    `on_demand` are on only while somebody is.
    """

    def __init__(self, directory: Path, *, with_ssh: bool = False, terminals: int = 1, on_demand: bool = False) -> None:
        self.directory = directory
        self.rig = Rig(directory, Engine.NATS, terminals=terminals)
        self.desk_file = directory / "desk.toml"
        self.registry = directory / "registry"
        self.store = directory / "fleet"
        self.trail = directory / "trail"
        self.technicians = directory / "technicians"
        self.sshd = Sshd(directory / "ssh") if with_ssh else None
        self._terminals = [
            VirtualTerminal(directory / f"terminal-{number}", serial(number)) for number in range(1, terminals + 1)
        ]
        self.on_demand = OnDemand(directory / "on-demand", self._terminals) if on_demand else None

    def terminal(self, number: int = 1) -> VirtualTerminal:
        """The blank terminal of that number, from 1; it has to be switched on."""
        return self._terminals[number - 1]

    def binding(self, number: int = 1) -> Path:
        """The signed binding of the terminal of that number."""
        return self.directory / f"{serial(number)}.binding.json"

    def start(self) -> None:
        """Make everything and start it, but for the terminals. Raises ProcessError and SshdError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.rig.start_desk(blank=True)
        self._register()
        self._write_desk()
        if self.on_demand and self.sshd:
            self.on_demand.start()
            self.sshd.login = self.on_demand.script
        if self.sshd:
            self.sshd.start()

    def stop(self) -> None:
        """End everything, the terminals too."""
        if self.sshd:
            self.sshd.stop()
        if self.on_demand:
            self.on_demand.stop()
        for terminal in self._terminals:
            terminal.stop()
        self.rig.stop()

    def _register(self) -> None:
        """Sign the binding of each terminal, and write it into a registry."""
        signer = self.rig.files.signer(keys.BINDING)
        with writing(self.registry) as registry:
            for number in range(1, len(self._terminals) + 1):
                document = binding_document(serial=serial(number), tid=str(int(TID) + number - 1))
                signed = register(registry, document, signer)
                self.binding(number).write_text(json.dumps(signed, ensure_ascii=False))

    def sign(self, number: int, why: str = "", **changes: object) -> Path:
        """Sign the next version for the terminal of that number, with `changes` to its content; where it lies."""
        with writing(self.registry) as registry:
            live = registry.live(serial(number))
            assert live is not None
            content = SignedBinding(**live.binding).document  # type: ignore[arg-type]
            order = Order(by="practice", change=why, valid_from=datetime.now(UTC) - timedelta(days=1))
            entry = sign_content({**content, **changes}, "", registry, self.rig.files.signer(keys.BINDING), order)
            signing.hand_out(Signed(entry, repeated=False), self.directory)
        return self.binding(number)

    def other_merchant(self, number: int) -> dict[str, object]:
        """What of the binding of the terminal of that number is otherwise at the other merchant."""
        return {"mid": OTHER_MID, "tid": str(int(OTHER_TID) + number - 1), "name": OTHER_NAME, "uscc": OTHER_USCC}

    def _write_desk(self) -> None:
        files, rig = self.rig.files, self.rig
        master_keys = self.directory / "tmk"
        master_keys.mkdir(mode=0o700, exist_ok=True)
        for tid, key in (files.master_keys | files.other_master_keys).items():
            private_file.create(master_keys / f"{tid}.tmk", key.encode())
        wang = keys.create(self.directory / "technician.key", keys.TECHNICIAN)
        public = {"id": wang.id, "role": keys.TECHNICIAN, "public": wang.public_hex}
        self.technicians.write_text(f"{json.dumps(public)}\n")
        acquirer = rig.processes["acquirer"].ready
        desk = {
            "fleet": FLEET,
            "root_public": files.signer(keys.ROOT).public_hex,
            "key_set": files.key_set.name,
            "authority": files.authority.directory.name,
            "brokers": [f"127.0.0.1:{rig.processes['broker'].ready['port']}"],
            "broker_folders": [rig.broker_folder.name],
            "master_keys": master_keys.name,
            "registry": self.registry.name,
            "trail": self.trail.name,
            "technician_key": "technician.key",
            "store": self.store.name,
            "acquirers": {ACQUIRER: {"host": "127.0.0.1", "port": int(acquirer["port"]), "tpdu": TPDU}},
            "settings": {
                "api": {"port": free_port()},
                "reader": {"card_timeout_ms": 60_000},
                "link": {"backoff_base_ms": 100, "backoff_cap_ms": 500},
            },
        }
        self.desk_file.write_text(tomli_w.dumps(desk))


def serial(number: int) -> str:
    """The serial of the terminal of that number, from 1."""
    return f"{SERIAL[:-4]}{number:04}"


def register(registry: Writing, document: dict[str, object], signer: keys.SigningKey) -> dict[str, object]:
    """Sign the first binding of a terminal, and write it down whatever else stands there; returns it."""
    signed, one = issue(document, signer), parse(document)
    entry = Entry(
        sequence=registry.next_sequence, previous=registry.head, time=one.valid_from, by="practice", action=ISSUED,
        why="", serial=one.serial, version=one.version, acquirer=one.acquirer, mid=one.mid, tid=one.tid, uscc=one.uscc,
        application="", binding=signed, closes=0, switches=0, key_id=signer.id, public=signer.public_hex,
    )  # fmt: skip
    registry.append(seal(entry, signer))
    return signed
