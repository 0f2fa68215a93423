"""Everything that a desk can know before the first terminal of a batch is touched, in one pass over the table."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncssh

from provisioning.batch.row import Row
from provisioning.batch.table import Entries, Table
from provisioning.errors import BatchError, HandoverError, InstallError
from provisioning.hand.places import Places
from provisioning.handover import fonts
from provisioning.install.desk import Desk
from provisioning.install.facts import prove_facts
from provisioning.install.over_ssh import Address, address, known_hosts
from provisioning.install.proof import Proof, Proven, SignedBinding, read
from provisioning.install.remedies import explained
from provisioning.install.terminal_settings import settings_of
from provisioning.signing import SUFFIX
from provisioning.texts import _
from provisioning.trail_entry import INSTALLED, Deed, told

# A sheet as PDF and text, its facts, and the row's part of record, report and trail.
_KIB_OF_ROW = 160
_KIB_TO_SPARE = 32 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How terminals are reached where their row does not say: user, keys, list of known hosts.

    `bindings` is the folder in which bindings are looked up by serial, before the registry is asked.
    """

    user: str = ""
    keys: Sequence[Path] = ()
    known_hosts: Path
    root: Path = Path("/")
    bindings: Path | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows of a table that may be begun, in order, and how many are of how many merchants."""

    rows: list[Row]
    notes: list[str] = field(default_factory=list)


def check(found: Table, desk: Desk, ways: Ways, technician: str, out: Path) -> Checked:
    """All rows of `found`, proven; results go into the folder `out`.

    Raises BatchError with a line for each fault, named by row and column; ProvisioningError for what is wrong with the
    desk itself. Nothing was changed in either case.
    """
    _expect_able(desk, out, len(found.rows))
    desk.expect_trail(Deed(by=technician, action=INSTALLED, serial="JG-0000", batch=told(found.path.name)))
    checking = _Checking(found, desk, ways, technician)
    rows = [row for entries in found.rows if (row := checking.row(entries))]
    checking.find_doubles(rows)
    if faults := found.faults.lines(len(found.rows)):
        raise BatchError("\n".join([*(f"{found.path}: {fault}" for fault in faults), _("nothing was begun")]))
    return Checked(rows, found.notes)


def _expect_able(desk: Desk, out: Path, rows: int) -> None:
    """Raises what keeps every row from being done."""
    try:
        desk.check_authority()
        desk.authority.expect_key()
    except InstallError as error:
        raise BatchError("\n".join(filter(None, explained(error.code, str(error))))) from error
    desk.expect_beside()
    fonts.find()
    try:
        free_kib = shutil.disk_usage(out).free // 1024
    except OSError as error:
        raise BatchError(f"{out}: {error.strerror}") from error
    due_kib = rows * _KIB_OF_ROW + _KIB_TO_SPARE
    if free_kib < due_kib:
        said = _("{folder}: {free} MiB are free, the results of {rows} terminals need {due}")
        raise BatchError(said.format(folder=out, free=free_kib // 1024, rows=rows, due=due_kib // 1024))


class _Checking:
    """One pass over a table."""

    def __init__(self, found: Table, desk: Desk, ways: Ways, technician: str) -> None:
        self._table = found
        self._faults = found.faults
        self._desk = desk
        self._ways = ways
        self._technician = technician
        self._proof: Proof = desk.proof()
        self._known = known_hosts(ways.known_hosts)
        self._keys: dict[Path, str] = {}
        self._applications = self._of_applications()

    def row(self, entries: Entries) -> Row | None:
        """The row of `entries`, None when something is wrong with it, which is said then."""
        before = self._faults.count
        where = self._address(entries)
        identity = self._identity(entries)
        proven = self._proven(entries)
        if where is None or proven is None or self._faults.count != before or entries.bad:
            return None
        return Row(
            number=entries.number, address=where, identity=identity, host_key=entries.texts.get("host_key", ""),
            root=self._root(entries), signed=proven.signed, binding=proven.binding, settings=entries.settings,
            texts=entries.texts,
        )  # fmt: skip

    def find_doubles(self, rows: Sequence[Row]) -> None:
        """Name what two rows have and only one may: a serial, a terminal number, an address, a merchant's number."""
        first: dict[tuple[object, ...], Row] = {}
        for row in rows:
            bound, where = row.binding, row.address
            for column, shown, *key in (
                ("serial", row.serial, row.serial),
                ("tid", bound.tid, bound.acquirer, bound.tid),
                ("mid", bound.mid, bound.acquirer, bound.mid),
                ("host", where, where.host.lower(), where.port, row.root),
            ):
                other = first.setdefault((column, *key), row)
                same_merchant = column == "mid" and other.binding.uscc == bound.uscc
                if other is not row and not same_merchant:
                    said = _("{value} stands in {place}, too")
                    self._faults.add(
                        row.number, column, said.format(value=shown, place=self._faults.place(other.number))
                    )

    def _address(self, entries: Entries) -> Address | None:
        text = entries.texts.get("host")
        if text is None:
            self._missing(entries, "host")
            return None
        found = address(text)
        where = Address(found.host, found.port, entries.texts.get("user") or found.user or self._ways.user)
        given = "host_key" in entries.texts or "host_key" in entries.bad
        if not given and not self._known.match(where.host, "", where.port)[0]:
            said = _("the host key of {address} is not known here; give its fingerprint")
            self._faults.add(entries.number, "host_key", said.format(address=where))
        return where

    def _identity(self, entries: Entries) -> Path | None:
        text = entries.texts.get("identity")
        if text is None:
            return None
        path = self._table.path.absolute().parent / Path(text).expanduser()
        if path not in self._keys:
            self._keys[path] = _fault_of_key(path)
        if self._keys[path]:
            self._faults.add(entries.number, "identity", self._keys[path])
        return path

    def _root(self, entries: Entries) -> Path:
        return Path(entries.texts["root"]) if "root" in entries.texts else self._ways.root

    def _proven(self, entries: Entries) -> Proven | None:
        """The binding of a row, proven, and everything that goes with it."""
        column = next((name for name in ("binding", "application", "serial") if name in entries.texts), "serial")
        try:
            signed = self._signed(entries, column)
            if signed is None:
                return None
            proven = self._proof.prove(signed, datetime.now(UTC))
            self._compare(entries, proven)
            # A signed binding may still be one too many.
            for name, text in proven.elsewhere:
                self._faults.add(entries.number, name, text)
            prove_facts(proven.binding, self._technician)
            settings_of(proven.binding, self._desk.settings, Places(self._root(entries)), entries.settings)
            column = "tid"
            self._desk.master_key(proven.binding)
        except InstallError as error:
            self._faults.add(entries.number, column, "; ".join(filter(None, explained(error.code, str(error)))))
        except HandoverError as error:
            self._faults.add(entries.number, column, str(error))
        else:
            return proven
        return None

    def _signed(self, entries: Entries, column: str) -> SignedBinding | None:
        text = entries.texts.get(column)
        if text is None:
            self._missing(entries, column)
            return None
        if column == "binding":
            return read(self._table.path.absolute().parent / Path(text).expanduser())
        if column == "application":
            return self._by_application(entries, text)
        if self._ways.bindings and (path := self._ways.bindings / f"{text}{SUFFIX}").exists():
            return read(path)
        return self._registered(text)

    def _by_application(self, entries: Entries, text: str) -> SignedBinding | None:
        serials = [serial for application, serial in self._applications.items() if application.startswith(text)]
        if len(serials) != 1:
            said = _("the registry has {count} bindings in force of such an application")
            self._faults.add(entries.number, "application", said.format(count=len(serials)))
            return None
        return self._registered(serials[0])

    def _registered(self, serial: str) -> SignedBinding:
        """The binding in force of `serial`. Raises InstallError."""
        registry = self._proof.registry
        live = registry.live(serial) if registry else None
        if registry is None or live is None:
            closed = registry is not None and serial in registry.latest
            raise InstallError("CLOSED" if closed else "NOT_REGISTERED", f"{serial}")
        return SignedBinding(**live.binding)  # type: ignore[arg-type]

    def _of_applications(self) -> dict[str, str]:
        registry = self._proof.registry
        latest = registry.latest.values() if registry else ()
        return {one.application: one.serial for one in latest if one.application and one.binding}

    def _compare(self, entries: Entries, proven: Proven) -> None:
        """Whether the row means the same terminal and merchant as its binding does."""
        for name in ("serial", "mid", "tid"):
            bound, text = getattr(proven.binding, name), entries.texts.get(name)
            if text is not None and text != bound:
                said = _("{value}, and the binding is for {bound}").format(value=text, bound=bound)
                self._faults.add(entries.number, name, said)

    def _missing(self, entries: Entries, column: str) -> None:
        if column not in entries.bad:
            title = _(self._faults.titles[column])
            self._faults.add(entries.number, column, _("missing: {title}").format(title=title))


def _fault_of_key(path: Path) -> str:
    """Why `path` is no private key that can be used; "" when it is one."""
    try:
        asyncssh.read_private_key(str(path))
    except OSError as error:
        return f"{path}: {error.strerror}"
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        return f"{path}: {error}"
    return ""
