"""Properties of the last guard, for any bytes: masking finds all that the guard finds, and changes nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from agent.redact import leak_in, masked

NUMBERS = st.sampled_from(["4111111111111111", "6212345678901232", "378282246310005", "30569309025904"])
GLUE = st.sampled_from(["", " ", "=", "D", "d", "^", "3012201", "30122010123456789", "0", "a", "F", '"', ".", "5713"])
TEXTS = st.lists(NUMBERS | GLUE | st.text(max_size=8), max_size=12).map("".join)


@given(TEXTS)
def test_nothing_is_found_in_what_was_masked(text: str) -> None:
    data = text.encode()
    clean = masked(data)
    assert leak_in(clean) is None
    assert masked(clean) == clean
    assert (leak_in(data) is None) is (clean == data)


@given(TEXTS)
def test_masking_only_puts_stars_in_the_place_of_characters(text: str) -> None:
    data = text.encode()
    clean = masked(data)
    assert len(clean) == len(data)
    assert all(after in (before, ord("*")) for before, after in zip(data, clean, strict=True))
    clean.decode()


@given(st.binary(max_size=200))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    assert leak_in(masked(data)) is None


@given(st.integers(0, 10**20), st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_a_number_beside_a_hash_does_not_depend_on_it(number: int, digest: str) -> None:
    alone = leak_in(str(number).encode()) is None
    assert (leak_in(f"{digest} {number}".encode()) is None) is alone
