"""The steps of an installation that are done on its terminal, in order, on the line to a hand."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509

from agent.binding.record import Binding
from agent.lifecycle import ACTIVE
from board.endpoint import endpoint
from provisioning.doctor.finding import Finding, Level
from provisioning.doctor.meanings import CHECKS as DOCTORS
from provisioning.errors import InstallError, ProvisioningError
from provisioning.hand import requests as ask
from provisioning.hand.places import Places
from provisioning.install import steps
from provisioning.install.desk import Desk, Heard
from provisioning.install.facts import Seen, prove_facts
from provisioning.install.fingerprint import fingerprint
from provisioning.install.first_sale import CHANGED, FirstSale
from provisioning.install.line import Line
from provisioning.install.proof import Proven, SignedBinding
from provisioning.install.remedies import explained
from provisioning.install.steps import Person, Progress
from provisioning.install.terminal_settings import Sections, settings_of, till_address
from provisioning.texts import _
from provisioning.trail_entry import BEGUN, INSTALLED, Action, Deed

# The gate starts no sale below 16 MiB.
_LEAST_SPACE_KIB = 32 * 1024
_CLOCK_OFF_S = 60
_CASE_WITHIN_S = 120.0
_HEARD_WITHIN_S = 90.0
_LOOK_EVERY_S = 0.25
# Behind every entry there can be.
_NO_ENTRIES = 1 << 52

Told = AsyncGenerator[Progress, None]
Part = Callable[[Line], Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to install: the signed binding, settings that only this terminal has, and who does it.

    `sale`: whether it sells at last; `by_person`: whether a person looks at lights and case as well. `why`, `action`
    and `batch`, which is file and row of one, are for the audit trail.
    """

    signed: SignedBinding
    technician: str
    why: str = ""
    action: Action = INSTALLED
    batch: str = ""
    settings: Sections = field(default_factory=dict)
    sale: bool = True
    by_person: bool = True

    def deed_of(self, binding: Binding) -> Deed:
        """What the audit trail says of it before the terminal is changed."""
        return Deed(
            by=self.technician, action=self.action, serial=binding.serial, why=self.why, version=binding.version,
            outcome=BEGUN, batch=self.batch,
        )  # fmt: skip


def proven_at(desk: Desk, order: Order) -> Proven:
    """The binding of `order`, once the desk has proven it, and that there will be a sheet and an entry in the trail.

    Raises InstallError and other ProvisioningErrors.
    """
    proven = desk.prove(order.signed)
    prove_facts(proven.binding, order.technician)
    desk.expect_trail(order.deed_of(proven.binding))
    return proven


