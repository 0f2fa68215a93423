"""The option `--language` of commands that explain."""

from enum import StrEnum
from typing import Annotated

import typer

from provisioning import texts


class Language(StrEnum):
    """What the texts are in."""

    ENGLISH = texts.ENGLISH
    CHINESE = texts.CHINESE


Tongue = Annotated[Language | None, typer.Option("--language", help="By default the environment's.")]


def speak(language: Language | None) -> None:
    """Speak `language` from here on, or what the environment asks for."""
    texts.use(language.value if language else texts.from_environment())
