"""Who a terminal is when it first comes up: its name, who may log in, its time zone and its network."""

import base64
import binascii
import re
import zoneinfo
from dataclasses import dataclass
from pathlib import Path

from agent.binding.identifiers import is_serial
from provisioning.errors import SetupError
from provisioning.pi.wifi import Wifi
from provisioning.texts import _

_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")  # RFC 1123, 2.1
_USER = re.compile(r"[a-z][a-z0-9-]{0,31}")  # as userconf-pi takes it
_LOCALE = re.compile(r"([a-z]{2,3}_[A-Z]{2}|C)\.UTF-8")
_KEY_TYPES = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
_NOT_A_TECHNICIAN = ("root", "jumpguard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A terminal's `serial` and `hostname`; the `user` who logs in with one of `ssh_keys`; zone, locale, network."""

    serial: str
    hostname: str
    ssh_keys: tuple[str, ...]
    user: str = "technician"
    time_zone: str = "Asia/Shanghai"
    locale: str = "C.UTF-8"
    wifi: Wifi | None = None

    def __post_init__(self) -> None:
        """Raise SetupError for what cannot be: it is written into scripts and files that root reads."""
        if not is_serial(self.serial):
            raise SetupError(_("%r cannot be a terminal's serial: 4 to 32 capitals, digits and dashes") % self.serial)
        if not _HOSTNAME.fullmatch(self.hostname):
            said = _(
                "%r cannot be the name of a machine: letters, digits and hyphens, at most 63; name one: --hostname"
            )
            raise SetupError(said % self.hostname)
        if not _USER.fullmatch(self.user) or self.user in _NOT_A_TECHNICIAN:
            raise SetupError(_("%r cannot be the technician's user: small letters, digits and hyphens") % self.user)
        if self.time_zone not in zoneinfo.available_timezones():
            raise SetupError(_("%r is no time zone; one is Asia/Shanghai") % self.time_zone)
        if not _LOCALE.fullmatch(self.locale):
            raise SetupError(_("%r is no locale; two are C.UTF-8 and zh_CN.UTF-8") % self.locale)
        if not self.ssh_keys:
            raise SetupError(
                _("without a technician's public key nobody could log in: --ssh-key ~/.ssh/id_ed25519.pub")
            )


def public_keys(file: Path) -> list[str]:
    """The public keys of SSH in `file`, one a line, as authorized_keys(5) takes them without options.

    Raises SetupError for anything else, a private key above all, without quoting it.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(_("%s cannot be read as a public key of SSH") % file) from error
    if "PRIVATE KEY" in text:
        raise SetupError(_("%s is a private key, which never leaves its machine; give the .pub beside it") % file)
    keys = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not keys or not all(_is_public_key(key) for key in keys):
        raise SetupError(_("%s holds no public key of SSH: a line is `ssh-ed25519 AAAA... name`") % file)
    return keys


def _is_public_key(line: str) -> bool:
    kind, _space, rest = line.partition(" ")
    if kind not in _KEY_TYPES or not line.isprintable():
        return False
    try:
        raw = base64.b64decode(rest.split(" ")[0], validate=True)
    except binascii.Error:
        return False
    # RFC 4253, 6.6: the blob begins with the length and the name of its kind.
    return raw[4 : 4 + len(kind)] == kind.encode() and int.from_bytes(raw[:4]) == len(kind)
