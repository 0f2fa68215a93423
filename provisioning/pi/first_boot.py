"""The script of a card's first boot: it makes of a blank 64-bit Raspberry Pi OS a terminal that can be claimed.

It runs as root. On images since October 2025 cloud-init has made host, user and network and then runs it, at each start
until it came to its end; on older ones systemd runs it (`systemd.run=`, as the Raspberry Pi Imager has it done) and it
makes those, too. It can be cut off anywhere and run again. What came of it stands in a note on the boot partition,
which any computer can read.
"""

import shlex
from collections.abc import Iterator
from importlib import resources

from provisioning.hand.places import LABEL
from provisioning.pi.change import Link
from provisioning.pi.identity import Identity
from provisioning.pi.parts import Part, parts
from provisioning.pi.wifi import Wifi

BOOT = "/boot/firmware"
SCRIPT = "jumpguard-first-boot.sh"
PACKAGE = "jumpguard.deb"
NOTE = "jumpguard-first-boot.txt"

# Parameters of the kernel's command line (systemd-run-generator(8)): the script, then a restart; an end without one, so
# that the next start tries again.
TRIGGER = (
    f"systemd.run={BOOT}/{SCRIPT}",
    "systemd.run_success_action=reboot",
    "systemd.run_failure_action=poweroff",
    "systemd.unit=kernel-command-line.target",
)

_END = "JUMPGUARD_END"
_NO_PASSWORDS = """\
# Written by `jumpguard setup card`: keys alone open this machine.
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
"""


def script(identity: Identity, time_servers: tuple[str, ...], with_cloud_init: bool) -> str:
    """The whole script, for /bin/sh."""
    lines = [_frame(), 'step="is this a 64-bit Raspberry Pi OS?"', "refuse_others", ""]
    if not with_cloud_init:
        lines += _identity(identity)
    lines += ['step="say which terminal it is"', *_file(LABEL, f"{identity.serial}\n", "0644")]
    lines += ['step="log in with keys alone"']
    lines += _file("/etc/ssh/sshd_config.d/10-jumpguard.conf", _NO_PASSWORDS, "0644")
    lines += ["switch_on ssh.service", *(["unblock_wifi"] if identity.wifi else []), ""]
    for part in parts(time_servers):
        lines += _part(part)
    lines += ['step="install the package"', "install_package", ""]
    lines += ['step="tidy up"']
    if with_cloud_init:
        lines += ["no_more_cloud_init", *(["forget_wifi"] if identity.wifi else [])]
    lines += [f"tidy_up {identity.user}", *(["restart"] if with_cloud_init else [])]
    return "\n".join(lines) + "\n"


def _frame() -> str:
    """What every such script has: how it writes a file, and what it says."""
    return resources.files(__package__).joinpath("first_boot_frame.sh").read_text(encoding="utf-8")


def _identity(identity: Identity) -> Iterator[str]:
    """What cloud-init does elsewhere: host, user, zone, locale and network."""
    user, home_file = shlex.quote(identity.user), ".ssh/authorized_keys"
    yield 'step="name the machine"'
    yield f"name_machine {shlex.quote(identity.hostname)}"
    yield 'step="make the technician\'s user"'
    yield f"make_user {user}"
    yield from _heredoc(f"of_user {user} {home_file}", "".join(f"{key}\n" for key in identity.ssh_keys))
    yield from _file(f"/etc/sudoers.d/010_{identity.user}", f"{identity.user} ALL=(ALL) NOPASSWD:ALL\n", "0440")
    yield 'step="set time zone and locale"'
    yield f"set_zone {shlex.quote(identity.time_zone)}"
    yield f"set_locale {shlex.quote(identity.locale)}"
    if identity.wifi:
        yield 'step="set up the wireless network"'
        path = "/etc/NetworkManager/system-connections/jumpguard.nmconnection"
        yield from _file(path, _connection(identity.wifi), "0600")
    yield ""


def _connection(wifi: Wifi) -> str:
    """A connection of NetworkManager (nm-settings-keyfile(5)); the name as bytes, which no character upsets."""
    name = "".join(f"{byte};" for byte in wifi.ssid.encode())
    return (
        "[connection]\nid=jumpguard\ntype=wifi\n\n"
        f"[wifi]\nmode=infrastructure\nssid={name}\n\n"
        f"[wifi-security]\nkey-mgmt=wpa-psk\npsk={wifi.key}\n\n"
        "[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n"
    )


def _part(part: Part) -> Iterator[str]:
    yield f"step={shlex.quote(part.path)}"
    yield f"# {part.why}"
    unless = f"exists {shlex.quote(part.path)} || " if part.or_else else ""
    if isinstance(part.content, Link):
        yield f"{unless}link {shlex.quote(part.content.target)} {shlex.quote(part.path)}"
    else:
        yield from _heredoc(f"{unless}put {shlex.quote(part.path)} 0644", part.content.decode())
    yield ""


def _file(path: str, text: str, mode: str) -> Iterator[str]:
    yield from _heredoc(f"put {shlex.quote(path)} {mode}", text)


def _heredoc(command: str, text: str) -> Iterator[str]:
    """`command` with `text` on its standard input, taken literally. No text of ours holds the end mark."""
    yield f"{command} <<'{_END}'"
    yield from text.splitlines()
    yield _END
