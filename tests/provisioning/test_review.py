"""What a review finds odd about an application, and what it does not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioning import keys, signing
from provisioning.registry import writing
from provisioning.review import NOTE, PROBLEM, WARNING, findings, rows, said
from tests.provisioning.merchant import ACCOUNT_NUMBER, application, other_uscc

HOUSEHOLD = other_uscc()


def found(level: str, **changes: str) -> dict[str, str]:
    """What is found of that level, by entry."""
    return {one.name: one.text for one in findings(application(**changes)) if one.level == level}


def test_nothing_is_odd_about_a_good_application() -> None:
    assert found(PROBLEM) == found(WARNING) == {}
    # What is the acquirer's own is told, and judged by nobody.
    assert set(found(NOTE)) == {"credit_rate", "debit_rate", "debit_cap"}
    cheap = {"credit_rate": "0.51", "debit_rate": "0.41", "debit_cap": "19.5"}
    assert found(NOTE, **cheap) == {}


@pytest.mark.parametrize(
    ("changes", "name", "text"),
    [
        ({"mid": "102350154990001"}, "mid", "it begins with 102, the acquirer is 898"),
        ({"mid": "898440154990001"}, "mid", "the region in it is 4401 (广东省 广州市), the terminal's is 350102"),
        ({"mid": "898581054990001"}, "mid", "the region in it is 5810 (none of GB/T 2260; it may be UnionPay's "
         "own code), the terminal's is 350102"),
        ({"mid": "898350158120001"}, "mid", "the category in it is 5812 (餐馆 Eating places and restaurants), entered "
         "is 5499"),
        ({"region": "350100"}, "region", "a whole city or province; name the district or county"),
        ({"region": "440104", "mid": "898440154990001"}, "region", "another province than that of the licence "
         "(registered in 福建省 福州市)"),
        ({"address": "厦门市湖里区1号"}, "address", "it names 厦门市, which is not in the region"),
        ({"mcc": "5812", "mid": "898350158120001"}, "mcc", "5812 does not fit what stands under Shop name: that sounds "
         "like 5499 食品专卖 Miscellaneous food shops -- convenience and speciality retail outlets"),
        ({"legal_name": "1,000.00"}, "legal_name", "no letter and no Chinese sign stands in it; is it a name?"),
        ({"name": "898350154110 002"}, "name", "no letter and no Chinese sign stands in it; is it a name?"),
        ({"uscc": HOUSEHOLD}, "legal_name", "the licence is of the form individual household business, the legal "
         "name sounds like another"),
        ({"legal_name": "福州示例茶业合作社"}, "legal_name", "the licence is of the form enterprise, the legal "
         "name sounds like another"),
        ({"credit_rate": "1.04"}, "credit_rate", "0.525 % beyond the public caps of issuer and network (0.515 %) is "
         "the acquirer's own part"),
        ({"debit_rate": "0.61"}, "debit_rate", "higher than that of credit cards; are the two swapped?"),
        ({"debit_cap": "40"}, "debit_cap", "20.50 yuan beyond the public caps of issuer and network (19.50 yuan)"),
        ({"limit": "1000.01"}, "limit", "above 1000.00 yuan cards ask for a PIN, which this terminal does not take"),
    ],
)  # fmt: skip
def test_what_is_odd_is_a_warning(changes: dict[str, str], name: str, text: str) -> None:
    assert found(WARNING, **changes) == {name: text}


@pytest.mark.parametrize(
    "changes",
    [
        {"legal_name": "鼓楼区示例茶叶店", "uscc": HOUSEHOLD},
        {"address": "福建省福州市鼓楼区五四路1号"},
        {"address": "福州市五四路1号"},
        {"name": "7-11 Tea"},
        {"limit": "1000", "debit_rate": "0.60", "credit_rate": "1.03", "debit_cap": "39"},
    ],
)
def test_what_fits_is_none(changes: dict[str, str]) -> None:
    assert found(WARNING, **changes) == {}


def test_a_merchant_number_beyond_the_pattern_is_a_note() -> None:
    assert "does not follow the usual pattern" in found(NOTE, mid="A98350154990001")["mid"]
    assert found(WARNING, mid="A98350154990001") == {}


def test_what_a_binding_needs_is_a_problem_until_it_is_there() -> None:
    assert set(found(PROBLEM, mid="", tid="")) == {"mid", "tid"}
    assert set(found(PROBLEM, uscc="", licence="110108000000016")) == {"uscc"}


def test_what_is_bound_elsewhere_is_found_in_the_registry(tmp_path: Path) -> None:
    signer = keys.create(tmp_path / "binding.key", keys.BINDING)
    order = signing.Order(by="desk", valid_from=datetime.now(UTC))
    with writing(tmp_path / "registry") as registry:
        signing.sign(application(), registry, signer, order)

        def beside(**changes: str) -> list[tuple[str, str]]:
            every = findings(application(**changes), registry)
            return [(one.level, one.name) for one in every if one.name in ("serial", "mid", "tid")]

        assert beside() == []
        assert beside(tid="10000002") == [(WARNING, "serial")]
        other = {"serial": "JG-2026-0002"}
        assert beside(**other) == [(PROBLEM, "tid"), (NOTE, "mid")]
        assert beside(**other, tid="10000002") == [(NOTE, "mid")]
        assert beside(**other, tid="10000002", uscc=HOUSEHOLD) == [(PROBLEM, "mid")]
        # Another acquirer gives out numbers of its own.
        assert beside(**other, acquirer="102") == [(WARNING, "mid")]


def test_entries_stand_beside_what_they_mean_and_the_account_is_not_there() -> None:
    shown = list(rows(application()))
    assert ("Region", "350102", "福建省 福州市 鼓楼区") in shown
    assert ("Settlement account", "…5432", "last 4 digits; the keyed hash is kept") in shown
    assert ACCOUNT_NUMBER not in str(shown)
    assert ("After a jump", "reverse", "the charge is reversed") in shown
    assert said("licence", "110108000000016") == "check digit is right · registered in 北京市 海淀区"
