"""What the operator reads of alarms and orders: each kind and each word, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning import texts
from tools import fleet
from tools.fleet.alarm_kinds import KINDS, meaning, remedy
from tools.fleet.told import KINDS as TOLD
from tools.fleet.words import WORDS, said

# What the backend says of itself to a machine: a constant whose value is its name.
_CONSTANT = re.compile(r'^([A-Z][A-Z_]+) = "(\w+)"$', re.MULTILINE)


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


def test_every_kind_of_alarm_and_every_word_of_the_backend_is_explained() -> None:
    sources = [file.read_text(encoding="utf-8") for file in Path(fleet.__path__[0]).glob("*.py")]
    named = {value for text in sources for name, value in _CONSTANT.findall(text) if name == value.upper()}
    assert {"fork", "gap", "renewal_needed", "event_refused", "broker_certificate_ending", "open"} <= named
    assert named - {*KINDS, *WORDS} == set()
    assert set(TOLD) <= set(KINDS)


def test_each_kind_has_a_meaning_and_a_remedy_in_both_languages() -> None:
    for kind in (*KINDS, "OUTBOX_OLD", "LIFECYCLE_TAMPERED"):
        texts.use(texts.ENGLISH)
        english = meaning(kind), remedy(kind)
        texts.use(texts.CHINESE)
        assert all(english) and kind not in english
        assert not meaning(kind).isascii() and not remedy(kind).isascii(), kind
    assert (meaning("another"), remedy("another")) == ("another", "")


def test_each_word_is_said_in_both_languages_and_another_one_as_it_is() -> None:
    assert said("trial") == "on trial"
    texts.use(texts.CHINESE)
    assert [word for word in WORDS if said(word).isascii()] == []
    assert (said("another"), said(None)) == ("another", "?")
