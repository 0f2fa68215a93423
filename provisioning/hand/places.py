"""Where things lie on a terminal, below a root: `/`, or a folder for tests and the virtual terminal."""

import grp
import os
import pwd
from pathlib import Path

# Who the service runs as (board/systemd/jumpguard.conf).
USER = "jumpguard"
UNIT = "jumpguard.service"
# A terminal's serial, as the card says that was written for it (`jumpguard setup card`).
LABEL = "/etc/jumpguard-serial"


class Places:
    """The paths of one terminal, and to whom its files belong."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings_dir = root / "etc/jumpguard"
        self.state_dir = root / "var/lib/jumpguard"
        self.ledger = root / "var/lib/jumpguard-provision"
        # In memory: nobody holds it any more after a restart of the machine.
        self.lock = root / "run/jumpguard-provision.lock"
        # Beside the settings: it says which machine this is, whatever is installed on it.
        self.label = root / LABEL.lstrip("/")
        self.hostname = root / "etc/hostname"
        self.settings = self.settings_dir / "terminal.toml"
        self.key_set = self.settings_dir / "keys.json"
        self.servers = self.settings_dir / "servers.crt"
        self.certificate = self.settings_dir / "terminal.crt"
        self.key = self.settings_dir / "terminal.key"
        self.master_key = self.settings_dir / "terminal.tmk"
        self.token = self.settings_dir / "till.token"
        self.release_root = self.settings_dir / "update/root.json"
        self.repository = self.settings_dir / "update/repository"
        self.journal = self.state_dir / "journal.sqlite"
        self.python = root / "usr/lib/jumpguard/bin/python"
        self.systemctl = root / "usr/bin/systemctl"
        self.reader = root / "dev/ttyAMA0"
        self.proc = root / "proc"
        self.sys = root / "sys"
        self.clock_mark = root / "run/systemd/timesync/synchronized"

    def secrets(self) -> list[Path]:
        """What only this terminal knows: keys and token, and what a write that was cut off left of them."""
        patterns = (
            (self.settings_dir, ("terminal.key*", "terminal.tmk*", "till.token*")),
            (self.state_dir, ("link.*",)),
        )
        return sorted(path for folder, names in patterns for name in names for path in folder.glob(name))

    @property
    def is_real(self) -> bool:
        """Whether this is the machine itself, and not a tree in a folder of it."""
        return self.root == Path("/")

    @property
    def user(self) -> str | None:
        """Whom the service's files belong to; None where they are simply whoever's who runs this."""
        return USER if self.is_real and os.geteuid() == 0 and _is_there(USER) else None

    def give(self, path: Path, *, secret: bool) -> None:
        """Have `path` belong to whom it should: a secret to the service alone, all else to root, for it to read."""
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(path, account.pw_uid if secret else 0, grp.getgrnam(self.user).gr_gid)


def _is_there(name: str) -> bool:
    try:
        pwd.getpwnam(name)
        grp.getgrnam(name)
    except KeyError:
        return False
    return True
