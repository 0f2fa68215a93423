"""What is left to change on a Raspberry Pi's system for it to be a terminal: one list, from a root tree and a model.

Nothing is written here. `apply` makes the changes, the doctor takes an empty list for a finding that all is in order,
and a card's first boot is rendered from the same parts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import board
from provisioning.errors import SetupError
from provisioning.pi import cmdline, config_txt, read_only
from provisioning.pi.change import Change, Link, below, content_of
from provisioning.pi.models import Model
from provisioning.pi.parts import MASKED, UNITS, Part, parts
from provisioning.pi.system import boot_folder, refuse_others
from provisioning.texts import _, mark

_SERVER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,252})")
_USER = "sysusers.d/jumpguard.conf"
_TIMESYNCD = "systemd-timesyncd.service"
_OTHER_TIME_DAEMONS = ("chrony.service", "ntpsec.service", "ntp.service", "openntpd.service")
_WHY_TIME = mark("The clock comes from a time server.")


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may choose. `time_servers` (names or addresses) are asked in place of the system's own."""

    read_only_root: bool = False
    time_servers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise SetupError for a time server that is no name and no address."""
        for server in self.time_servers:
            if not _SERVER.fullmatch(server):
                raise SetupError(_("%r is neither the name nor the address of a time server") % server)


DEFAULT = Options()


def changes(root: Path, model: Model, options: Options = DEFAULT) -> list[Change]:
    """Everything that is left to change below `root` on a `model`; [] where nothing is.

    Raises SetupError where `root` is no 64-bit Raspberry Pi OS that is known, a file cannot be read or understood,
    and where the terminal's own state would be gone after a restart.
    """
    refuse_others(root)
    folder = boot_folder(root)
    given = cmdline.parameters(below(root, folder) / "cmdline.txt")
    read_only.refuse_volatile_root(root, cmdline.for_terminal(given, options.read_only_root), options.read_only_root)
    return [
        *_user(root),
        *(change for part in parts(options.time_servers) for change in _part(root, part)),
        *_time_service(root),
        *boot_changes(root, folder, [model], options),
    ]


def boot_changes(root: Path, folder: str, models: Sequence[Model], options: Options = DEFAULT) -> list[Change]:
    """What is left to change in the boot partition, mounted at `folder` below `root`, for a card that serves `models`.

    Raises SetupError as `changes` does.
    """
    config, line = f"{folder}/config.txt", f"{folder}/cmdline.txt"
    before = content_of(root, config)
    text = before.decode("utf-8", errors="surrogateescape") if isinstance(before, bytes) else ""
    for model in models:
        _refuse_other_command_line(below(root, config), text, model)
    after = config_txt.with_uart(text, models).encode("utf-8", errors="surrogateescape")
    given = cmdline.parameters(below(root, line))
    wanted = cmdline.for_terminal(given, options.read_only_root)
    raw = content_of(root, line)
    new = raw if wanted == given and not _has_mark(raw) else (" ".join(wanted) + "\n").encode(errors="surrogateescape")
    why_line = mark("No console on the reader's UART, and no swap of /etc/fstab.")
    why_root = mark(
        "No console on the reader's UART, no swap of /etc/fstab, and a root that a power cut cannot damage."
    )
    found = [
        Change(config, mark("The NFC reader gets the PL011 as /dev/ttyAMA0; Bluetooth is off it."), before, after),
        Change(line, why_root if options.read_only_root else why_line, raw, new),
    ]
    return [change for change in found if change.before != change.after]


def _user(root: Path) -> Iterator[Change]:
    """The terminal's own user and its groups: as the package brings them, else as a file of our own."""
    if below(root, f"/usr/lib/{_USER}").exists():
        return
    source = Path(board.__file__).parent / "systemd" / "jumpguard.conf"
    if not source.is_file():
        raise SetupError(_("the package jumpguard is not installed; install it, then set up the system"))
    why = mark("The terminal runs as its own user, who may use the UART, the GPIO chip and the firmware's mailbox.")
    yield from _part(root, Part(f"/etc/{_USER}", why, source.read_bytes()))


def _part(root: Path, part: Part) -> Iterator[Change]:
    before = content_of(root, part.path)
    if before != part.content and not (part.or_else and before is not None):
        yield Change(part.path, part.why, before, part.content)


def _time_service(root: Path) -> Iterator[Change]:
    """systemd-timesyncd is on, unless another time daemon is there, which would have taken its place."""
    if any(below(root, f"/usr/lib/systemd/system/{unit}").exists() for unit in _OTHER_TIME_DAEMONS):
        return
    if content_of(root, f"{UNITS}/{_TIMESYNCD}") == MASKED:
        yield Change(f"{UNITS}/{_TIMESYNCD}", _WHY_TIME, MASKED, None)
    wanted = f"{UNITS}/sysinit.target.wants/{_TIMESYNCD}"
    if content_of(root, wanted) is None:
        yield Change(wanted, _WHY_TIME, None, Link(f"/usr/lib/systemd/system/{_TIMESYNCD}"))


def _refuse_other_command_line(place: Path, text: str, model: Model) -> None:
    for name, usual in (("cmdline", "cmdline.txt"), ("os_prefix", "")):
        said = config_txt.value(text, model, name)
        if said not in (None, usual):
            text = _("%(place)s sets %(name)s=%(said)s: the kernel's command line is not in cmdline.txt; take that out")
            raise SetupError(text % {"place": place, "name": name, "said": said})


def _has_mark(raw: object) -> bool:
    """Whether it begins with a byte order mark, which the kernel would take for a part of its first parameter."""
    return isinstance(raw, bytes) and raw.startswith(b"\xef\xbb\xbf")
