"""The desk of an installation on this machine: its brokers are told, and its backend's store is looked into."""

from collections.abc import Sequence
from pathlib import Path

from provisioning.authority import Authority
from provisioning.errors import DeskError
from provisioning.install.desk import Desk, Heard
from provisioning.install.desk_file import load
from provisioning.texts import _, mark
from tools.brokers.reload import Told, refresh
from tools.errors import ToolError

_TO_DO = {
    Told.NOT_RUNNING: mark("{folder}: no broker runs there; copy it to where one does, and have that reload"),
    Told.RESTART_NEEDED: mark("{folder}: restart the broker, which reads its authority only when it starts"),
}


def desk(path: Path) -> Desk:
    """The desk whose file is `path`. Raises DeskError."""
    return Desk(load(path), _tell, _hear)


def _tell(authority: Authority, folders: Sequence[Path]) -> list[str]:
    try:
        told = [(folder, refresh(authority, folder)) for folder in folders]
    except ToolError as error:
        raise DeskError(str(error)) from error
    return [_(_TO_DO[how]).format(folder=folder) for folder, how in told if how in _TO_DO]


def _hear(store: Path, serial: str) -> Heard:
    # Here and not above: a terminal that installs itself has no store, and no SQLAlchemy.
    from contextlib import closing

    from tools.fleet.store import Reader
    from tools.fleet.tables import STORE_NAME

    try:
        with closing(Reader(store / STORE_NAME)) as reader:
            vitals = next((row.vitals for row in reader.terminals() if row.terminal == serial), None)
            journals = {row.journal_id: (row.stored_sequence, row.head_hash) for row in reader.journals(serial)}
    except ToolError as error:
        raise DeskError(str(error)) from error
    return Heard(vitals or "", journals)
