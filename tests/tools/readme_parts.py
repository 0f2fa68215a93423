"""What a README is made of, section by section, so that its translation can be held beside it."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_ANCHOR = re.compile(r'<a id="([^"]+)">')
# The links from one README to another, which are no part of what both say.
_README = re.compile(r"README[\w.-]*\.md")


class Section(NamedTuple):
    """A heading, and what stands below it until the next one."""

    level: int
    title: str
    # What a link to it ends with, the same in each language: the heading's own, or what `<a id="..."></a>` in it says.
    anchor: str
    # Those of lists among them.
    paragraphs: int
    # What is *marked*; in Chinese the marks are read as such only beside a character, not beside `。` or `（`.
    emphases: int
    # The lines of its code blocks without their comments; of a drawing (no language is named) the folders alone.
    code: tuple[str, ...]
    # (rows, columns) of each table.
    tables: tuple[tuple[int, int], ...]
    # What stands in backticks, where links lead, and the numbers in the text around them.
    quoted: Counter[str]
    links: Counter[str]
    numbers: Counter[str]


def sections(markdown: str) -> list[Section]:
    """The sections of a README in their order. What stands before the first heading is not looked at."""
    tokens = _MARKDOWN.parse(markdown)
    starts = [place for place, token in enumerate(tokens) if token.type == "heading_open"]
    return [_section(tokens[start:end]) for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True)]


def _section(tokens: list[Token]) -> Section:
    heading = tokens[1].children or []
    title = "".join(part.content for part in heading if part.type in ("text", "code_inline"))
    given = _ANCHOR.search(tokens[1].content)
    inline = [part for token in tokens for part in token.children or []]
    text = " ".join(part.content for part in inline if part.type == "text")
    return Section(
        level=int(tokens[0].tag[1:]),
        title=title,
        anchor=given[1] if given else _anchor(title),
        paragraphs=sum(token.type == "paragraph_open" for token in tokens),
        emphases=sum(part.type in ("em_open", "strong_open") for part in inline),
        code=tuple(line for token in tokens if token.type == "fence" for line in _code(token)),
        tables=tuple(_tables(tokens)),
        quoted=Counter(_own_words(part.content) for part in inline if part.type == "code_inline"),
        links=Counter(link for part in inline if (link := str(part.attrs.get("href", ""))) and not _README.match(link)),
        numbers=Counter(re.findall(r"\d+(?:[.,]\d+)*", text)),
    )


def _anchor(title: str) -> str:
    """What GitHub makes of a heading for links."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _code(fence: Token) -> Iterator[str]:
    for line in fence.content.splitlines():
        if fence.info:
            if command := _own_words(re.sub(r"(^|\s)#.*", "", line)).split():
                yield " ".join(command)
        else:
            folder = re.match(r"\s*([\w/]+/)\s", line)
            yield folder[1] if folder else "(of a drawing)"


def _own_words(code: str) -> str:
    """`code` without what a person says in it, which is in his language: `--why "sold to Wang"`."""
    return re.sub(r'"[^"]*"', lambda said: '"…"' if " " in said[0] or not said[0].isascii() else said[0], code)


def _tables(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    rows = columns = 0
    for token in tokens:
        if token.type == "table_open":
            rows = columns = 0
        rows += token.type == "tr_open"
        columns += token.type == "th_open"
        if token.type == "table_close":
            yield rows - 1, columns
