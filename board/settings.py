"""The settings of one terminal: a TOML file, checked whole. Unknown keys are refused with their section and name."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from board.errors import SettingsError

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
ListeningPort = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Host = Annotated[str, msgspec.Meta(min_length=1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[int, msgspec.Meta(ge=1)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,32}\Z")]
Serial = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9-]{4,32}\Z")]


class TerminalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`serial` is the terminal's name everywhere; `state_dir` holds the merchant record, the mark and the journal."""

    serial: Serial
    fleet: Name
    state_dir: Path


class ReaderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`port` is the UART that the PN532 HAT is strapped to; `card_timeout_ms` how long a sale waits for a card."""

    port: str = "/dev/ttyAMA0"
    poll_ms: Milliseconds = 50
    card_timeout_ms: Milliseconds = 60_000


class AcquirerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tpdu` is ten digits; `tmk_file` holds the terminal master key as 32 hexadecimal digits, mode 0600.

    Between attempts at a reversal it waits with full jitter from `repeat_base_ms` on, up to `repeat_cap_ms`.
    """

    host: Host
    port: Port
    tpdu: str
    tmk_file: Path
    connect_timeout_ms: Milliseconds = 10_000
    answer_timeout_ms: Milliseconds = 30_000
    repeat_base_ms: Milliseconds = 2_000
    repeat_cap_ms: Milliseconds = 60_000


class LinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker of the fleet, and the waits between connections: full jitter from `backoff_base_ms` on."""

    host: Host
    port: Port
    keepalive_s: Seconds = 30
    connect_timeout_s: Seconds = 10
    backoff_base_ms: Milliseconds = 1_000
    backoff_cap_ms: Milliseconds = 60_000
    vitals_period_s: Seconds = 60


class ApiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where tills reach the terminal; `token_file` holds their bearer token, mode 0600. Port 0 takes a free one."""

    token_file: Path
    host: Host = "127.0.0.1"
    port: ListeningPort = 8583


class TrustSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`root_public` is the operator root's Ed25519 key in hexadecimal; `keys_file` the key set that it signed."""

    root_public: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    keys_file: Path


class MachineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the kernel's readings lie, and the file that says that the clock was set since boot."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    clock_mark: Path = Path("/run/systemd/timesync/synchronized")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, a section each."""

    terminal: TerminalSettings
    acquirer: AcquirerSettings
    link: LinkSettings
    api: ApiSettings
    trust: TrustSettings
    reader: ReaderSettings = ReaderSettings()
    machine: MachineSettings = MachineSettings()


def load(path: Path) -> Settings:
    """Read `path`. Raises SettingsError naming the file, the section and key, the value's fault and the remedy."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    try:
        return msgspec.convert(document, Settings, dec_hook=_decoded)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {_in_sections(str(error))}") from error


def secret(path: Path, what: str) -> str:
    """The text in a file that its owner alone may read. Raises SettingsError when others may, or it is not there."""
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: others may read the {what}; chmod 600 it")
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(f"{path}: the {what} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: the {what} is not plain text") from error
    if not text:
        raise SettingsError(f"{path}: holds no {what}")
    return text


def _decoded(kind: type, value: object) -> object:
    """What TOML has no type for."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"{value!r} is not a path in quotes")


def _in_sections(message: str) -> str:
    """msgspec names places as `$.section.key`; a settings file has `[section] key`."""
    text, _, place = message.partition(" - at `$.")
    if not place:
        return text
    section, _, key = place.rstrip("`").partition(".")
    return f"[{section}] {key}: {text}" if key else f"[{section}]: {text}"
