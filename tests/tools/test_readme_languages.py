"""README.md and README.zh-CN.md say the same: whoever changes one is told what the other lacks."""

from itertools import permutations
from pathlib import Path

import pytest

from tests.tools.readme_lacks import lacks
from tests.tools.readme_parts import sections
from tools.readme_tables import READMES

PAIRS = [*permutations(READMES.values(), 2)]
ENGLISH = """
# A terminal

It *has* `settings`; see [the keys](#the-keys).

```sh
jumpguard status      # says how it is
jumpguard close 7 --why "sold to Wang"
```

## The keys

| key | where |
|---|---|
| root | offline |

- One, for 30 days.
- Two: `keys.json`.

```
agent/      what it does
  card/       its card
```
"""
CHINESE = """
# <a id="a-terminal"></a>终端

配置*见* `settings`；另见[密钥](#the-keys)。

```sh
jumpguard status      # 查看状态
jumpguard close 7 --why "转让给王某"
```

## <a id="the-keys"></a>密钥

| 密钥 | 位置 |
|---|---|
| 根密钥 | 离线 |

- 一，30 天。
- 二：`keys.json`。

```
agent/      做什么
  card/       读卡
```
"""


@pytest.mark.parametrize(("own", "other"), PAIRS, ids=lambda readme: readme.name)
def test_a_readme_lacks_nothing_that_the_other_one_has(own: Path, other: Path) -> None:
    found = lacks(own.read_text(encoding="utf-8"), other.read_text(encoding="utf-8"))
    assert not found, "\n".join([f"{own.name} lacks, as {other.name} has it:", *found])


@pytest.mark.parametrize(("own", "other"), PAIRS, ids=lambda readme: readme.name)
def test_a_readme_leads_to_the_other_one_in_its_first_lines(own: Path, other: Path) -> None:
    assert f"]({other.name})" in "".join(own.read_text(encoding="utf-8").splitlines()[:5])


@pytest.mark.parametrize("readme", READMES.values(), ids=lambda readme: readme.name)
def test_each_link_of_a_readme_leads_somewhere(readme: Path) -> None:
    parts = sections(readme.read_text(encoding="utf-8"))
    anchors = {section.anchor for section in parts}
    links = [link for section in parts for link in section.links if ":" not in link]
    assert len(anchors) == len(parts)
    assert len(links) > 1
    for link in links:
        assert link[1:] in anchors if link.startswith("#") else (readme.parent / link).exists(), link


def test_another_language_alone_is_no_lack() -> None:
    assert lacks(CHINESE, ENGLISH) == lacks(ENGLISH, CHINESE) == []


@pytest.mark.parametrize(
    ("had", "has", "lack"),
    [
        ("jumpguard status ", "", 'in "终端" (A terminal): the line of code: jumpguard status'),
        ("--why", "--reason", 'in "终端" (A terminal): the line of code: jumpguard close 7 --why "…"'),
        ("  card/ ", "  卡/ ", 'in "密钥" (The keys): the line of code: card/'),
        ("`keys.json`", "密钥集", 'in "密钥" (The keys): `keys.json`'),
        ("[密钥](#the-keys)", "密钥", 'in "终端" (A terminal): the link to #the-keys'),
        ("*见*", "见", 'in "终端" (A terminal): 1 emphases (* or **)'),
        ("30 天", "一个月", 'in "密钥" (The keys): the number 30'),
        ("- 一，30 天。\n", "", 'in "密钥" (The keys): 1 paragraphs or entries of lists'),
        ("| 根密钥 | 离线 |\n", "", 'in "密钥" (The keys): tables of (rows, columns) ((1, 2),) instead of ((0, 2),)'),
        ("## <a", "### <a", 'in "密钥" (The keys): a heading of level 2'),
        ('<a id="the-keys"></a>', "", 'the section "The keys": ## <a id="the-keys"></a>'),
    ],
)
def test_what_is_lacking_is_told_with_its_section(had: str, has: str, lack: str) -> None:
    assert had in CHINESE
    assert lack in lacks(CHINESE.replace(had, has), ENGLISH)


def test_another_order_is_told() -> None:
    title, status, close, keys = "# 甲\n", "```sh\na\n```\n", "```sh\nb\n```\n", "## 乙\n"
    due = title + status + close + keys
    assert lacks(title + close + status + keys, due) == ['in "甲" (甲): the order of its lines of code']
    assert lacks(keys + title + status + close, due) == ["this order of sections: 甲, 乙"]
