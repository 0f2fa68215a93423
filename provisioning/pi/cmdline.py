"""cmdline.txt: the kernel's command line, one line of parameters separated by spaces."""

from pathlib import Path

from provisioning.errors import SetupError
from provisioning.texts import _

# Where a console would listen and log on the reader's UART. serial0 is what Raspberry Pi OS calls the primary one:
# ttyS0 or ttyAMA0, on the 5 the debug header's ttyAMA10 ("Configuring UARTs").
_SERIAL = ("serial0", "serial1", "ttyAMA0", "ttyAMA10", "ttyS0", "ttyS1")
_TALKS = ("console=", "kgdboc=")

# systemd starts no swap of /etc/fstab then (systemd-fstab-generator(8)).
NO_SWAP = "systemd.swap=no"

# As raspi-config writes it, but without `recurse`, which would put every other partition into memory, too (the package
# overlayroot, /etc/overlayroot.conf): the terminal's own state has to stay on the card.
READ_ONLY_ROOT = "overlayroot=tmpfs:recurse=0"


def parameters(place: Path) -> list[str]:
    """The parameters in the file at `place`. Raises SetupError where it is not one line, or not to be read."""
    try:
        text = place.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    except FileNotFoundError as error:
        remedy = _("there is no %s: without it no Raspberry Pi starts. Is the boot partition mounted?")
        raise SetupError(remedy % place) from error
    except OSError as error:
        raise SetupError(f"{place}: {error.strerror}") from error
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) != 1:
        said = _(
            "%(place)s has %(count)d lines where the kernel's command line is one; put all that counts on one line"
        )
        raise SetupError(said % {"place": place, "count": len(lines)})
    return lines[0].split()


def for_terminal(wanted: list[str], read_only_root: bool) -> list[str]:
    """`wanted` without a console on a UART and without swap; with a read-only root where that is asked for."""
    kept = [one for one in wanted if not _on_a_uart(one) and not one.startswith("systemd.swap=")]
    kept.append(NO_SWAP)
    if read_only_root and READ_ONLY_ROOT not in kept:
        kept = [READ_ONLY_ROOT, *(one for one in kept if not one.startswith("overlayroot="))]
    return kept


def _on_a_uart(parameter: str) -> bool:
    return any(parameter.startswith(talk) and parameter.removeprefix(talk).split(",")[0] in _SERIAL for talk in _TALKS)
