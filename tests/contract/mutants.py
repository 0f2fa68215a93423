"""Messages that are wrong in one place, or nearly so: real ones, changed by hypothesis."""

import copy
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

_NEAR_LIMITS = (-2, -1, 0, 1, 15, 16, -273_151, 1_000_001, 10**12 - 1, 10**12, 2**53 - 1, 2**53, -(2**53), 2**64)
_WORDS = ("", "lost", "synced", "tampered", "rejected", "2.0", "TRIAL_FAILED", "2027-02-29T00:00:00Z", "名", "a\n")
_plain = st.none() | st.booleans() | st.sampled_from(_NEAR_LIMITS) | st.floats() | st.sampled_from(_WORDS) | st.text()
_values = st.recursive(
    _plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@st.composite
def mutants(draw: st.DrawFn, message: dict[str, Any]) -> dict[str, Any]:
    """`message` with one member changed, left out or added."""
    changed = copy.deepcopy(message)
    *above, last = draw(st.sampled_from(_paths(changed)))
    holder: Any = changed
    for step in above:
        holder = holder[step]
    how = draw(st.sampled_from(("replace", "replace", "replace", "remove", "add")))
    if how == "replace":
        holder[last] = draw(_values | _alike(holder[last]))
    elif how == "remove":
        del holder[last]
    elif isinstance(holder, dict):
        holder[draw(st.text(max_size=3))] = draw(_values)
    else:
        holder.append(draw(_values))
    return changed


def _paths(value: object) -> list[Path]:
    """The way to every member of `value`."""
    found: list[Path] = []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        found += [(name,), *((name, *below) for below in _paths(member))]
    return found


def _alike(value: object) -> "st.SearchStrategy[Any]":
    """What looks like `value`: a text with one sign more, less or another, a number beside it."""
    if isinstance(value, str):
        at = st.integers(0, len(value))
        sign = st.sampled_from(("", "0", "a", "F", "-", "_", ".", "/", "Z", "\n", " "))
        return st.builds(lambda place, new, left_out: value[:place] + new + value[place + left_out :], at, sign, at)
    if isinstance(value, int) and not isinstance(value, bool):
        return st.sampled_from((value - 1, value + 1, -value, float(value), str(value)))
    return st.just(value)
