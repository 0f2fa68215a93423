"""A blank card of Raspberry Pi OS, its boot partition mounted here, is written so that it comes up as a terminal."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from provisioning.errors import SetupError
from provisioning.pi import cloud_init, cmdline
from provisioning.pi.apply import put_all, put_copy
from provisioning.pi.change import Change, content_of
from provisioning.pi.changes import DEFAULT, Options, boot_changes
from provisioning.pi.first_boot import NOTE, PACKAGE, SCRIPT, TRIGGER, script
from provisioning.pi.identity import Identity
from provisioning.pi.models import Model
from provisioning.texts import _, mark

_LINE = "/cmdline.txt"
_CONFIG = "/config.txt"
_RESIZES = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
_AR = b"!<arch>\n"  # what every Debian package begins with (deb(5))
_SPARE = 1 << 20


class FirstBoot(StrEnum):
    """Who sets a blank image up when it first comes up."""

    CLOUD_INIT = "cloud-init"
    FIRSTRUN = "firstrun"


# The Debian release below each, as the name of our package has it (`make deb`).
_RELEASES = {FirstBoot.CLOUD_INIT: "~deb13", FirstBoot.FIRSTRUN: "~deb12"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card is to bring up: who the terminal is, its `package`, the models it may be put into, time servers."""

    identity: Identity
    package: Path
    models: tuple[Model, ...] = tuple(Model)
    options: Options = DEFAULT


def first_boot_of(boot: Path) -> FirstBoot:
    """How the image on the card is set up: images since October 2025 bring cloud-init's files.

    Raises SetupError where `boot` is not the boot partition of a 64-bit Raspberry Pi OS, or that has run already.
    """
    for name in ("config.txt", "cmdline.txt", "kernel8.img"):
        if not (boot / name).is_file():
            said = _("there is no %(name)s in %(boot)s: that is not the boot partition of a 64-bit Raspberry Pi OS")
            raise SetupError(said % {"name": name, "boot": boot})
    if all((boot / name).is_file() for name in (cloud_init.USER_DATA, cloud_init.META_DATA)):
        return FirstBoot.CLOUD_INIT
    given = cmdline.parameters(boot / "cmdline.txt")
    if _RESIZES in given or TRIGGER[0] in given:
        return FirstBoot.FIRSTRUN
    raise SetupError(_("the system on this card has run already; write Raspberry Pi OS onto it anew"))


def card_changes(boot: Path, card: Card) -> list[Change]:
    """What is written to the boot partition mounted at `boot`, after the package; what begins the first boot is last.

    Raises SetupError where the card or what it is to hold cannot be used.
    """
    kind = first_boot_of(boot)
    _refuse_no_package(card.package, boot)
    _refuse_other_package(card.package.name, _RELEASES[kind])
    with_cloud_init = kind is FirstBoot.CLOUD_INIT
    text = script(card.identity, card.options.time_servers, with_cloud_init)
    why = mark("Makes the blank system that of a terminal when it first starts.")
    found = [_file(boot, f"/{SCRIPT}", why, text), *_gone(boot, f"/{NOTE}")]
    edits = {one.path: one for one in boot_changes(boot, "", card.models, card.options)}
    if _CONFIG in edits:
        found.append(edits[_CONFIG])
    line = _line(boot, card, with_cloud_init)
    if with_cloud_init:
        found += [line, *_seed(boot, card.identity, text)]
    else:
        found.append(line)
    return [change for change in found if change.before != change.after]


def write_card(boot: Path, card: Card, changes: Sequence[Change]) -> None:
    """Write the package and `changes` to `boot`. What was cut off is ended by doing it again. Raises SetupError."""
    put_copy(boot, f"/{PACKAGE}", card.package)
    put_all(boot, changes)


def _seed(boot: Path, identity: Identity, text: str) -> list[Change]:
    user = cloud_init.user_data(identity)
    network = cloud_init.network_config(identity.wifi) if identity.wifi else ""
    why_user = mark("Name, technician's user and key, time zone and locale; then the script beside it.")
    found = [
        _file(boot, f"/{cloud_init.USER_DATA}", why_user, user),
        _file(
            boot,
            f"/{cloud_init.META_DATA}",
            mark("Tells cloud-init that this is a new machine."),
            cloud_init.meta_data(user, network, text),
        ),
    ]
    if network:
        why = mark("The wireless network, by its key; whoever has the card can read that until the first start.")
        found.insert(0, _file(boot, f"/{cloud_init.NETWORK_CONFIG}", why, network))
    return found


def _line(boot: Path, card: Card, with_cloud_init: bool) -> Change:
    """The kernel's command line: for a terminal, with the country of its wireless network, and with the first boot."""
    given = [one for one in cmdline.parameters(boot / "cmdline.txt") if one not in TRIGGER]
    wanted = cmdline.for_terminal(given, read_only_root=False)
    if card.identity.wifi:
        country = f"cfg80211.ieee80211_regdom={card.identity.wifi.country}"
        wanted = [*(one for one in wanted if not one.startswith("cfg80211.ieee80211_regdom=")), country]
    if not with_cloud_init:
        wanted += TRIGGER
    why = mark(
        "No console on the reader's UART, no swap of /etc/fstab; the first boot where the system has no cloud-init."
    )
    return _file(boot, _LINE, why, " ".join(wanted) + "\n")


def _file(boot: Path, path: str, why: str, text: str) -> Change:
    return Change(path, why, content_of(boot, path), text.encode(errors="surrogateescape"))


def _gone(boot: Path, path: str) -> list[Change]:
    """The note of an earlier first boot would be taken for that of the next."""
    return [Change(path, mark("What an earlier first boot said."), content_of(boot, path), None)]


def _refuse_no_package(package: Path, boot: Path) -> None:
    try:
        with package.open("rb") as file:
            begins = file.read(len(_AR))
        size = package.stat().st_size
    except OSError as error:
        raise SetupError(f"{package}: {error.strerror}") from error
    if begins != _AR:
        raise SetupError(_("%s is no Debian package; give the one that `make deb` built for arm64") % package)
    if shutil.disk_usage(boot).free < size + _SPARE:
        raise SetupError(_("%s has too little room for the package; a fresh image has enough") % boot)


def _refuse_other_package(name: str, release: str) -> None:
    """As far as its name tells: one of another name is left to dpkg, which refuses it at the first start."""
    others = [other for other in _RELEASES.values() if other != release and f"{other}_" in name]
    if others or name.endswith(("_amd64.deb", "_armhf.deb")):
        said = _("%(name)s is for another system; this card needs the one whose name ends in %(ending)s")
        raise SetupError(said % {"name": name, "ending": f"{release}_arm64.deb"})
