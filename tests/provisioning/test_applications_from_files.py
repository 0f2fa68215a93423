"""Files of applications, as people hand them in: all is taken, or what is wrong is named by row and column."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioning.application import application as applications
from provisioning.application.example import KINDS, example
from provisioning.application.imported import applications_in
from provisioning.application.photos import Photo
from provisioning.errors import ApplicationError
from tests.provisioning.merchant import ACCOUNT_NUMBER, ENTRIES, KEY, application, csv, entries, other_uscc, written

CHINESE = {
    "serial": "终端序列号", "acquirer": "收单机构", "uscc": "统一社会信用代码", "legal_name": "商户名称",
    "name": "店名", "mcc": "商户类别", "region": "行政区划代码", "address": "装机地址", "account": "结算账号",
    "credit_rate": "贷记卡费率", "debit_rate": "借记卡费率", "debit_cap": "封顶", "limit": "单笔限额",
    "mid": "商户号", "tid": "终端号",
}  # fmt: skip


def second(**changes: str) -> dict[str, str]:
    """Another terminal of another merchant."""
    other = {"serial": "JG-2026-0002", "uscc": other_uscc(), "mid": "898350154990002", "tid": "10000002"}
    return entries(**{**other, **changes})


def taken(path: Path) -> list[applications.Application]:
    return applications_in(path, KEY)[0]


def refused(path: Path) -> list[str]:
    """What is wrong with the file, a line each, without the file's name."""
    with pytest.raises(ApplicationError) as error:
        applications_in(path, KEY)
    said = str(error.value)
    assert ACCOUNT_NUMBER not in said and ACCOUNT_NUMBER[:12] not in said
    return [line.removeprefix(f"{path}: ") for line in said.splitlines()]


