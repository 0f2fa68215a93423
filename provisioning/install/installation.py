"""One installation: the steps from a signed binding to a terminal that has sold, and back where one of them fails."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from board.endpoint import endpoint
from board.errors import BoardError
from board.settings.sections import Settings
from provisioning.errors import HandError, InstallError, ProvisioningError
from provisioning.hand import requests as ask
from provisioning.hand.places import Places
from provisioning.install import result, steps
from provisioning.install.desk import Desk
from provisioning.install.facts import Seen, facts_of
from provisioning.install.first_sale import FirstSale
from provisioning.install.line import Line
from provisioning.install.proof import Proven, SignedBinding
from provisioning.install.reach import Reach
from provisioning.install.steps import Person, Progress
from provisioning.install.terminal_settings import Sections, settings_of
from provisioning.texts import _

# The gate starts no sale below 16 MiB.
_LEAST_SPACE_KIB = 32 * 1024
_CLOCK_OFF_S = 60
_CASE_WITHIN_S = 120.0
_HEARD_WITHIN_S = 90.0
_LOOK_EVERY_S = 0.25
_SEEN_AGAIN_S = 40.0
# Behind every entry there can be.
_NO_ENTRIES = 1 << 52


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to install: the signed binding, settings that only this terminal has, and who does it.

    `sale`: whether it sells at last; `by_person`: whether a person looks at lights and case as well.
    """

    signed: SignedBinding
    technician: str
    settings: Sections = field(default_factory=dict)
    sale: bool = True
    by_person: bool = True


