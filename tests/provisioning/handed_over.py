"""A made-up installation, as the facts of its hand-over sheet, for the tests."""

from typing import Any

from agent.binding.record import FORMAT
from provisioning.handover.facts import Check, Facts, TestSale

BINDING: dict[str, object] = {
    "format": FORMAT, "version": 3, "serial": "JG-2026-0001", "acquirer": "898", "mid": "898350154990001",
    "tid": "10000001", "uscc": "91350100M000100Y43", "account_last4": "5432", "account_hash": "ab" * 32,
    "address": "五四路1号一层", "region": "350102", "timezone": "Asia/Shanghai", "mcc": "5499",
    "name": "示例茶行鼓楼店", "currency": "156", "limit": 100_000, "jump_policy": "reverse",
    "fees": {"credit_basis_points": 60, "debit_basis_points": 50, "debit_cap": 2_000},
    "valid_from": "2026-11-26T00:00:00Z", "valid_to": "2027-11-26T00:00:00Z",
}  # fmt: skip
SALE: dict[str, Any] = {
    "amount": 1, "card": "622202******0018", "reference": "183000000012", "trace": "000012", "approved": True,
    "code": "00", "reversed": True,
}  # fmt: skip
HEAD = "fedcba9876543210" * 4


def facts(*, bound: dict[str, object] | None = None, sold: dict[str, Any] | None = None, **changes: Any) -> Facts:
    """An installation in which all went well, but for what is changed in its binding, its test sale, or itself."""
    said = [
        ("Card reader", "读卡器", "PN532 1.6"),
        ("Clock", "时钟", "synced"),
        ("First vitals", "首次状态上报", "2 s"),
    ]
    values: dict[str, Any] = {
        "binding": {**BINDING, **(bound or {})},
        "legal_name": "福州示例茶业有限公司",
        "place": "福建省福州市鼓楼区",
        "category": "Miscellaneous food stores",
        "hardware": "Raspberry Pi Zero 2 W Rev 1.0",
        "software": "JumpGuard 0.1.0",
        "certificate": "0123456789abcdef" * 4,
        "certificate_end": "2027-11-26T10:00:00Z",
        "till": "127.0.0.1:8583",
        "sale": TestSale(**{**SALE, **(sold or {})}),
        "journal_id": "9f" * 16,
        "head": HEAD,
        "acknowledged": True,
        "checks": tuple(Check(english=e, chinese=z, level="ok", detail=d) for e, z, d in said),
        "technician": "王小明",
        "time": "2026-11-26T10:46:00Z",
    }
    return Facts(**{**values, **changes})


def longest() -> Facts:
    """An installation whose every text is as long as it may be, and in which nothing went well."""
    # Chinese signs are the widest, and a line of them may break anywhere.
    long = "很长的内容" * 100
    check = {"english": long, "chinese": long, "detail": long}
    levels = ("ok", "warning", "problem", "unknown") * 6
    bound = {
        "serial": "JG-" + "2026-" * 5 + "0001", "name": "一二三四五六七八九十" * 2, "address": long[:200],
        "timezone": "America/Argentina/ComodRivadavia", "limit": 10**12 - 1, "version": 10**9,
        "acquirer": "89812345678",
    }  # fmt: skip
    sold = {"amount": 10**12 - 1, "card": "622202*********0018", "reference": long, "code": long, "approved": False}
    return facts(
        bound=bound, sold=sold, legal_name=long, place=long, category=long, hardware=long,
        software=long, till=long, technician=long, journal_id=long, acknowledged=False,
        checks=tuple(Check(level=level, **check) for level in levels),  # type: ignore[arg-type]
    )  # fmt: skip
