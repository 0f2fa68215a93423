"""A made-up merchant's application, as files and as checked entries, for the tests of provisioning."""

from collections.abc import Mapping
from pathlib import Path

from agent.binding.identifiers import is_uscc
from provisioning.application.account import AccountKey
from provisioning.application.application import Application, complete
from provisioning.application.fields import ACCOUNT, BY_NAME
from provisioning.application.photos import Photo

SERIAL = "JG-2026-0001"
# No card: its check digit is wrong.
ACCOUNT_NUMBER = "6222021001098765432"
KEY = AccountKey(bytes(range(32)))

ENTRIES: Mapping[str, str] = {
    "serial": SERIAL,
    "acquirer": "898",
    "uscc": "91350100M000100Y43",
    "legal_name": "福州示例茶业有限公司",
    "name": "示例茶行鼓楼店",
    "mcc": "5499",
    "region": "350102",
    "address": "五四路1号一层",
    "account": ACCOUNT_NUMBER,
    "credit_rate": "0.60",
    "debit_rate": "0.50",
    "debit_cap": "20",
    "limit": "1000",
    "mid": "898350154990001",
    "tid": "10000001",
}


def other_uscc(base: str = "92350100MA2XYW123") -> str:
    """A code of another merchant, an individual household business, with a right check character."""
    return next(base + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if is_uscc(base + last))


def entries(**changes: str) -> dict[str, str]:
    """The entries as somebody typed them, with `changes`; "" leaves one out."""
    return {name: text for name, text in {**ENTRIES, **changes}.items() if text}


def application(*photos: Photo, **changes: str) -> Application:
    """The application of these entries."""
    typed = entries(**changes)
    account = KEY.keep(typed.pop(ACCOUNT))
    checked = {name: BY_NAME[name].check(text) for name, text in typed.items()}
    return Application(entries=complete(checked), account=account, photos=list(photos))


def csv(*rows: Mapping[str, str], divider: str = ",") -> str:
    """A table with a row for each of `rows`."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "\r\n".join(divider.join(cells) for cells in lines) + "\r\n"


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """`path`, with `text` in it."""
    path.write_bytes(text.encode(encoding))
    return path
