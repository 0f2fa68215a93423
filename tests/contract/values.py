"""Values at, inside and just outside the limits that a schema sets for a field."""

import re
from typing import Any

from hypothesis import strategies as st

from tools.contract.document import Schema

# What is of no type that a limit is set for, or of another than is expected.
_ODD: tuple[object, ...] = (None, True, False, 0, 1, -1, 1.0, "", "0", "a", [], {}, ["a"], {"a": 1})
_TAILS = ("", "", "", "\n", " ", "0", "a", "Z")


def around(schema: Schema) -> "st.SearchStrategy[Any]":
    """Values for the field that `schema` describes, without its references and compositions; most of them near it."""
    near: list[st.SearchStrategy[Any]] = [st.sampled_from(_ODD)]
    if "const" in schema:
        near.append(st.just(schema["const"]))
    if "enum" in schema:
        near.append(st.sampled_from([*schema["enum"], str(schema["enum"][0]) + "x"]))
    if schema.get("type") == "integer":
        limits = [schema[name] for name in ("minimum", "maximum") if name in schema]
        near.append(st.sampled_from([value for limit in limits for value in (limit - 1, limit, limit + 1)] or [7]))
    if schema.get("type") == "string":
        near.append(_texts(schema))
    if schema.get("type") == "array":
        near.append(st.lists(around(schema.get("items", {})), max_size=3))
    return st.one_of(*near[1:], *near)


def _texts(schema: Schema) -> "st.SearchStrategy[str]":
    if "pattern" in schema:
        fitting = st.from_regex(re.compile(schema["pattern"].replace("$", r"\Z")))
        return st.builds(lambda text, tail, left_out: text[: len(text) - left_out] + tail, fitting,
                         st.sampled_from(_TAILS), st.sampled_from((0, 0, 0, 1)))  # fmt: skip
    longest = schema.get("maxLength")
    return st.text(max_size=5) if longest is None else st.sampled_from(("x" * longest, "x" * (longest + 1)))
