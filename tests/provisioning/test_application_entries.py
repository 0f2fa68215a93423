"""What people type: made plain, taken when it is right, and when not told what is wrong with it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.binding.record import parse
from provisioning.application import categories, identifiers, money, names, regions
from provisioning.application.account import AccountKey
from provisioning.application.fields import BY_NAME, FIELDS, Field
from provisioning.errors import EntryError
from provisioning.signing import Order, document_of
from tests.provisioning.merchant import ACCOUNT_NUMBER, KEY, application, entries


def wide(text: str) -> str:
    """`text` in full-width digits and letters."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@pytest.mark.parametrize(
    ("check", "typed", "plain"),
    [
        (identifiers.uscc, "9135 0100 M000 100Y-43", "91350100M000100Y43"),
        (identifiers.uscc, wide("91350100m000100y43"), "91350100M000100Y43"),
        (identifiers.uscc, "\ufeff91350100M000100Y43\u200b", "91350100M000100Y43"),
        (identifiers.licence, "110108 00000 0016", "110108000000016"),
        (identifiers.serial, "ｊｇ－２０２６—0001 ", "JG-2026-0001"),
        (identifiers.acquirer, "８９８", "898"),
        (identifiers.mid, "898 3501 5499 0001", "898350154990001"),
        (identifiers.mid, "8983501549900ab", "8983501549900AB"),
        (identifiers.tid, "1000-0001", "10000001"),
        (identifiers.account, "6222 0210 0109 8765 432", ACCOUNT_NUMBER),
        (names.shop, " 示例 \u3000茶行 ", "示例 茶行"),
        (names.address, "五四路１号Ａ座", "五四路1号A座"),
        (names.legal, "示例（福州）有限公司", "示例（福州）有限公司"),
        (money.rate, "0.6", "0.60"),
        (money.rate, "０．６％", "0.60"),
        (money.rate, "6‰", "0.60"),
        (money.rate, "千分之六", "0.60"),
        (money.amount, "1,000", "1000.00"),
        (money.amount, "¥1,234,567.80", "1234567.80"),
        (money.amount, "20元", "20.00"),
        (money.currency, "cny", "156"),
        (money.currency, "RMB", "156"),
        (regions.region, "350102", "350102"),
        (regions.region, "福州鼓楼", "350102"),
        (regions.region, "福建省福州市鼓楼区", "350102"),
        (categories.category, "5499", "5499"),
        (categories.category, "奶茶", "5814"),
        (names.timezone, "Asia/Shanghai", "Asia/Shanghai"),
    ],
)
def test_what_is_pasted_is_made_plain(check: Callable[[str], str], typed: str, plain: str) -> None:
    assert check(typed) == plain
    assert check(plain) == plain


@pytest.mark.parametrize(
    ("check", "typed", "why"),
    [
        (identifiers.uscc, "91350100M000100Y4A", "check character A does not fit the 17"),
        (identifiers.uscc, "9135O100M000100Y43", "“O” at place 5 is in no unified .* is it “0”"),
        (identifiers.uscc, "91350100M000100Y4", "17 characters; 18 are due"),
        (identifiers.uscc, "91350100M000茶00Y43", "“茶” at place 13 is neither"),
        (identifiers.uscc, "", "nothing was entered"),
        (identifiers.licence, "110108000000017", "check digit 7 does not fit the 14"),
        (identifiers.licence, "11010800000001O", "“O” at place 15 is no digit"),
        (identifiers.serial, "JG_2026/1", "“/” at place 8"),
        (identifiers.serial, "JG 2026 0007", "a space stands in it"),
        (identifiers.serial, "JG-2026\u3000-0007", "a space stands in it"),
        (identifiers.serial, "JG1", "3 characters; a serial has 4 to 32"),
        (identifiers.serial, "4111111111111111", "a card number"),
        (identifiers.mid, "8.98350E+14", "a spreadsheet has rounded it"),
        (identifiers.mid, "89835015499000", "14 characters; 15 are due"),
        (identifiers.tid, "1000000茶", "“茶” at place 8"),
        (identifiers.acquirer, "89", "2 characters; 3 to 11 are due"),
        (names.shop, "茶" * 21, "too long for the bill by 2 bytes"),
        (names.shop, "茶😀", "“😀” cannot be sent"),
        (names.address, "x" * 201, "201 characters; 200 at most"),
        (names.address, "pay to 4111111111111111", "a card number stands in it"),
        (names.legal, "a\u202eb", "U\\+202E is no printable"),
        (names.legal, "a\x00b", "U\\+0000 is no printable"),
        (names.timezone, "Mars/Olympus", "no time zone"),
        (names.timezone, "../../etc/passwd", "no time zone"),
        (names.jump_policy, "ignore", "not one of reverse"),
        (money.rate, "0.006", "is 0.6 % meant"),
        (money.rate, "0.555", "two decimals at most"),
        (money.rate, "0", "more than 0 %"),
        (money.rate, "60", "at most 10 %"),
        (money.rate, "-1", "no rate"),
        (money.rate, "1e1", "no rate"),
        (money.amount, "10,00", "the commas do not part thousands"),
        (money.amount, "0", "no amount in yuan"),
        (money.amount, "1.005", "no amount in yuan"),
        (money.currency, "XXX", "not a currency"),
        (regions.region, "110103", r"110103 \(北京市 崇文区\) was abolished in 2010"),
        (regions.region, "999999", "has no region 999999"),
        (regions.region, "3501", "4 characters; 6 are due"),
        (regions.region, "鼓楼", "320106 江苏省 南京市 鼓楼区; 320302 "),
        (regions.region, "霍格沃茨", "no region of that name"),
        (categories.category, "0002", "no category 0002"),
        (categories.category, "xyzzy", "no category of these words"),
        (categories.category, "restaurant", "5812 餐馆 .*; 5814 快餐"),
    ],
)
def test_what_is_wrong_is_named(check: Callable[[str], str], typed: str, why: str) -> None:
    with pytest.raises(EntryError, match=why):
        check(typed)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("6222 0210 0109 8765 43x", "what stands at place 19 is no digit"),
        ("6222021", "7 characters"),
        ("6" * 31, "31 characters"),
        ("6.22202E+18", "rounded"),
        ("", "nothing"),
    ],
)
def test_a_wrong_account_is_not_repeated(typed: str, why: str) -> None:
    with pytest.raises(EntryError, match=why) as refused:
        KEY.keep(typed)
    assert "6222021" not in str(refused.value).replace(" ", "").replace("7characters", "")


