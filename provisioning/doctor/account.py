"""The user that a terminal runs as, and what it may do with a file by the file's owner and mode."""

import grp
import os
import pwd
from pathlib import Path
from typing import NamedTuple

READ = os.R_OK
WRITE = os.W_OK
_SEARCH = os.X_OK
_ROOT = 0


class Account(NamedTuple):
    """A user of the system by name and number, and the groups that it is in."""

    name: str
    uid: int
    groups: frozenset[int]

    def may(self, path: Path, wanted: int) -> bool:
        """Whether it may READ or WRITE (or both) what is at `path`, and get there. Raises OSError where it is not."""
        folders = path.absolute().resolve().parents
        return self._has(path, wanted) and all(self._has(folder, _SEARCH) for folder in folders)

    def _has(self, path: Path, wanted: int) -> bool:
        if self.uid == os.geteuid():
            return os.access(path, wanted)
        if self.uid == _ROOT:
            return True
        found = path.stat()
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid in self.groups else 0
        return found.st_mode >> shift & wanted == wanted


def owner(path: Path) -> Account:
    """Whose `path` is. Raises OSError where there is none."""
    found = path.stat()
    try:
        user = pwd.getpwuid(found.st_uid)
    except KeyError:
        return Account(str(found.st_uid), found.st_uid, frozenset({found.st_gid}))
    return Account(user.pw_name, user.pw_uid, frozenset(os.getgrouplist(user.pw_name, user.pw_gid)))


def own() -> Account:
    """Who asks."""
    return owner(Path("/proc/self"))


def is_read_only(path: Path) -> bool:
    """Whether nobody may write on the disk that `path` is on. Raises OSError."""
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def described(path: Path) -> str:
    """Owner, group and mode of `path` as people write them. Raises OSError."""
    found = path.stat()
    return f"{path}: {_user(found.st_uid)}:{_group(found.st_gid)} {found.st_mode & 0o7777:04o}"


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
