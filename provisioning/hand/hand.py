"""Does what the hand is asked, on the terminal at `places`."""

import asyncio
import contextlib
import json
import os
import platform
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import singledispatchmethod
from pathlib import Path
from typing import Any, Literal

from agent.errors import JumpGuardError
from board import private_file
from board.errors import BoardError, SettingsError
from board.identity import Identity, Pair
from board.settings.file import document, load
from board.version import VERSION
from provisioning.doctor.examine import examine
from provisioning.doctor.patient import Patient
from provisioning.errors import HandError, ProvisioningError
from provisioning.hand import evidence, guard, hardware, record, requests, settings, snapshot
from provisioning.hand.ledger import Ledger
from provisioning.hand.places import Places
from provisioning.hand.service import Service
from provisioning.till import Till

_DEVICE_TREE = "firmware/devicetree/base"
_TAKE_WITHIN_S = 60.0
_TOKEN_BYTES = 24
_SHARED_MODE = 0o640
_NAME_OF_TILL = "PROVISIONING"


class Hand:
    """Carries out requests, one after the other; `recovered` is what was found of an earlier installation."""

    def __init__(self, places: Places, recovered: str) -> None:
        self.places = places
        self.recovered = recovered
        self.service = Service(places)
        self.ledger = Ledger(places, self.service)
        self.under_way = False

    async def do(self, request: requests.Request) -> dict[str, Any]:
        """Carry out `request` and return its answer; what cannot be done is said in it."""
        try:
            return {"ok": True, **await self._do(request)}
        except HandError as error:
            return {"ok": False, "code": error.code, "error": str(error)}
        except (ProvisioningError, BoardError) as error:
            return {"ok": False, "code": "FAILED", "error": str(error)}
        except JumpGuardError as error:
            return {"ok": False, "code": "JOURNAL", "error": str(error)}
        except OSError as error:
            return {"ok": False, "code": "DISK", "error": f"{error.filename or 'terminal'}: {error.strerror}"}

    async def leave(self) -> None:
        """Nobody asks any more: put the terminal back, unless the installation counts. Raises HandError and OSError."""
        if not self.under_way:
            return
        if not self.ledger.is_committed:
            # What was asked last may still go on in a thread: it ends with the service, or by itself.
            with contextlib.suppress(HandError):
                await asyncio.to_thread(self.service.stop)
            await asyncio.get_running_loop().shutdown_default_executor()
        self.ledger.recover()

    @singledispatchmethod
    async def _do(self, request: requests.Request) -> dict[str, Any]:
        raise HandError("FAILED", f"no such request: {type(request).__name__}")

    @_do.register
    async def _(self, _request: requests.Look) -> dict[str, Any]:
        state, places = self.service.state(), self.places
        return {
            "root": str(places.root),
            "recovered": self.recovered,
            "may_write": os.geteuid() == 0 or not places.is_real,
            "serial": _serial(places),
            "binding": _bound(places.state_dir / "merchant.json"),
            "certificate": _certificate(places),
            "journal": places.journal.exists(),
            "service": {"loaded": state.loaded, "enabled": state.enabled, "active": state.active},
            "software": VERSION,
            "python": platform.python_version(),
            "model": _device_tree(places, "model") or platform.machine(),
            "label": _text(places.label),
            "hostname": _text(places.hostname),
            "board": _device_tree(places, "serial-number"),
            "utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "clock_set": places.clock_mark.exists(),
            "free_kib": shutil.disk_usage(places.root).free // 1024,
        }

    @_do.register
    async def _(self, _request: requests.Reader) -> dict[str, Any]:
        return await hardware.reader(self.places)

    @_do.register
    async def _(self, _request: requests.Lights) -> dict[str, Any]:
        return await hardware.lights(self.places)

    @_do.register
    async def _(self, request: requests.Case) -> dict[str, Any]:
        return await hardware.case(request.wanted, request.within_s)

    @_do.register
    async def _(self, request: requests.Reach) -> dict[str, Any]:
        return await asyncio.to_thread(hardware.reach, request.host, request.port, request.authorities)

    @_do.register
    async def _(self, request: requests.Begin) -> dict[str, Any]:
        if not self.service.state().loaded:
            raise HandError("NO_SOFTWARE", "jumpguard.service is not installed")
        guard.start(self.places)
        self.under_way = True
        aside = self.ledger.begin(request.serial)
        self.places.settings_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        self.places.give(self.places.settings_dir, secret=False)
        return {"aside": aside}

    @_do.register
    async def _(self, request: requests.RequestCertificate) -> dict[str, Any]:
        self._under_way()
        pair = Pair(self.places.certificate, self.places.key)
        identity = Identity(request.fleet, request.terminal, pair, self.places.state_dir)
        made = identity.enrolment_request()
        self.places.give(pair.key, secret=True)
        return {"request": made.decode("ascii")}

    @_do.register
    async def _(self, request: requests.Write) -> dict[str, Any]:
        self._under_way()
        path: Path = getattr(self.places, request.what)
        secret = request.what == "master_key"
        path.parent.mkdir(mode=0o750, exist_ok=True)
        self.places.give(path.parent, secret=False)
        self._put(path, request.content, secret=secret)
        return {}

    @_do.register
    async def _(self, _request: requests.MakeToken) -> dict[str, Any]:
        self._under_way()
        self._put(self.places.token, secrets.token_urlsafe(_TOKEN_BYTES).encode(), secret=True)
        return {}

    @_do.register
    async def _(self, request: requests.Take) -> dict[str, Any]:
        self._under_way()
        self.places.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.places.give(self.places.state_dir, secret=True)
        evidence.name_owner(self.places.journal, str(request.binding["document"]["serial"]))
        return await self._with_binding("--install", request.binding)

    @_do.register
    async def _(self, request: requests.Try) -> dict[str, Any]:
        self._under_way()
        return await self._with_binding("--try", request.binding)

    @_do.register
    async def _(self, request: requests.Acquirer) -> dict[str, Any]:
        self._under_way()
        changed = settings.with_acquirer(self.places.settings, request.host, request.port, request.tpdu)
        if changed is not None:
            self._put(self.places.settings, changed, secret=False)
        return {"changed": changed is not None}

    @_do.register
    async def _(self, _request: requests.Record) -> dict[str, Any]:
        return await record.record(self.places)

    @_do.register
    async def _(self, request: requests.Journal) -> dict[str, Any]:
        return {"lines": await record.lines(self.places, request.after, request.most)}

    @_do.register
    async def _(self, _request: requests.Stop) -> dict[str, Any]:
        self._under_way()
        await asyncio.to_thread(self.service.stop)
        return {}

    @_do.register
    async def _(self, request: requests.Clear) -> dict[str, Any]:
        self._under_way()
        return await self._told_by_board("CLEAR", "--clear", request.why)

    @_do.register
    async def _(self, request: requests.Retire) -> dict[str, Any]:
        self._under_way()
        return await self._told_by_board("RETIRE", "--retire", request.why)

    @_do.register
    async def _(self, _request: requests.Start) -> dict[str, Any]:
        self._under_way()
        self.service.enable(True)
        try:
            await asyncio.to_thread(self.service.start)
        except HandError as error:
            said = self.service.state().status
            raise HandError("SERVICE", f"{error}; {said}" if said else str(error)) from error
        return {}

    @_do.register
    async def _(self, request: requests.State) -> dict[str, Any]:
        state = self.service.state()
        return {
            "active": state.active,
            "status": state.status,
            "head": evidence.head(self.places.journal),
            "entries": evidence.entries(self.places.journal, request.after),
        }

    @_do.register
    async def _(self, request: requests.Till) -> dict[str, Any]:
        settings = load(self.places.settings)
        token = private_file.secret(self.places.token, "bearer token")
        till = Till(f"127.0.0.1:{settings.api.port}", token, _NAME_OF_TILL)
        return {"answer": await asyncio.to_thread(till.ask, request.category, request.service_id, request.body)}

    @_do.register
    async def _(self, _request: requests.Examine) -> dict[str, Any]:
        patient = Patient(self.places.settings, self.places.root)
        return {"findings": [found._asdict() async for found in examine(patient)]}

    @_do.register
    async def _(self, _request: requests.Commit) -> dict[str, Any]:
        self._under_way()
        for folder in (self.places.settings_dir, self.places.settings_dir.parent):
            snapshot.sync(folder)
        return await self._count("start")

    @_do.register
    async def _(self, _request: requests.Destroy) -> dict[str, Any]:
        self._under_way()
        await asyncio.to_thread(self.service.stop)
        names = [path.name for path in self.places.secrets()]
        return {"destroyed": names, **await self._count("destroy")}

    async def _count(self, then: Literal["start", "destroy"]) -> dict[str, Any]:
        """From here on what was done counts; do what follows from it."""
        self.ledger.commit(then)
        self.under_way = False
        try:
            await asyncio.to_thread(self.ledger.recover)
        except OSError:
            # What is left of it the guard tidies up, or whoever comes next; keys have to be gone when that is said.
            if then == "destroy":
                raise
        return {}

    async def _with_binding(self, option: str, binding: dict[str, Any]) -> dict[str, Any]:
        path = self.places.settings_dir / "binding.json.new"
        self._put(path, json.dumps(binding, ensure_ascii=False).encode(), secret=False)
        try:
            return await self._told_by_board("BINDING", option, str(path))
        finally:
            path.unlink(missing_ok=True)

    async def _told_by_board(self, code: str, *arguments: str) -> dict[str, Any]:
        """What the agent prints of the one thing that it does. Raises HandError with `code`."""
        done = await asyncio.to_thread(self._board, *arguments)
        if done.returncode:
            raise HandError(code, done.stderr.strip().removeprefix("jumpguard: "))
        return dict(json.loads(done.stdout))

    def _under_way(self) -> None:
        if not self.under_way:
            raise HandError("FAILED", "nothing is changed before `begin`")

    def _put(self, path: Path, content: bytes, *, secret: bool) -> None:
        private_file.replace(path, content)
        if not secret:
            path.chmod(_SHARED_MODE)
        self.places.give(path, secret=secret)

    def _board(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The agent does one thing, as the user that it will run as."""
        user = self.places.user
        own: Mapping[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
        command = [str(self.places.python), "-P", "-m", "board", "--settings", str(self.places.settings), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=_TAKE_WITHIN_S, check=False, cwd="/", umask=0o077, **own
        )


def _serial(places: Places) -> str:
    """Whose settings are here; "" where there are none, "?" where they cannot be read."""
    if not places.settings.exists():
        return ""
    try:
        return str(document(places.settings)["terminal"]["serial"])
    except (SettingsError, LookupError, TypeError):
        return "?"


def _bound(store: Path) -> dict[str, Any]:
    """What the merchant record here says, not proven; {} where there is none, or it cannot be read."""
    try:
        found = json.loads(store.read_bytes())["value"]["binding"]["1"]["document"]
        return {name: found[name] for name in ("serial", "version", "mid", "tid", "name")}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError):
        return {"serial": "?", "version": 0, "mid": "?", "tid": "?", "name": "?"}


def _certificate(places: Places) -> str:
    """The device certificate in PEM, "" where there is none."""
    try:
        return places.certificate.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def _device_tree(places: Places, name: str) -> str:
    """What the firmware says of the board, `model` or `serial-number`; "" where it is no Raspberry Pi."""
    return _text(places.sys / _DEVICE_TREE / name)


def _text(path: Path) -> str:
    """The one line of `path`, "" where there is none."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip("\0\n ")
    except OSError:
        return ""
