"""The desk of an installation on this machine: its brokers are told, and its backend's store is looked into."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent.sale.kinds import PENDING
from provisioning.authority import Authority
from provisioning.errors import DeskError
from provisioning.install.desk import Desk, Heard, Left
from provisioning.install.desk_file import load
from provisioning.texts import _, mark
from tools.brokers.reload import Told, refresh
from tools.errors import ToolError

if TYPE_CHECKING:
    from tools.fleet.store import Reader

_TO_DO = {
    Told.NOT_RUNNING: mark("{folder}: no broker runs there; copy it to where one does, and have that reload"),
    Told.RESTART_NEEDED: mark("{folder}: restart the broker, which reads its authority only when it starts"),
}


def desk(path: Path) -> Desk:
    """The desk whose file is `path`. Raises DeskError."""
    return Desk(load(path), _tell, _hear, _recall)


def _tell(authority: Authority, folders: Sequence[Path]) -> list[str]:
    try:
        told = [(folder, refresh(authority, folder)) for folder in folders]
    except ToolError as error:
        raise DeskError(str(error)) from error
    return [_(_TO_DO[how]).format(folder=folder) for folder, how in told if how in _TO_DO]


def _hear(store: Path, serial: str) -> Heard:
    with _reading(store) as reader:
        vitals = next((row.vitals for row in reader.terminals(serial)), None)
        journals = {row.journal_id: (row.stored_sequence, row.head_hash) for row in reader.journals(serial)}
    return Heard(vitals or "", journals)


def _recall(store: Path, serial: str) -> Left:
    sales: dict[str, list[str]] = {}
    with _reading(store) as reader:
        row = next(iter(reader.terminals(serial)), None)
        for event in reader.events(serial):
            if sale := json.loads(event.entry)["body"].get("sale"):
                sales.setdefault(str(sale), []).append(event.kind)
    open_ones = tuple(sale for sale, kinds in sales.items() if any(pending.holds(kinds) for pending in PENDING))
    vitals = json.loads(row.vitals) if row and row.vitals else {}
    # What it told last: it may have written more since, of which nobody knows.
    unsent = max(0, int(vitals.get("outbox_depth", 0)))
    return Left(open_ones, unsent, (row.seen_at or "") if row else "")


@contextmanager
def _reading(store: Path) -> "Iterator[Reader]":
    """The backend's store in the folder `store`. Raises DeskError."""
    # Here and not above: a terminal that installs itself has no store, and no SQLAlchemy.
    from tools.fleet.store import Reader

    try:
        with closing(Reader(store)) as reader:
            yield reader
    except ToolError as error:
        raise DeskError(str(error)) from error
