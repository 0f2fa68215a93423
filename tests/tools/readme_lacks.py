"""What a README lacks that the one in the other language has, each lack told with its section."""

from collections import Counter
from collections.abc import Iterator

from tests.tools.readme_parts import Section, sections


def lacks(text: str, other: str) -> list[str]:
    """What `text` lacks of `other`, both Markdown, and where it has the same in another order."""
    own = {section.anchor: section for section in sections(text)}
    due = {section.anchor: section for section in sections(other)}
    found = [f'the section "{due[anchor].title}": {_heading(due[anchor])}' for anchor in due if anchor not in own]
    shared = [anchor for anchor in due if anchor in own]
    if shared != [anchor for anchor in own if anchor in due]:
        found.append(f"this order of sections: {', '.join(shared)}")
    for anchor in shared:
        where = f'in "{own[anchor].title}" ({due[anchor].title})'
        found += [f"{where}: {lack}" for lack in _lacks(own[anchor], due[anchor])]
    return found


def _heading(section: Section) -> str:
    return f'{"#" * section.level} <a id="{section.anchor}"></a>'


def _lacks(own: Section, due: Section) -> Iterator[str]:
    if own.level != due.level:
        yield f"a heading of level {due.level}"
    yield from (f"the line of code: {line}" for line in (Counter(due.code) - Counter(own.code)).elements())
    yield from (f"`{part}`" for part in (due.quoted - own.quoted).elements())
    yield from (f"the link to {link}" for link in (due.links - own.links).elements())
    yield from (f"the number {number}" for number in (due.numbers - own.numbers).elements())
    if sorted(own.code) == sorted(due.code) and own.code != due.code:
        yield "the order of its lines of code"
    if own.tables != due.tables:
        yield f"tables of (rows, columns) {due.tables} instead of {own.tables}"
    if own.paragraphs < due.paragraphs:
        yield f"{due.paragraphs - own.paragraphs} paragraphs or entries of lists"
    if own.emphases < due.emphases:
        yield f"{due.emphases - own.emphases} emphases (* or **)"
