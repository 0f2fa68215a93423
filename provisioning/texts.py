"""Texts for people, in English and 简体中文, through gettext. The core emits codes; what they mean is said here.

The catalogues lie in `locale/`; English is in the code. `make messages` collects new texts.
"""

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

DOMAIN = "jumpguard"
ENGLISH = "en"
CHINESE = "zh_CN"
LANGUAGES = (ENGLISH, CHINESE)

_LOCALE = Path(__file__).parent / "locale"
_chosen: gettext.NullTranslations = gettext.NullTranslations()
# What is spoken here alone, where one process speaks to many people at once.
_here: ContextVar[gettext.NullTranslations | None] = ContextVar("language", default=None)


def use(language: str) -> None:
    """Speak `language`, one of LANGUAGES, from here on. Raises FileNotFoundError when its catalogue was not built."""
    global _chosen
    _chosen = _catalogue(language)


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Speak `language` in the block, and what was spoken before after it. Raises FileNotFoundError as `use` does."""
    global _chosen
    before = _chosen
    use(language)
    try:
        yield
    finally:
        _chosen = before


@contextmanager
def spoken_here(language: str) -> Iterator[None]:
    """Speak `language` in the block and in the tasks that it starts, and nowhere else in the process; see `use`."""
    token = _here.set(_catalogue(language))
    try:
        yield
    finally:
        _here.reset(token)


def from_environment() -> str:
    """The language that the environment asks for: 简体中文 where LC_ALL, LC_MESSAGES or LANG begins with `zh`."""
    wanted = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return CHINESE if wanted.startswith("zh") else ENGLISH


def _(text: str) -> str:
    """`text` in the chosen language."""
    return (_here.get() or _chosen).gettext(text)


def said_in(language: str, text: str) -> str:
    """`text` in `language`, whichever is chosen: for papers that speak both. Raises FileNotFoundError as `use` does."""
    return _catalogue(language).gettext(text)


def mark(text: str) -> str:
    """Marks `text` for the catalogues where it is written down; it is translated where it is shown."""
    return text


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == ENGLISH:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, _LOCALE, [language])
