"""One change to a file of a Raspberry Pi's system: what is there, what is to be there, and why."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from provisioning.errors import SetupError
from provisioning.texts import _


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link. systemd masks a unit by one to /dev/null, and starts one by a link in `*.wants`."""

    target: str


Content = bytes | Link | None
"""What a path holds: a file's bytes, a link, or nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """`path` (absolute on the terminal) goes from `before` to `after`; `why` is an English text, to be translated."""

    path: str
    why: str
    before: Content
    after: Content

    def diff(self) -> str:
        """What changes, line by line, for a person; a link is shown by where it leads."""
        lines = difflib.unified_diff(_lines(self.before), _lines(self.after), self.path, self.path, n=1, lineterm="")
        return "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))

    def as_json(self) -> dict[str, object]:
        """For a program: bytes as text, a link as {"link": target}, nothing as null; `why` in the chosen language."""
        return {"path": self.path, "why": _(self.why), "before": plain(self.before), "after": plain(self.after)}


def plain(content: Content) -> object:
    """`content` as JSON has it; bytes that are no UTF-8 come back by `unplain` all the same."""
    if isinstance(content, Link):
        return {"link": content.target}
    return None if content is None else content.decode(errors="surrogateescape")


def unplain(value: object) -> Content:
    """What `plain` made of a content. Raises ValueError for anything else."""
    if isinstance(value, dict) and isinstance(value.get("link"), str):
        return Link(value["link"])
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    if value is None:
        return None
    raise ValueError("neither a file, a link nor nothing")


def below(root: Path, path: str) -> Path:
    """Where `path` of the terminal lies when its root is `root`."""
    return root / path.lstrip("/")


def content_of(root: Path, path: str) -> Content:
    """What `path` holds. Raises SetupError where that cannot be read, or is a folder or a device."""
    place = below(root, path)
    if not place.parent.resolve().is_relative_to(root.resolve()):
        raise SetupError(_("%s leads out of the system that is to be set up, by a link among its folders") % place)
    try:
        if place.is_symlink():
            return Link(str(place.readlink()))
        if not place.exists():
            return None
        if not place.is_file():
            raise SetupError(_("%s is neither a file nor a link; move it away") % place)
        return place.read_bytes()
    except OSError as error:
        raise SetupError(f"{place}: {error.strerror}; " + _("run it as root (sudo)")) from error


def _lines(content: Content) -> list[str]:
    if isinstance(content, Link):
        return [f"-> {content.target}"]
    return [] if content is None else content.decode(errors="replace").splitlines()
