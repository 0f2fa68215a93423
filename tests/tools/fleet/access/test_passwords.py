"""What a password may be, and how it is kept."""

import pytest
from argon2 import PasswordHasher

from tests.tools.fleet.access.people import PASSWORD, password_hash
from tools.fleet.access.passwords import LONGEST, SHORTEST, drawn, hashed, is_outdated, is_right
from tools.fleet.errors import AccessError


def test_a_password_is_kept_as_an_argon2id_hash_that_only_it_fits() -> None:
    kept = password_hash()
    assert kept.startswith("$argon2id$") and PASSWORD not in kept
    assert is_right(PASSWORD, kept)
    assert not is_right(PASSWORD + " ", kept)
    assert not is_right("", kept)


@pytest.mark.parametrize("password", ["x" * SHORTEST, "密" * LONGEST, "only lower case letters"])
def test_length_alone_makes_a_password(password: str) -> None:
    assert is_right(password, hashed(password))


@pytest.mark.parametrize("password", ["", "x" * (SHORTEST - 1), "x" * (LONGEST + 1), "twelve\0letters", "\ud800" * 12])
def test_other_lengths_and_what_cannot_be_typed_are_refused(password: str) -> None:
    with pytest.raises(AccessError) as refused:
        hashed(password)
    assert password not in str(refused.value) or not password
    assert not is_right(password, password_hash())


def test_a_drawn_password_is_one() -> None:
    one, other = drawn(), drawn()
    assert one != other and len(one) == 20
    assert is_right(one, hashed(one))


def test_a_password_is_the_same_however_the_keyboard_composes_it() -> None:
    assert is_right("Mu\u0308ller-Lu\u0308denscheid", hashed("M\u00fcller-L\u00fcdenscheid"))


def test_nobodys_password_is_never_right_and_an_unreadable_hash_is_none() -> None:
    assert not is_right(PASSWORD, "")
    assert not is_right(PASSWORD, "no hash")


def test_a_hash_with_other_parameters_is_outdated() -> None:
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD))
    assert not is_outdated(password_hash())
