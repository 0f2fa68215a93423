"""What a request may hold: short texts that print, numbers that every store can keep, and nothing unknown."""

import json
from typing import Annotated, Any

from fastapi import Depends, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from tools.fleet.views.found import MOST, Page

LARGEST_NUMBER = 2**31 - 1
LONGEST_LINE = 200
# No control characters and no other ends of lines. Read alike by the regular expressions of Rust, JSON Schema, Python.
PRINTS = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


class Body(BaseModel):
    """A request's JSON object: of exactly these fields, each of exactly this type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorText(BaseModel):
    """What went wrong, for a program and for a person."""

    code: str
    message: str


class Error(BaseModel):
    """The body of every answer that says no."""

    error: ErrorText


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    """`value` when it is JSON as everybody writes it. Raises ValueError: no NaN, no halves of surrogate pairs."""
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


JsonObject = Annotated[dict[str, Any], AfterValidator(_storable)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LINE, pattern=PRINTS)]
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
# The contract's names of terminals (tools/fleet/forms.py).
Terminal = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Wanted = Annotated[str | None, Query(max_length=LONGEST_LINE, pattern=PRINTS)]


def _page(
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100, offset: Annotated[int, Query(ge=0, le=LARGEST_NUMBER)] = 0
) -> Page:
    return Page(limit, offset)


Paging = Annotated[Page, Depends(_page)]