@pytest.mark.parametrize("divider", [",", ";", "\t", "|", "，"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_table_is_read_in_any_usual_encoding_and_with_any_divider(
    tmp_path: Path, encoding: str, divider: str
) -> None:
    path = written(tmp_path / "a.csv", csv(entries(), second(), divider=divider), encoding)
    found, notes = applications_in(path, KEY)
    assert found == [application(), application(**second())]
    assert [note for note in notes if "GBK" in note] == (
        ["read as GBK, since it is not UTF-8; look at the names"] if encoding == "gbk" else []
    )
    assert any("divided by" in note for note in notes) == (divider != ",")


def test_chinese_headings_are_known(tmp_path: Path) -> None:
    row = {CHINESE[name]: text for name, text in entries().items()}
    assert taken(written(tmp_path / "a.csv", csv(row), "gbk")) == [application()]


def test_toml_yaml_and_csv_say_the_same(tmp_path: Path) -> None:
    toml = "\n".join(f'{name} = "{text}"' for name, text in entries().items())
    yaml = "\n".join(f"{name}: {text}" for name, text in entries().items())
    listed = "".join(f"- {yaml}".replace("\n", "\n  ") + "\n" for _ in "1")
    for name, text in (("a.toml", toml), ("b.toml", f"[[application]]\n{toml}"), ("a.yaml", yaml), ("b.yml", listed)):
        assert taken(written(tmp_path / name, text)) == [application()], name


def test_numbers_in_yaml_and_toml_keep_every_digit(tmp_path: Path) -> None:
    yaml = "\n".join(f"{name}: {text}" for name, text in entries(tid="01234567", credit_rate="0.55").items())
    assert taken(written(tmp_path / "a.yaml", yaml))[0].entries["tid"] == "01234567"
    numbers = ("mid", "credit_rate", "account", "limit")
    toml = "\n".join(f"{n} = {t}" if n in numbers else f'{n} = "{t}"' for n, t in entries().items())
    assert taken(written(tmp_path / "a.toml", toml)) == [application()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_files_are_taken_as_they_are(tmp_path: Path, kind: str) -> None:
    found = taken(written(tmp_path / f"a.{kind}", example(kind)))
    assert [one.serial for one in found] == ["JG-2026-0001"]
    assert applications.missing(found[0].entries, found[0].account) == []


def test_what_spreadsheets_put_around_digits_goes(tmp_path: Path) -> None:
    rows = csv(entries(mid='"=""898350154990001"""', tid="'10000001"))
    assert taken(written(tmp_path / "a.csv", rows)) == [application()]


@pytest.mark.parametrize(
    ("one", "other"),
    [("mid", "tid"), ("mid", "uscc"), ("mid", "account"), ("serial", "uscc"), ("mcc", "region"), ("acquirer", "tid")],
)
def test_two_swapped_columns_are_recognised_and_named_once(tmp_path: Path, one: str, other: str) -> None:
    rows = [{**row, one: row[other], other: row[one]} for row in (entries(), second())]
    (said,) = refused(written(tmp_path / "a.csv", csv(*rows)))
    assert said.startswith("every row: the columns ")
    assert {one, other} <= set(said.replace(":", "").split())
    (said,) = refused(written(tmp_path / "a.csv", csv(rows[0], second())))
    assert said.startswith("row 2: ")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([entries(), second(serial="JG-2026-0001")], ["row 3, serial: JG-2026-0001 stands in row 2, too"]),
        ([entries(), second(mid="898350154990001")], ["row 3, mid: 898350154990001 stands in row 2, too"]),
        ([entries(), second(tid="10000001")], ["row 3, tid: 10000001 stands in row 2, too"]),
        ([entries(uscc="91350100M000100Y4A")],
         ["row 2, uscc: (18 characters): the check character A does not fit the 17 before it: one is wrong, or two are swapped"]),  # noqa: E501
        ([entries(mid="1234")], ["row 2, mid: “1234”: 4 characters; 15 are due"]),
        ([entries(mid=ACCOUNT_NUMBER)], ["row 2, mid: (19 characters): 19 characters; 15 are due"]),
        ([entries(account=ACCOUNT_NUMBER + "x")], ["row 2, account: what stands at place 20 is no digit"]),
        ([entries(address="")], ["row 2, address: missing: Installation address"]),
        ([entries(account="", region="110103")], ["row 2, region: “110103”: region 110103 (北京市 崇文区) was abolished in 2010; search the one that took its place by name", "row 2, account: missing: Settlement account"]),  # noqa: E501
        ([{**entries(), "adress": "x"}], ["no entry is called “adress”; address is"]),
        ([{**entries(), "商户号": "x"}], ["row 2, 商户号: the same entry as mid"]),
        ([entries(tid="898350154990001")],
         ["row 2, tid: (15 characters): 15 characters; 8 are due; it has the form of mid (Merchant number (MID))"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_row_and_column(tmp_path: Path, rows: list[dict[str, str]], said: list[str]) -> None:
    assert refused(written(tmp_path / "a.csv", csv(*rows))) == said


def test_one_merchant_may_have_several_terminals_under_one_number(tmp_path: Path) -> None:
    sister = entries(serial="JG-2026-0003", tid="10000003")
    assert len(taken(written(tmp_path / "a.csv", csv(entries(), sister)))) == 2


def test_mid_and_tid_may_follow_later_and_an_old_licence_is_enough(tmp_path: Path) -> None:
    (found,) = taken(
        written(tmp_path / "a.csv", csv(entries(mid="", tid="", uscc="") | {"licence": "110108000000016"}))
    )
    assert (found.get("mid"), found.get("licence")) == ("", "110108000000016")
    said = refused(written(tmp_path / "a.csv", csv(entries(uscc=""))))
    assert said == ["row 2, uscc: missing: Unified social credit code"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", b"", "row 1 is no row of headings"),
        ("a.csv", b"a b c\n1 2 3\n", "row 1 is no row of headings"),
        ("a.csv", csv(entries()).encode().splitlines()[1], "row 1 is no row of headings"),
        ("a.csv", b"mid,tid\n1,2,3\n", "row 2: 3 cells under 2 headings"),
        ("a.csv", b"mid,tid,mid\n1,2,3\n", "row 1: two columns are called “mid”"),
        ("a.csv", b'mid,tid\n"1,2\n', "no CSV"),
        ("a.csv", b"mid,tid\n", "there is no application in it"),
        ("a.csv", b"mid,tid\n\xff\xff,\xff\n", "byte 8 is neither UTF-8 nor GBK"),
        ("a.toml", b"mid = \n", "line 1"),
        ("a.toml", b"mid = true\n", "application 1, “mid”: write the value in quotes"),
        ("a.toml", b"x = " + b"[" * 5000, "nested too deeply"),
        ("a.yaml", b"mid: [\n", "line 2, column 1"),
        ("a.yaml", b"mid: '1'\nmid: '2'\n", "line 1, column 1: an entry stands there twice"),
        ("a.yaml", b"account: *6222021001098765432\n", "this is no YAML"),
        ("a.yaml", b"- a\n", "application 1 is no list of entries"),
        ("a.yaml", b"!!python/object/apply:os.system ['touch /tmp/x']\n", "application 1 is no list"),
        ("a.json", b"{}", "not one of .toml .yaml .yml .csv"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_its_place(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    (said,) = refused(path)
    assert why in said


def test_photos_are_named_by_their_hash_and_looked_for_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "shop.jpg").write_bytes(b"picture")
    (found,) = taken(written(tmp_path / "a.csv", csv(entries() | {"photos": "shop.jpg"})))
    sha256 = hashlib.sha256(b"picture").hexdigest()
    assert found == application(Photo("shop.jpg", sha256))
    (said,) = refused(written(tmp_path / "a.csv", csv(entries() | {"photos": "shop.jpg;licence.jpg"})))
    assert "there is no file" in said


def test_an_application_is_read_as_it_was_written(tmp_path: Path) -> None:
    one = application(Photo("shop.jpg", "0" * 64))
    path = applications.save(one, tmp_path)
    assert (path.name, path.stat().st_mode & 0o777) == ("JG-2026-0001.application.json", 0o600)
    assert applications.load(path) == one
    assert ACCOUNT_NUMBER not in path.read_text()
    assert one.digest != application(address="五四路2号").digest


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.replace("898350154990001", "898350154990001 "), "mid: not in its plain form"),
        (lambda text: text.replace("91350100M000100Y43", "91350100M000100Y4A"), "uscc: the check character"),
        (lambda text: text.replace('"tid"', '"more"'), "“more”: not an entry of this software"),
        (lambda text: text.replace('"address": "五四路1号一层",', ""), "address: missing"),
        (lambda text: text.replace('"last4": "5432"', '"last4": "５４３２"'), "no application"),
        (lambda text: text.replace("application/1", "application/2"), "no application"),
        (lambda text: text[:-20], "no application"),
        (lambda text: "[" * 100_000, "no application"),
    ],
)
def test_an_application_that_was_changed_is_checked_anew(
    tmp_path: Path, change: Callable[[str], str], why: str
) -> None:
    path = applications.save(application(), tmp_path)
    path.write_text(change(path.read_text()))
    with pytest.raises(ApplicationError, match=why):
        applications.load(path)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*ENTRIES, "photos", "licence"]), st.text(max_size=30)), st.sampled_from(",;\t"))
def test_hostile_cells_are_refused_or_make_an_application_that_is_read_again(
    tmp_path: Path, changes: dict[str, str], divider: str
) -> None:
    row = {**ENTRIES, **changes}
    quoted = [{name: '"' + text.replace('"', '""') + '"' for name, text in row.items()}]
    try:
        path = written(tmp_path / "a.csv", csv(*quoted, divider=divider), "utf-8")
    except UnicodeEncodeError:  # lone surrogates are in no file
        return
    try:
        found = taken(path)
    except ApplicationError as error:
        assert ACCOUNT_NUMBER not in str(error)
        return
    for one in found:
        assert applications.load(applications.save(one, tmp_path)) == one
        assert msgspec.to_builtins(one) == json.loads(json.dumps(msgspec.to_builtins(one)))