class Work:
    """The work on one terminal for `order` with the binding that is `proven`; `seen` fills up as it goes.

    `step` is the one that is under way, `found` how the terminal was; `changing` when the terminal may be changed,
    `committing` when it may count.
    """

    def __init__(self, order: Order, desk: Desk, proven: Proven, master_key: bytes, person: Person | None) -> None:
        self.order = order
        self.desk = desk
        self.binding = proven.binding
        self.person = person
        self.deed = order.deed_of(self.binding)
        self.seen = Seen()
        self.found: dict[str, Any] = {}
        self.step = steps.TERMINAL
        self.changing = False
        self.committing = False
        # A terminal that was active before says so no more when it starts.
        self.was_active = False
        self._master_key = master_key
        self._settings = b""
        self._clock_off_s = 0.0
        self._clock_is_set = False
        self._before: Heard | None = None

    async def run(self, line: Line, address: str) -> Told:
        """All steps, from a look at the terminal at `address` to the commit. Raises HandError and InstallError."""
        self.seen.address = address
        for step, part in self._parts():
            self.step = step
            yield Progress(step, "begun")
            async with aclosing(part(line)) as told:
                async for progress in told:
                    yield progress

    def _parts(self) -> Iterator[tuple[str, Part]]:
        """The steps in their order; each is asked for when the one before is done."""
        yield steps.TERMINAL, self._look
        yield steps.HARDWARE, self._check
        yield steps.REQUEST, self._make_key
        yield steps.CERTIFICATE, self._have_signed
        yield steps.FILES, self._write
        yield steps.SERVICE, self._start
        yield steps.SALE, self._sell
        yield steps.FLEET, self._wait_for_fleet
        yield steps.DOCTOR, self._examine
        yield steps.COMMIT, self._commit

    async def _look(self, line: Line) -> Told:
        found = self.found = await line.ask(ask.Look())
        _refuse_unfit(found)
        async for warning in self._identify(found):
            yield warning
        self._settings = settings_of(self.binding, self.desk.settings, Places(Path(found["root"])), self.order.settings)
        self.seen.till = till_address(self._settings)
        self.seen.model, self.seen.software = found["model"], found["software"]
        self._clock_off_s = abs((datetime.now(UTC) - datetime.fromisoformat(found["utc"])).total_seconds())
        self._clock_is_set = bool(found["clock_set"])
        yield self._done(address=self.seen.address, model=self.seen.model, software=self.seen.software)

    async def _identify(self, found: dict[str, Any]) -> Told:
        """A serial that a machine carries decides; else the person does. Raises InstallError for another machine."""
        serial = self.binding.serial
        carried = found["label"] or (found["hostname"] if found["hostname"] == serial else "")
        if carried and carried != serial:
            raise InstallError("OTHER_TERMINAL", f"{carried}, {serial}")
        name = " · ".join(filter(None, (found["hostname"], found["board"]))) or self.seen.address
        if not carried and self.person is not None and self.order.by_person:
            if not await self.person.says_yes(steps.RIGHT_TERMINAL, name=name, serial=serial):
                raise InstallError("OTHER_TERMINAL", f"{name}, {serial}")
            carried = name
        if carried:
            self.seen.checks["label"] = carried
        else:
            said = _("nothing on this machine says that it is {serial}; it calls itself {name}: compare the label")
            yield self._warned(said.format(serial=serial, name=name))

    async def _check(self, line: Line) -> Told:
        """What has to work before anything is changed."""
        checks = self.seen.checks
        checks["reader"] = str((await line.ask(ask.Reader()))["chip"])
        if self.person is not None and self.order.by_person:
            await self._show(line, self.person)
        await line.ask(ask.Case(wanted="closed", within_s=0))
        if self._clock_off_s > _CLOCK_OFF_S:
            raise InstallError("CLOCK", f"{self._clock_off_s:.0f} s")
        checks["clock"] = f"{self._clock_off_s:.0f} s"
        if not self._clock_is_set:
            yield self._warned(_("no time server has set the terminal's clock since it started"))
        authorities = await asyncio.to_thread(self.desk.authority.servers_file.read_text)
        for broker in map(endpoint, self.desk.settings.brokers):
            took = await line.ask(ask.Reach(broker.host, broker.port, authorities))
            checks["broker"] = f"{took['ms']} ms"
        acquirer = self.desk.settings.acquirers[self.binding.acquirer]
        checks["acquirer"] = f"{(await line.ask(ask.Reach(acquirer.host, acquirer.port)))['ms']} ms"
        yield self._done(**checks)

    async def _show(self, line: Line, person: Person) -> None:
        await line.ask(ask.Lights())
        if not await person.says_yes(steps.LIGHTS_SEEN):
            raise InstallError("LIGHTS", "")
        self.seen.checks["lights"] = ""
        await person.told(steps.OPEN_CASE)
        await line.ask(ask.Case(wanted="open", within_s=_CASE_WITHIN_S))
        await person.told(steps.CLOSE_CASE)
        await line.ask(ask.Case(wanted="closed", within_s=_CASE_WITHIN_S))
        self.seen.checks["case"] = ""

    async def _make_key(self, line: Line) -> Told:
        if aside := await self._begin(line):
            said = _(
                "another serial's journal was on this terminal; it is kept as evidence in {file}, a new one begins"
            )
            yield self._warned(said.format(file=aside))
        await self._pass_over_earlier(line)
        wanted = ask.RequestCertificate(self.desk.settings.fleet, self.binding.serial)
        self.seen.request = (await line.ask(wanted))["request"].encode()
        self.seen.fingerprint = fingerprint(x509.load_pem_x509_csr(self.seen.request).public_key())
        yield self._done(fingerprint=self.seen.fingerprint)

    async def _begin(self, line: Line) -> str:
        """From here on the terminal may be changed; the audit trail says so first.

        Returns the file in which a journal of another serial is kept from now on, "" for none.
        """
        self._before = await asyncio.to_thread(self.desk.heard, self.binding.serial)
        await asyncio.to_thread(self.desk.write_down, self.deed)
        self.changing = True
        return str((await line.ask(ask.Begin(self.binding.serial)))["aside"])

    async def _pass_over_earlier(self, line: Line) -> None:
        """What an earlier try left in the journal says nothing of this one: no sign-on of then, and no failure."""
        state = await line.ask(ask.State())
        self.seen.head = state["head"]
        became = [entry["body"]["to"] for entry in state["entries"] if entry["kind"] == CHANGED]
        self.was_active = became[-1:] == [ACTIVE]

    async def _have_signed(self, _line: Line) -> Told:
        """One that is signed while this is called off is known, too."""
        signing = asyncio.create_task(asyncio.to_thread(self.desk.certify, self.binding.serial, self.seen.request))
        try:
            self.seen.certificate, to_do = await asyncio.shield(signing)
        except asyncio.CancelledError:
            with suppress(ProvisioningError, OSError):
                self.seen.certificate, to_do = await signing
            raise
        for text in to_do:
            yield self._warned(text)
        ends = x509.load_pem_x509_certificate(self.seen.certificate).not_valid_after_utc
        yield self._done(ends=f"{ends:%Y-%m-%d}")

    async def _write(self, line: Line) -> Told:
        key_set = await asyncio.to_thread(self.desk.settings.key_set.read_bytes)
        servers = await asyncio.to_thread(self.desk.authority.servers_file.read_bytes)
        releases = self.desk.settings.release_root, self.desk.settings.repository
        if releases[0] is not None:
            await line.ask(ask.Write("release_root", await asyncio.to_thread(releases[0].read_bytes)))
            await line.ask(ask.Write("repository", releases[1].encode()))
        for write in (
            ask.Write("servers", servers),
            ask.Write("certificate", self.seen.certificate),
            ask.Write("key_set", key_set),
            ask.Write("master_key", self._master_key),
            ask.Write("settings", self._settings),
        ):
            await line.ask(write)
        await line.ask(ask.MakeToken())
        await line.ask(ask.Take(msgspec.to_builtins(self.order.signed)))
        yield self._done()

    async def _start(self, line: Line) -> Told:
        await line.ask(ask.Start())
        yield self._done()

    async def _sell(self, line: Line) -> Told:
        first = FirstSale(line, self.binding, self.person)
        await first.sign_on(self.seen.head.get("sequence", 0), active=self.was_active)
        if self.order.sale:
            self.seen.receipt = await first.sell()
            self.seen.checks["sale"] = self.seen.receipt["reference"]
        yield self._done(**self.seen.receipt)

    async def _wait_for_fleet(self, line: Line) -> Told:
        """Wait until the backend has vitals that it had not before, and the journal up to its head of now."""
        head = self.seen.head = (await line.ask(ask.State(after=_NO_ENTRIES)))["head"]
        if self._before is None:
            yield self._warned(_("this desk does not see the backend's store: look there for the terminal"))
        else:
            await self._until_heard(self._before, head)
            self.seen.acknowledged, self.seen.checks["fleet"] = True, str(head["sequence"])
        yield self._done(entries=str(head["sequence"]))

    async def _until_heard(self, before: Heard, head: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(_HEARD_WITHIN_S):
                while True:
                    if _has_heard(await asyncio.to_thread(self.desk.heard, self.binding.serial), before, head):
                        return
                    await asyncio.sleep(_LOOK_EVERY_S)
        except TimeoutError as error:
            raise InstallError("FLEET_SILENT", self.binding.serial) from error

    async def _examine(self, line: Line) -> Told:
        """What the doctor calls a problem ends the installation; what it warns of is told."""
        for one in (await line.ask(ask.Examine()))["findings"]:
            found = Finding(**{**one, "level": Level(one["level"])})
            self.seen.findings.append(found)
            if found.level is Level.PROBLEM:
                raise InstallError(found.code, _(DOCTORS[found.check]))
            if found.level is Level.WARNING:
                yield self._warned(explained(found.code, _(DOCTORS[found.check]))[0])
        yield self._done()

    async def _commit(self, line: Line) -> Told:
        self.committing = True
        await line.ask(ask.Commit())
        yield self._done()

    def _done(self, **facts: str) -> Progress:
        return Progress(self.step, "done", facts)

    def _warned(self, text: str) -> Progress:
        self.seen.warnings.append(text)
        return Progress(self.step, "warning", {"text": text})


def _has_heard(heard: Heard | None, before: Heard, head: dict[str, Any]) -> bool:
    if heard is None or heard.vitals in ("", before.vitals):
        return False
    return heard.journals.get(head["journal_id"], (0, ""))[0] >= int(head["sequence"])


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
