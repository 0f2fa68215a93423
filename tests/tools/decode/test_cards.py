"""What is hidden, and what is not: card numbers by where they were seen, by their look, and by nothing."""

import pytest

from tests.tools.decode.samples import EXPIRY, PAN
from tools.decode.cards import Cards, hidden_number, hidden_track, track_number

MASKED = "621234******1232"
WRONG = PAN[:-1] + "3"  # its check digit is wrong


@pytest.mark.parametrize(
    "seen",
    [
        bytes.fromhex(f"5A08{PAN}"),
        bytes.fromhex(f"105A08{PAN}5F2403"),
        bytes.fromhex(f"{PAN}D{EXPIRY}201"),
        bytes.fromhex(f"37{PAN}D{EXPIRY}201"),
        bytes.fromhex(f"9{PAN}D{EXPIRY}20"),
        f"{PAN}={EXPIRY}201".encode(),
        f"B{PAN}^NAME^{EXPIRY}".encode(),
    ],
)
def test_a_number_seen_as_a_card_s_is_hidden_everywhere(seen: bytes) -> None:
    cards = Cards(seen)
    assert cards.hide(f"1{PAN}1") == f"1{MASKED}1"
    assert cards.hide_hex(f"00{PAN}FF") == f"00{MASKED}FF"
    assert cards.hide_hex(f"F{PAN}F") == f"F{MASKED}F"
    assert cards.hide_hex(PAN.encode().hex()) == MASKED.encode().hex().replace("2a", "**")
    assert Cards(bytes(8)).hide(f"1{PAN}1") == f"1{PAN}1"


@pytest.mark.parametrize(
    "seen", [bytes.fromhex(f"5A08{WRONG}"), bytes.fromhex(f"{WRONG}D292"), bytes.fromhex(f"5B08{PAN}"), PAN.encode()]
)
def test_digits_that_were_not_seen_as_a_card_s_stay(seen: bytes) -> None:
    assert Cards(seen).hide(f"{PAN} {WRONG}") == f"{PAN} {WRONG}"


@pytest.mark.parametrize(
    ("text", "guessed"),
    [
        (PAN, MASKED),
        (f"x{PAN}y", f"x{MASKED}y"),
        (WRONG, WRONG),
        ("0" * 16, "0" * 16),
        ("411111111111", "411111111111"),
        ("4111 1111 1111 1111", "4111 1111 1111 1111"),
    ],
)
def test_guessing_goes_by_length_first_and_check_digit(text: str, guessed: str) -> None:
    assert Cards().hide(text, guess=True) == guessed
    assert Cards().hide(text) == text


@pytest.mark.parametrize(("learnt", "hides"), [(PAN, True), (WRONG, True), (PAN[:11], False), (PAN + "0000", False)])
def test_a_number_is_learnt_when_its_length_is_a_card_s(learnt: str, hides: bool) -> None:
    cards = Cards()
    cards.learn(learnt)
    assert ("*" in cards.hide(learnt)) is hides


@pytest.mark.parametrize(
    ("number", "shown"),
    [(PAN, MASKED), (PAN + "F", MASKED + "F"), (PAN[:12], "621234**7890"), (PAN[:11], "*" * 11), ("62A4", "****")],
)
def test_six_and_four_digits_of_a_number_are_shown(number: str, shown: str) -> None:
    assert hidden_number(number) == shown


@pytest.mark.parametrize(
    ("track", "shown", "number"),
    [
        (f"{PAN}D{EXPIRY}201", f"{MASKED}D*******", PAN),
        (f"{PAN}={EXPIRY}", f"{MASKED}=****", PAN),
        (f"{PAN}D", f"{MASKED}D", PAN),
        (PAN, "*" * 16, ""),
        (f"{PAN[:11]}D{EXPIRY}", "*" * 16, ""),
        ("", "", ""),
    ],
)
def test_of_a_track_only_the_masked_number_is_shown(track: str, shown: str, number: str) -> None:
    assert (hidden_track(track), track_number(track)) == (shown, number)
