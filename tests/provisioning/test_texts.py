"""What people read: every code has a meaning and a remedy, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

import agent
from agent import lifecycle
from agent.binding import reasons
from agent.terminal import TAMPER_SWITCH
from provisioning import texts
from provisioning.reasons import CODES, meaning, remedy, worded

CATALOGUE = Path(texts.__file__).parent / "locale" / texts.CHINESE / "LC_MESSAGES" / "jumpguard.po"


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    with CATALOGUE.open("rb") as file:
        return [message for message in read_po(file) if message.id]


@pytest.mark.parametrize("code", [*reasons.REFUSALS, *reasons.WARNINGS])
def test_each_reason_of_the_gate_is_explained_in_both_languages(code: str) -> None:
    english = meaning(code), remedy(code)
    texts.use(texts.CHINESE)
    chinese = meaning(code), remedy(code)
    assert code not in english and all(english)
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in text) for text in chinese), chinese


@pytest.mark.parametrize("text", [TAMPER_SWITCH, lifecycle.TAMPERED, lifecycle.RETIRED])
def test_a_state_and_its_reason_are_worded_in_both_languages(text: str) -> None:
    assert worded(text) == worded(text).replace("_", " ")
    texts.use(texts.CHINESE)
    assert not worded(text).isascii()
    assert worded("somebody's own words") == "somebody's own words"


def test_every_code_that_is_explained_is_translated() -> None:
    texts.use(texts.CHINESE)
    assert [code for code in CODES if meaning(code).isascii() or remedy(code).isascii()] == []


def test_every_code_of_the_core_is_explained() -> None:
    """A code is a constant whose name is its value."""
    codes = {
        value
        for file in Path(agent.__file__).parent.rglob("*.py")
        for value in re.findall(r'^([A-Z][A-Z_]+) = "\1"$', file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"NOT_ALLOWED", "TRIAL_FAILED", "CERTIFICATE_EARLY", "BINDING_NOT_NEWER", "OUTBOX_OLD"} <= codes
    assert codes - set(CODES) == {"JCB"}, "which is a name"


def test_a_code_of_the_issuer_is_shown_as_it_is() -> None:
    assert (meaning("51"), remedy("51")) == ("51", "")


def test_the_catalogue_is_whole(messages: list[Message]) -> None:
    assert len(messages) > 80
    assert [message.id for message in messages if not message.string or message.fuzzy] == []


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, texts.CHINESE),
        ({"LANG": "en_GB.UTF-8"}, texts.ENGLISH),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, texts.ENGLISH),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "C"}, texts.CHINESE),
        ({}, texts.ENGLISH),
    ],
)
def test_the_environment_chooses_the_language(
    variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert texts.from_environment() == language
