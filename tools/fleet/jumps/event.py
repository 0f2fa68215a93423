"""What a `jump.detected` and the entries of its sale say, as far as the backend understands it; a body may be anything.

The terminal's agent writes them (`agent/sale/`), and the contract describes them (`tools/contract/kinds/`).
"""

from typing import Annotated

import msgspec

LARGEST = 16
# The stage, for people, of an event that is none that is understood.
UNREADABLE = "unreadable"

_Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z_]{0,31}\Z")]
_Value = Annotated[str, msgspec.Meta(max_length=200)]
_Cause = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z][A-Z0-9_]{0,63}\Z")]
_Identity = Annotated[dict[_Word, _Value], msgspec.Meta(max_length=LARGEST)]
Sale = Annotated[str, msgspec.Meta(pattern=r"\As[0-9a-f]{16}\Z")]


class Jump(msgspec.Struct, frozen=True):
    """A jump: the values of the `fields` that differ, and the causes, the likeliest first. `sale` is "" at a sign-on.

    Stages, fields and causes of a later version are let through.
    """

    sale: Annotated[str, msgspec.Meta(pattern=r"\A(s[0-9a-f]{16})?\Z")]
    stage: _Word
    fields: Annotated[list[_Word], msgspec.Meta(min_length=1, max_length=LARGEST)]
    expected: _Identity
    observed: _Identity
    reverses: bool
    causes: Annotated[list[_Cause], msgspec.Meta(max_length=LARGEST)]


class Authorising(msgspec.Struct, frozen=True):
    """What of a `sale.authorising` says whose sale it was: acquirer (DE 32), MID (42), TID (41), name and zone."""

    sale: Sale
    acquirer: Annotated[str, msgspec.Meta(max_length=11)]
    mid: Annotated[str, msgspec.Meta(max_length=15)]
    tid: Annotated[str, msgspec.Meta(max_length=8)]
    merchant: Annotated[str, msgspec.Meta(max_length=40)]
    timezone: Annotated[str, msgspec.Meta(max_length=64)]


class _OfSale(msgspec.Struct, frozen=True):
    sale: Sale


def jump_of(body: object) -> Jump | None:
    """The jump that `body` tells of; None when it is none that is understood."""
    try:
        return msgspec.convert(body, Jump)
    except msgspec.ValidationError:
        return None


def authorising_of(body: object) -> Authorising | None:
    """What `body` says of its sale; None when it is none that is understood."""
    try:
        return msgspec.convert(body, Authorising)
    except msgspec.ValidationError:
        return None


def sale_of(body: object) -> str:
    """The sale that an entry with `body` belongs to, "" when there is none."""
    try:
        return msgspec.convert(body, _OfSale).sale
    except msgspec.ValidationError:
        return ""
