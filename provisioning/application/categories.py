"""Merchant categories (MCC, ISO 18245), found by words: English by their descriptions, Chinese by a table of ours."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import iso18245

from provisioning.application import tidy
from provisioning.application.common_categories import COMMON
from provisioning.errors import EntryError
from provisioning.texts import _

_MOST_FOUND = 9


@dataclass(frozen=True, slots=True)
class Category:
    """A category: its four digits, what it is called, and where it is a common one its Chinese name."""

    code: str
    name: str
    chinese: str = ""

    @property
    def shown(self) -> str:
        """Code and names."""
        return f"{self.code} {self.chinese} {self.name}" if self.chinese else f"{self.code} {self.name}"


@lru_cache(1024)
def category(text: str) -> str:
    """The four digits that `text` is, or the one category that it describes. Raises EntryError."""
    plain = tidy.identifier(text)
    if plain.isascii() and plain.isdigit():
        if len(plain) != 4:
            raise EntryError(_("{count} characters; {due} are due").format(count=len(plain), due=4))
        if known(plain) is None:
            raise EntryError(_("ISO 18245 has no category {code}").format(code=plain))
        return plain
    found = search(text)
    if not found:
        raise EntryError(_("no category of these words; try others, such as 超市, restaurant or taxi"))
    if len(found) > 1:
        raise EntryError(
            _("more than one category fits: {categories}; give the 4 digits").format(
                categories=_("; ").join(one.shown for one in found)
            )
        )
    return found[0].code


def known(code: str) -> Category | None:
    """The category of four digits, None when there is none."""
    return _all().get(code)


def search(words: str, most: int = _MOST_FOUND) -> list[Category]:
    """The categories that every one of `words` describes, the common ones first."""
    wanted = [_begun(word) for word in words.lower().split()]
    found = [
        (code not in COMMON, code)
        for code, text in _described().items()
        if wanted and all(word.search(text) for word in wanted)
    ]
    if not found and wanted:
        found = [(False, code) for code in fitting(words)]
    return [_all()[code] for _rank, code in sorted(found)[:most]]


def fitting(name: str) -> list[str]:
    """The common categories of which a word is in the `name` of a shop or company; several, or none, may be."""
    lower = name.lower()
    return [code for code, (_chinese, words) in COMMON.items() if any(word in lower for word in words)]


def _begun(word: str) -> re.Pattern[str]:
    """What finds `word`: in Latin letters at the beginning of a word, so that tea is not in steam."""
    return re.compile((r"\b" if word.isascii() else "") + re.escape(word))


@cache
def _all() -> dict[str, Category]:
    return {
        found.mcc: Category(found.mcc, _name(found), COMMON[found.mcc][0] if found.mcc in COMMON else "")
        for found in iso18245.get_all_mccs()
        if _name(found)
    }


def _name(found: iso18245.MCC) -> str:
    return (
        found.iso_description
        or found.visa_description
        or found.mastercard_description
        or found.usda_description
        or found.stripe_description
        or found.range.description
    )


@cache
def _described() -> dict[str, str]:
    """What is searched, in lower case."""
    described = {}
    for found in iso18245.get_all_mccs():
        chinese, words = COMMON.get(found.mcc, ("", ()))
        texts = (
            _name(found), found.visa_description, found.stripe_description, found.alipay_description, chinese, *words
        )  # fmt: skip
        if _name(found):
            described[found.mcc] = " ".join((found.mcc, *texts)).lower()
    return described