def test_of_an_account_the_last_digits_and_a_keyed_hash_are_kept() -> None:
    kept = KEY.keep("6222-0210 0109 8765 432")
    assert kept == KEY.keep(wide(ACCOUNT_NUMBER))
    assert kept.last4 == "5432"
    assert kept.hash != KEY.keep(ACCOUNT_NUMBER[:-1] + "3").hash
    assert kept.hash != AccountKey(bytes(32)).keep(ACCOUNT_NUMBER).hash
    assert ACCOUNT_NUMBER not in repr(kept) and ACCOUNT_NUMBER not in repr(KEY)


@given(st.sampled_from(FIELDS), st.text(max_size=60))
def test_hostile_text_is_refused_or_plain_once_and_for_all(field: Field, text: str) -> None:
    try:
        plain = field.check(text)
    except EntryError as error:
        assert str(error)
        return
    assert field.check(plain) == plain
    assert plain.isprintable() and plain == plain.strip() and plain


@given(st.lists(st.sampled_from(" -－—\u3000\u200b\t"), max_size=6), st.integers(0, 18))
def test_spaces_and_dashes_anywhere_change_no_identifier(noise: list[str], at: int) -> None:
    code = "91350100M000100Y43"
    assert identifiers.uscc(code[:at] + "".join(noise) + code[at:]) == code


@given(st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_any_one_wrong_character_of_a_uscc_is_noticed(at: int, other: str) -> None:
    code = "91350100M000100Y43"
    if code[at] == other:
        return
    with pytest.raises(EntryError):
        identifiers.uscc(code[:at] + other + code[at + 1 :])


@given(st.text(alphabet=st.characters(codec="gbk", categories=("L", "N", "P")), min_size=1, max_size=25))
def test_a_shop_name_that_is_taken_is_one_that_a_binding_takes(text: str) -> None:
    try:
        plain = names.shop(text)
    except EntryError:
        return
    order = Order(by="a", valid_from=datetime.now(UTC))
    assert parse(document_of(application(name=plain), 1, order)).name == plain


def test_every_field_takes_its_own_example() -> None:
    for field in FIELDS:
        if field.name not in ("mcc", "region"):
            assert field.check(field.example)
    assert [one.code for one in categories.search(BY_NAME["mcc"].example)] == ["5499"]
    assert [one.code for one in regions.search(BY_NAME["region"].example)] == ["350102"]
    assert set(entries()) | {"licence", "currency", "timezone", "jump_policy"} == {field.name for field in FIELDS}


def test_no_abolished_region_is_found() -> None:
    assert regions.known("110103") == regions.Region("110103", "北京市 崇文区", "崇文区", "2010")
    assert regions.search("崇文") == []
    assert regions.search("朝阳")[0].name == "北京市 朝阳区"
    # A name that a code bore before is not it any more: 350111 was a suburb, and is 晋安.
    assert regions.known("350111") == regions.Region("350111", "福建省 福州市 晋安区", "晋安区")
    assert regions.search("五指山")[0].name == "海南省 五指山市"


def test_tea_is_not_in_steamships() -> None:
    found = [one.code for one in categories.search("tea")]
    assert found[:2] == ["5499", "5814"]
    assert "4411" not in found
