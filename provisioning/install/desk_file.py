"""`desk.toml`: what a desk knows, so that no technician has to type it. A relative path is one beside the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from board.errors import SettingsError
from board.settings.file import document
from board.settings.kinds import Explained, File, Folder, Host, HostPort, Name, Port, PublicKey, SecretFile, Tpdu, mark
from provisioning.errors import DeskError
from provisioning.settings.table import faults
from provisioning.texts import _


class AcquirerHost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where terminals reach one acquirer."""

    host: Annotated[Host, Explained(mark("Where the acquirer's host is."), mark("The acquirer says it."))]
    port: Annotated[Port, Explained(mark("The port of the acquirer's host."), mark("The acquirer says it."))]
    tpdu: Annotated[
        Tpdu, Explained(mark("What the acquirer's network routes messages by."), mark("The acquirer says it."))
    ]


class DeskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is the same for all terminals that a desk installs."""

    fleet: Annotated[
        Name, Explained(mark("The fleet that terminals report to."), mark("Each desk works for one fleet."))
    ]
    root_public: Annotated[
        PublicKey,
        Explained(mark("The operator root's public key."), mark("It decides whom terminals trust: never guessed.")),
    ]
    key_set: Annotated[
        File, Explained(mark("The key set that the operator root signed."), mark("Terminals trust what it names."))
    ]
    authority: Annotated[
        Folder,
        Explained(
            mark("The folder of the operator's certificate authorities (`jumpguard fleet ca`)."),
            mark("It signs the terminal's certificate; the devices authority's key has to be there."),
        ),
    ]
    brokers: Annotated[
        tuple[HostPort, ...],
        msgspec.Meta(min_length=1, max_length=9),
        Explained(mark("The nodes of the fleet's broker, HOST:PORT."), mark("Terminals try them in this order.")),
    ]
    master_keys: Annotated[
        Folder,
        Explained(
            mark("Terminal master keys, a file <TID>.tmk for each terminal, which its owner alone may read."),
            mark("The acquirer hands them out; each goes to its terminal over the encrypted line alone."),
        ),
    ]
    acquirers: Annotated[
        dict[str, AcquirerHost],
        Explained(mark("The acquirers by their code."), mark("A binding names the code; the desk knows the host.")),
    ]
    trail: Annotated[
        Path,
        Explained(
            mark("The audit trail of what technicians do to terminals; made with its first entry."),
            mark("Each change of a terminal is written down, before and after: without a trail there is none."),
        ),
    ]
    technician_key: Annotated[
        SecretFile,
        Explained(
            mark("The technician's own key (`jumpguard keys make technician`)."),
            mark("It signs the audit trail, so that it shows whose work it was."),
        ),
    ]
    registry: Annotated[
        Path | None,
        Explained(
            mark("The registry of what was signed."), mark("Without it nobody sees that a binding was closed since.")
        ),
    ] = None
    broker_folders: Annotated[
        tuple[Path, ...],
        Explained(
            mark("Folders of brokers that run on this machine (`jumpguard fleet broker`)."),
            mark("They are told of the new certificate at once; others have to be told by hand."),
        ),
    ] = ()
    store: Annotated[
        Path | None,
        Explained(
            mark("The folder of the backend's store."),
            mark("With it the installation waits until the backend has heard of the terminal."),
        ),
    ] = None
    release_root: Annotated[
        Path | None,
        Explained(
            mark("The root of trust of releases (`jumpguard release`)."),
            mark("With it, and the repository, terminals can take updates."),
        ),
    ] = None
    repository: Annotated[
        str,
        Explained(mark("Where releases are: a URL or a folder."), mark("It belongs to the root of trust.")),
    ] = ""
    settings: Annotated[
        dict[str, dict[str, Any]],
        Explained(
            mark("What terminals' settings say beside the defaults, by section."),
            mark("A desk's terminals are alike; what only the terminal knows is not set here."),
        ),
    ] = {}

    def __post_init__(self) -> None:
        """Raises ValueError, which msgspec tells, for what does not go together."""
        if (self.release_root is None) != (not self.repository):
            raise ValueError(mark("release_root and repository belong together; set both or neither"))


def load(path: Path) -> DeskSettings:
    """Read `path`. Raises DeskError naming the file, each key, its value and what is due."""
    try:
        given = document(path)
        found = msgspec.convert(given, DeskSettings, dec_hook=_path)
    except SettingsError as error:
        raise DeskError(f"desk {error}") from error
    except msgspec.ValidationError as error:
        # Each key for itself is right where nothing is named: what is left is what does not go together.
        wrong = [*_wrong(given)] or [_(str(error))]
        remedy = _("`jumpguard provision desk` prints a file that explains each key.")
        raise DeskError("\n  ".join([f"desk {path}:", *wrong, remedy])) from error
    beside = path.absolute().parent
    paths = {name: beside / value for name in _PATHS if (value := getattr(found, name)) is not None}
    folders = tuple(beside / folder for folder in found.broker_folders)
    return msgspec.structs.replace(found, broker_folders=folders, **paths)


def _wrong(given: dict[str, Any]) -> Iterator[str]:
    acquirers = given.get("acquirers")
    tables = (
        acquirers if isinstance(acquirers, dict) and all(isinstance(one, dict) for one in acquirers.values()) else {}
    )
    inner = [line for code, one in tables.items() for line in faults(one, AcquirerHost, place=f"[acquirers.{code}] ")]
    # What is wrong within a table is said of the key in it.
    yield from faults(given, DeskSettings, apart="acquirers" if inner else "")
    yield from inner


_PATHS = ("key_set", "authority", "master_keys", "trail", "technician_key", "registry", "store", "release_root")


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str) and value and "\0" not in value:
        return Path(value)
    raise ValueError("Expected a path in quotes")
