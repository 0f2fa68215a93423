"""Walks through BER-TLV and keeps what was found before a fault (EMV Book 3, annex B).

`agent.card.tlv` refuses an answer as a whole, as a terminal must; this is for a look at one that is damaged.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.card.tlv import DEEPEST, read_tag
from agent.errors import TlvError
from provisioning.texts import _
from tools.decode.parts import Problem


@dataclass(repr=False)
class Node:
    """One data object: tag, offset of its first byte, the bytes of tag and length, value, and what lies in it."""

    tag: int
    offset: int
    head: bytes
    value: bytes
    children: list[Node] = field(default_factory=list)

    @property
    def constructed(self) -> bool:
        """Whether the value is made of data objects."""
        return bool(self.head[0] & 0x20)

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.offset + len(self.head) + len(self.value)


@dataclass(repr=False)
class Walk:
    """What was found in `data`, whose first byte has the offset `base`, and what ended it."""

    data: bytes
    base: int
    nodes: list[Node]
    problem: Problem | None = None


def walk(data: bytes, base: int = 0) -> Walk:
    """The data objects of `data` up to the first fault; offsets count from `base`."""
    done = Walk(data, base, [])
    _descend(done, done.nodes, 0, len(data), 1)
    return done


def _descend(done: Walk, nodes: list[Node], at: int, end: int, depth: int) -> None:
    """Add what lies between `at` and `end` to `nodes`; sets the problem and stops at the first fault."""
    while at < end and done.problem is None:
        if done.data[at] == 0:
            at += 1
            continue
        node = _read(done, at, end, depth)
        if node is None:
            return
        nodes.append(node)
        body = at + len(node.head)
        at = body + len(node.value)
        fault, done.problem = done.problem, None
        if node.constructed:
            _descend(done, node.children, body, at, depth + 1)
        done.problem = fault or done.problem


def _read(done: Walk, at: int, end: int, depth: int) -> Node | None:
    """The data object at `at`, a template also when it is cut off; else None. Sets the problem."""
    key = "tag"
    try:
        if depth > DEEPEST:
            raise _NotTlvError(_("nested deeper than {depth} levels").format(depth=DEEPEST))
        tag, after = _tag(done.data, at, end)
        key = f"{tag:02X}"
        body, stop = _extent(done.data, after, end)
    except _NotTlvError as fault:
        done.problem = Problem(key, done.base + at, str(fault))
        return None
    node = Node(tag, done.base + at, done.data[at:body], done.data[body : min(stop, end)])
    if stop > end:
        text = _("its length says {size}, the data ends {missing} short").format(size=stop - body, missing=stop - end)
        done.problem = Problem(key, node.offset, text)
    # Of a cut-off template the beginning still says something; of a cut-off value nothing can be told.
    return node if stop <= end or node.constructed else None


class _NotTlvError(Exception):
    """Why bytes are no data object."""


def _tag(data: bytes, at: int, end: int) -> tuple[int, int]:
    try:
        return read_tag(data, at, end)
    except TlvError:
        raise _NotTlvError(_("the tag is cut off or longer than three bytes")) from None


def _extent(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the value begins and should end, by its length at `at` (annex B2: one byte, or 81 or 82 and one or two)."""
    width = data[at] & 0x7F if at < end and data[at] >= 0x80 else 0
    body = at + 1 + width
    if body > end or width > 2 or (at < end and data[at] == 0x80):
        raise _NotTlvError(_("its length is missing, cut off or of a form that EMV does not have"))
    size = int.from_bytes(data[at + 1 : body], "big") if width else data[at]
    return body, body + size
