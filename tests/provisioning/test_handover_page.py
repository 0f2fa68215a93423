"""The printed hand-over sheet: one page, everything on it, and nothing in a name breaks it."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.errors import HandoverError
from provisioning.handover import fonts, page
from provisioning.handover.facts import Facts
from tests.provisioning.handed_over import BINDING, HEAD, facts, longest

ROOT = Path(__file__).parents[2]


def read_back(facts_of: Facts, tmp_path: Path) -> str:
    """What stands on the page, as another program reads it."""
    path = tmp_path / "sheet.pdf"
    path.write_bytes(page.render(facts_of, fonts.find()))
    assert "Pages:           1\n" in run("pdfinfo", path)
    return run("pdftotext", "-raw", path, "-")


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def code_on(path: Path) -> str:
    """The square code on the printed page, read as a phone does."""
    picture = path.with_suffix("")
    run("pdftoppm", "-r", "110", "-gray", "-singlefile", "-png", path, picture)
    return run(
        "zbarimg", "--quiet", "--raw", "--set", "*.enable=0", "--set", "qrcode.enable=1", picture.with_suffix(".png")
    )


def test_everything_that_was_installed_stands_on_one_page(tmp_path: Path) -> None:
    text = read_back(facts(), tmp_path)
    wanted = (
        "Terminal hand-over", "终端交接单", "JG-2026-0001", "示例茶行鼓楼店", "福州示例茶业有限公司",
        "91350100M000100Y43", "5499 Miscellaneous food stores", "福建省福州市鼓楼区 五四路1号一层", "…5432",
        "898350154990001", "10000001", "CNY 1,000.00", "0.60 %", "0.50 %, ≤ CNY 20.00",
        "Raspberry Pi Zero 2 W", "JumpGuard 0.1.0", "2026-11-26 08:00+08:00", "2027-11-26 08:00+08:00",
        "2027-11-26 18:00+08:00", "127.0.0.1:8583", "01234567 89abcdef", "CNY 0.01", "622202******0018",
        "183000000012", "000012", "Approved 已批准 (00), reversed 已冲正", "9f" * 16, "yes 是", "fedcba98 76543210",
        "Card reader 读卡器: PN532 1.6", "2026-11-26 18:46+08:00, Asia/Shanghai", "王小明",
        "Signature, date 签名、日期", "Everything was checked and is in order.",
    )  # fmt: skip
    spaced = re.sub(r" +", " ", text)
    assert [one for one in wanted if one not in spaced] == []
    assert "ab" * 32 not in text


@pytest.mark.parametrize(
    "changes",
    [{"acknowledged": False}, {"sale": None}, {"sold": {"approved": False, "code": "51"}}],
    ids=["not acknowledged", "no sale", "declined"],
)
def test_what_is_not_in_order_is_said_first(changes: dict[str, object], tmp_path: Path) -> None:
    text = read_back(facts(**changes), tmp_path)  # type: ignore[arg-type]
    assert "Not everything is in order" in text
    assert re.search(r"^! (no|None was made|Not approved) ", text, re.MULTILINE)
    assert "Everything was checked and is in order" not in text


def test_the_longest_contents_still_fit_above_the_signatures(tmp_path: Path) -> None:
    text = read_back(longest(), tmp_path)
    assert text.count("很长的") > 24 * 3 * 10
    assert "Merchant: I received" in text
    words = run("pdftotext", "-bbox", tmp_path / "sheet.pdf", "-")
    found = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"', words)
    edges = [tuple(map(float, word)) for word in found]
    # Points; an A4 page has 595 by 842.
    assert all(left > 40 and right < 555 and top > 35 and bottom < 825 for left, top, right, bottom in edges)
    signatures = 242 / 0.3528
    assert all(bottom < signatures + 1 or top > signatures - 1 for _left, top, _right, bottom in edges)


@pytest.mark.parametrize("facts_of", [facts(), longest()], ids=["short", "longest"])
def test_a_phone_reads_the_code_on_the_printed_page(facts_of: Facts, tmp_path: Path) -> None:
    path = tmp_path / "sheet.pdf"
    path.write_bytes(page.render(facts_of, fonts.find()))
    bound = facts_of.bound
    assert code_on(path).strip().split("\n") == [
        "JumpGuard", f"Serial {bound.serial}", f"Merchant {bound.name}", f"MID {bound.mid}", f"TID {bound.tid}",
        f"Version {bound.version}", f"Head {HEAD}",
    ]  # fmt: skip


def test_a_sign_that_no_font_has_is_written_as_its_number(tmp_path: Path) -> None:
    text = read_back(facts(bound={"name": "𠮷野茶行"}, legal_name="ᠮᠣᠩ"), tmp_path)
    assert "[U+20BB7]野茶行" in text
    assert "[U+182E]" in text


HASHED = """
import hashlib
from provisioning.handover import fonts, page
from tests.provisioning.handed_over import facts
print(hashlib.sha256(page.render(facts(), fonts.find())).hexdigest())
"""


def test_the_same_facts_make_the_same_bytes() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-c", HASHED]
    # In processes of their own: nothing that differs from one run to the next may enter.
    made = {subprocess.run(program, env=environment, check=True, capture_output=True).stdout for _each in range(2)}
    assert len(made) == 1
    here = page.render(facts(), fonts.find())
    assert made == {f"{hashlib.sha256(here).hexdigest()}\n".encode()}
    assert here != page.render(facts(technician="李"), fonts.find())


def test_a_missing_font_is_named_with_the_package_that_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_FOLDERS", (str(tmp_path),))
    (tmp_path / "DejaVuSans.ttf").touch()
    (tmp_path / "DejaVuSans-Bold.ttf").touch()
    with pytest.raises(
        HandoverError, match=r"DroidSansFallbackFull\.ttf: in none of .*apt-get install fonts-droid-fallback"
    ):
        fonts.find()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "DroidSansFallbackFull.ttf").touch()
    monkeypatch.setenv(fonts.VARIABLE, str(tmp_path / "mine"))
    assert fonts.find().chinese == tmp_path / "mine" / "DroidSansFallbackFull.ttf"


names = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda name: name == name.strip(" \u00a0\u3000")
)


@settings(max_examples=4, deadline=None)
@given(name=names, others=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=4, max_size=4))
def test_no_text_breaks_the_page(name: str, others: list[str]) -> None:
    more: dict[str, Any] = dict(zip(("legal_name", "hardware", "technician", "till"), others, strict=True))
    assert page.render(facts(bound={"name": name}, **more), fonts.find()).startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["店\u202e1000000", "a\u2028MID 000", "שלום 898", "مرحبا", "e\u0301" * 10, "\u2066店"])
def test_what_turns_direction_or_lines_in_a_name_does_nothing(name: str, tmp_path: Path) -> None:
    text = read_back(facts(bound={"name": name}), tmp_path)
    assert str(BINDING["mid"]) in text
    assert "\u202e" not in text
    assert "\u2066" not in text
    assert not any(line.startswith("MID") for line in text.splitlines())
