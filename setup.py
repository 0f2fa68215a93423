"""Compiles the gettext catalogues when the project is built or installed; everything else stands in pyproject.toml."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py

_LOCALE = Path(__file__).parent / "provisioning" / "locale"


class BuildWithCatalogues(build_py):
    """Builds, with each `.po` compiled to the `.mo` beside it that gettext reads."""

    def run(self) -> None:
        for source in _LOCALE.rglob("*.po"):
            with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
                write_mo(mo, read_po(po))
        super().run()


setup(cmdclass={"build_py": BuildWithCatalogues})