class Installation:
    """The installation of `order` on the terminal at `reach`, from `desk`; `person` stands at the terminal, or nobody.

    Once `run` is through, `installed` says what became of it; where it failed, `failure` does.
    """

    def __init__(self, order: Order, desk: Desk, reach: Reach, person: Person | None = None) -> None:
        self.order = order
        self.desk = desk
        self.reach = reach
        self.person = person
        self.installed: result.Installed | None = None
        self.failure: result.Failure | None = None
        self._step = steps.BINDING
        self._begun = False
        self._committing = False
        self._seen = Seen()

    async def run(self) -> AsyncGenerator[Progress, None]:
        """Do it, and tell of each step. Raises InstallationFailedError; when it is cancelled, `failure` is there, too.

        Whatever ends it, the terminal is put back first, and looked at.
        """
        try:
            async with aclosing(self._all()) as told:
                async for progress in told:
                    yield progress
        except (ProvisioningError, BoardError) as error:
            code = error.code if isinstance(error, InstallError | HandError) else "FAILED"
            self.failure = await self._failed(code, str(error))
            raise result.InstallationFailedError(self.failure) from error
        except (asyncio.CancelledError, GeneratorExit):
            self.failure = await self._failed("INTERRUPTED", "")
            raise

    async def _all(self) -> AsyncGenerator[Progress, None]:
        yield self._begin(steps.BINDING)
        proven = await asyncio.to_thread(self.desk.prove, self.order.signed)
        self._seen.warnings += proven.warnings
        for warning in proven.warnings:
            yield self._warned(warning)
        yield self._done(merchant=proven.binding.name, mid=proven.binding.mid, tid=proven.binding.tid)
        # Nothing that is missing at the desk is to be found out when the terminal is half done.
        master_key = await asyncio.to_thread(self.desk.master_key, proven.binding)
        await asyncio.to_thread(self.desk.check_authority)
        yield self._begin(steps.TERMINAL)
        async with self.reach.hand() as line, aclosing(self._on_terminal(line, proven, master_key)) as told:
            async for progress in told:
                yield progress
        yield self._done()

    async def _on_terminal(self, line: Line, proven: Proven, master_key: bytes) -> AsyncGenerator[Progress, None]:
        found = await line.ask(ask.Look())
        _refuse_unfit(found)
        places = Places(Path(found["root"]))
        settings = settings_of(proven.binding, self.desk.settings, places, self.order.settings)
        self._seen.model, self._seen.software = found["model"], found["software"]
        self._seen.till = _till_address(settings)
        yield self._done(address=self.reach.address, model=self._seen.model, software=self._seen.software)
        yield self._begin(steps.HARDWARE)
        async for progress in self._check(line, found, proven):
            yield progress
        yield self._done(**self._seen.checks)

        yield self._begin(steps.REQUEST)
        heard = await asyncio.to_thread(self.desk.heard, proven.binding.serial)
        self._begun = True
        await line.ask(ask.Begin())
        wanted = ask.RequestCertificate(self.desk.settings.fleet, proven.binding.serial)
        request = (await line.ask(wanted))["request"].encode()
        self._seen.fingerprint = _fingerprint(request)
        yield self._done(fingerprint=self._seen.fingerprint)
        yield self._begin(steps.CERTIFICATE)
        for to_do in await self._certify(proven.binding.serial, request):
            yield self._warned(to_do)
        ends = x509.load_pem_x509_certificate(self._seen.certificate).not_valid_after_utc
        yield self._done(ends=f"{ends:%Y-%m-%d}")

        yield self._begin(steps.FILES)
        await self._write(line, settings, master_key)
        await line.ask(ask.Take(msgspec.to_builtins(self.order.signed)))
        yield self._done()
        yield self._begin(steps.SERVICE)
        await line.ask(ask.Start())
        yield self._done()
        yield self._begin(steps.SALE)
        first = FirstSale(line, proven.binding, self.person)
        await first.sign_on()
        if self.order.sale:
            self._seen.receipt = await first.sell()
            self._seen.checks["sale"] = self._seen.receipt["reference"]
        yield self._done(**self._seen.receipt)
        yield self._begin(steps.FLEET)
        head = self._seen.head = (await line.ask(ask.State(after=_NO_ENTRIES)))["head"]
        if heard is None:
            yield self._warned(_("this desk does not see the backend's store: look there for the terminal"))
        else:
            await self._heard(proven.binding.serial, head, heard.vitals)
            self._seen.acknowledged, self._seen.checks["fleet"] = True, f"{head['sequence']}"
        yield self._done(entries=str(head["sequence"]))
        yield self._begin(steps.COMMIT)
        self._committing = True
        await line.ask(ask.Commit())
        try:
            await asyncio.to_thread(self.desk.keep_only, proven.binding.serial, self._seen.certificate)
        except (ProvisioningError, OSError) as error:
            yield self._warned(_("earlier certificates of this terminal are not revoked: {why}").format(why=error))
        self.installed = result.Installed(
            facts=facts_of(proven.binding, self._seen, self.order.technician), address=self.reach.address,
            fingerprint=self._seen.fingerprint, receipt=self._seen.receipt, sequence=head["sequence"],
            warnings=tuple(self._seen.warnings),
        )  # fmt: skip

    async def _check(self, line: Line, found: dict[str, Any], proven: Proven) -> AsyncGenerator[Progress, None]:
        """What has to work before anything is changed. Raises HandError and InstallError."""
        checks = self._seen.checks
        checks["reader"] = str((await line.ask(ask.Reader()))["chip"])
        await self._show_to_person(line)
        await line.ask(ask.Case(wanted="closed", within_s=0))
        off_s = abs((datetime.now(UTC) - datetime.fromisoformat(found["utc"])).total_seconds())
        if off_s > _CLOCK_OFF_S:
            raise InstallError("CLOCK", found["utc"])
        if not found["clock_set"]:
            yield self._warned(_("no time server has set the terminal's clock since it started"))
        checks["clock"] = f"{off_s:.0f} s"
        authorities = await asyncio.to_thread(self.desk.authority.servers_file.read_text)
        for broker in map(endpoint, self.desk.settings.brokers):
            took = await line.ask(ask.Reach(broker.host, broker.port, authorities))
            checks["broker"] = f"{took['ms']} ms"
        acquirer = self.desk.settings.acquirers[proven.binding.acquirer]
        took = await line.ask(ask.Reach(acquirer.host, acquirer.port))
        checks["acquirer"] = f"{took['ms']} ms"

    async def _show_to_person(self, line: Line) -> None:
        if self.person is None or not self.order.by_person:
            return
        await line.ask(ask.Lights())
        if not await self.person.says_yes(steps.LIGHTS_SEEN):
            raise InstallError("LIGHTS", "")
        self._seen.checks["lights"] = ""
        for what, wanted in ((steps.OPEN_CASE, "open"), (steps.CLOSE_CASE, "closed")):
            await self.person.told(what)
            await line.ask(ask.Case(wanted="open" if wanted == "open" else "closed", within_s=_CASE_WITHIN_S))
        self._seen.checks["case"] = ""

    async def _certify(self, serial: str, request: bytes) -> list[str]:
        """Have the certificate signed; one that is signed while this is called off is known, too."""
        signing = asyncio.create_task(asyncio.to_thread(self.desk.certify, serial, request))
        try:
            self._seen.certificate, to_do = await asyncio.shield(signing)
        except asyncio.CancelledError:
            with suppress(ProvisioningError, OSError):
                self._seen.certificate, to_do = await signing
            raise
        return to_do

    async def _write(self, line: Line, settings: bytes, master_key: bytes) -> None:
        key_set = await asyncio.to_thread(self.desk.settings.key_set.read_bytes)
        servers = await asyncio.to_thread(self.desk.authority.servers_file.read_bytes)
        for write in (
            ask.Write("servers", servers),
            ask.Write("certificate", self._seen.certificate),
            ask.Write("key_set", key_set),
            ask.Write("master_key", master_key),
            ask.Write("settings", settings),
        ):
            await line.ask(write)
        await line.ask(ask.MakeToken())

    async def _heard(self, serial: str, head: dict[str, Any], before: str) -> None:
        """Wait until the backend has vitals that it had not `before`, and the journal up to `head`.

        Raises InstallError when it does not hear of the terminal in time.
        """
        try:
            async with asyncio.timeout(_HEARD_WITHIN_S):
                while True:
                    heard = await asyncio.to_thread(self.desk.heard, serial)
                    stored = heard.journals.get(head["journal_id"], (0, ""))[0] if heard else 0
                    if heard and heard.vitals not in ("", before) and stored >= head["sequence"]:
                        return
                    await asyncio.sleep(_LOOK_EVERY_S)
        except TimeoutError as error:
            raise InstallError("FLEET_SILENT", serial) from error

    async def _failed(self, code: str, detail: str) -> result.Failure:
        """The hand has ended, and with it what it changed; look whether that is so, and take the certificate back."""
        terminal = await self._look_again() if self._begun else result.UNTOUCHED
        notes = []
        if self._seen.certificate and terminal != result.DONE:
            try:
                await asyncio.to_thread(self.desk.discard, self._seen.certificate)
                notes.append(_("The certificate that was issued for it is revoked."))
            except (ProvisioningError, OSError) as error:
                serial = x509.load_pem_x509_certificate(self._seen.certificate).serial_number
                said = _("Revoke the certificate that was issued for it by hand, number {serial}: {why}")
                notes.append(said.format(serial=f"{serial:x}", why=error))
        return result.Failure(self._step, code, detail, terminal, tuple(notes))

    async def _look_again(self) -> result.Terminal:
        """How the terminal is now, as a new hand sees it; a hand that finds something undone does that first."""
        with suppress(ProvisioningError, TimeoutError):
            async with asyncio.timeout(_SEEN_AGAIN_S), self.reach.hand() as line:
                found = await line.ask(ask.Look())
                if found["serial"] or found["binding"]:
                    return result.DONE if self._committing else result.NOT_SEEN
                return result.JOURNAL_KEPT if found["journal"] else result.AS_BEFORE
        return result.NOT_SEEN

    def _begin(self, step: str) -> Progress:
        self._step = step
        return Progress(step, "begun")

    def _done(self, **facts: str) -> Progress:
        return Progress(self._step, "done", facts)

    def _warned(self, text: str) -> Progress:
        self._seen.warnings.append(text)
        return Progress(self._step, "warning", {"text": text})


def _refuse_unfit(found: dict[str, Any]) -> None:
    """Raises InstallError for a terminal that is no blank one, or that nothing can be installed on."""
    bound = found["binding"]
    if found["serial"] or bound:
        serial = found["serial"] or bound["serial"]
        said = f"{serial}, {bound['name']}, {bound['mid']} / {bound['tid']}" if bound else serial
        raise InstallError("PROVISIONED", said)
    if not found["may_write"]:
        raise InstallError("NOT_ALLOWED", "")
    if not found["service"]["loaded"]:
        raise InstallError("NO_SOFTWARE", "jumpguard.service")
    if found["free_kib"] < _LEAST_SPACE_KIB:
        raise InstallError("SPACE", f"{found['free_kib'] // 1024} MiB")


def _fingerprint(request: bytes) -> str:
    """The SHA-256 of the public key that `request` (PEM) is for, in hexadecimal."""
    public = x509.load_pem_x509_csr(request).public_key()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()


def _till_address(settings: bytes) -> str:
    """Where tills reach a terminal with these settings."""
    api = msgspec.toml.decode(settings, type=Settings, dec_hook=lambda _kind, text: Path(text)).api
    return f"{api.host}:{api.port}"
