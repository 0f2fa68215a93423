"""A data object list: what a card wants to be told, in which length, and by whom (EMV Book 3, 5.4)."""

from __future__ import annotations

from agent.card.dol import LARGEST
from agent.card.tlv import read_tag
from agent.errors import TlvError
from provisioning.texts import _
from tools.decode.parts import Decoded, Part, Problem
from tools.decode.tag_names import TAGS


def decode(data: bytes) -> Decoded:
    """The entries of the list `data`, and their total length."""
    parts, total, problem = entries(data, 0)
    title = _("data object list, {count} entries, {total} bytes asked for").format(count=len(parts), total=total)
    return Decoded("dol", title, parts, problem)


def entries(data: bytes, base: int) -> tuple[list[Part], int, Problem | None]:
    """One part an entry up to the first fault, the sum of their lengths, and the fault; offsets count from `base`."""
    parts: list[Part] = []
    total = at = 0
    while at < len(data):
        try:
            tag, after = read_tag(data, at, len(data))
        except TlvError:
            return parts, total, Problem("tag", base + at, _("00, cut off or longer than three bytes"))
        if after == len(data):
            return parts, total, Problem(f"{tag:02X}", base + at, _("it has no length"))
        size = data[after]
        total += size
        parts.append(_part(tag, data[at : after + 1], size, base + at))
        at = after + 1
    if total > LARGEST:
        text = _("{total} bytes are asked for, a command carries {most}").format(total=total, most=LARGEST)
        return parts, total, Problem("end", base + at, text)
    return parts, total, None


def _part(tag: int, raw: bytes, size: int, at: int) -> Part:
    name, provider = TAGS.get(tag, ("", ""))
    who = _("provided by: {who}").format(who=_(provider)) if provider else _("zeros, since nobody knows it")
    return Part(f"{tag:02X}", _(name) if name else _("(not a tag known here)"), raw.hex().upper(), str(size), who, at)
