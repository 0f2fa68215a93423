"""Input as whoever is hostile or broken sends it: any, damaged, and with card data where none belongs."""

from typing import Any

from hypothesis import strategies as st

from tests.leaks.cards import PANS, SECRETS, TRACKS

_WRITTEN = [
    *PANS,
    *TRACKS,
    *(" ".join([pan[:4], pan[4:8], pan[8:12], pan[12:]]) for pan in PANS),
    *(f"{pan[:-2]}.{pan[-2:]}" for pan in PANS),
    *(f"-{pan}" for pan in PANS),
]

CARD_TEXTS = st.sampled_from(_WRITTEN) | st.builds(
    "{}{}{}".format, st.text(max_size=4), st.sampled_from(_WRITTEN), st.text(max_size=4)
)
"""Texts that hold a card number, or a whole track 2."""

CARD_BYTES = st.sampled_from([bytes.fromhex(text + "F" * (len(text) % 2)) for text in (*PANS, *TRACKS)])
"""Card numbers and tracks as a card packs them."""

TEXTS = st.text(max_size=40) | CARD_TEXTS
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.sampled_from([int(PANS[0]), "\ud800", "a\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
"""Anything that JSON can say, and a little more that Python's own writer and reader let through."""


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` cut, altered in one byte, with bytes put in, or with a part of it twice."""
    at = draw(st.integers(0, len(data)))
    end = draw(st.integers(at, len(data)))
    how = draw(st.sampled_from(["cut", "alter", "insert", "repeat", "remove"]))
    if how == "cut":
        return data[:at]
    if how == "remove":
        return data[:at] + data[end:]
    if how == "repeat":
        return data[:end] + data[at:]
    more = draw(st.binary(max_size=8) | CARD_BYTES)
    return data[:at] + more + data[at + (how == "alter") * len(more) :]


def shows_no_card(said: object) -> bool:
    """Whether neither the text nor the printed form of `said` holds any of the cards' data."""
    return not any(SECRETS.find(text.encode("utf-8", "surrogatepass")) for text in (str(said), repr(said)))
