"""What an acquirer needs to know of a terminal and its merchant, in the order in which it is asked."""

from collections.abc import Callable
from dataclasses import dataclass

from provisioning.application import categories, identifiers, money, names, regions
from provisioning.errors import EntryError
from provisioning.texts import mark

# A contactless payment without PIN; a prototype terminal takes no PIN.
LIMIT = "1000.00"


@dataclass(frozen=True, slots=True)
class Field:
    """An entry: its name in files, its title and hint for people, an example, and what checks it.

    `check` returns the plain form or raises EntryError. `aliases` are what columns are called otherwise. One that is
    not `required` may follow later; what is not `asked` has a default that hardly anybody changes.
    """

    name: str
    title: str
    hint: str
    example: str
    check: Callable[[str], str]
    aliases: tuple[str, ...] = ()
    required: bool = True
    default: str = ""
    asked: bool = True


ACCOUNT = "account"
PHOTOS = "photos"

FIELDS = (
    Field("serial", mark("Terminal serial"), mark("On the back of the terminal; 4 to 32 letters, digits and dashes."),
          "JG-2026-0001", identifiers.serial, ("终端序列号", "序列号", "设备序列号", "sn")),
    Field("acquirer", mark("Acquirer code"), mark("The acquirer's own number; merchant numbers often begin with it."),
          "898", identifiers.acquirer, ("收单机构", "收单机构代码", "机构代码")),
    Field("uscc", mark("Unified social credit code"),
          mark("18 characters on the business licence. Leave it open where the licence has 15 digits only."),
          "91350100M000100Y43", identifiers.uscc, ("统一社会信用代码", "信用代码"), required=False),
    Field("licence", mark("Registration number"), mark("15 digits on an older business licence, where there is one."),
          "110108000000016", identifiers.licence, ("营业执照号", "营业执照注册号", "注册号"), required=False),
    Field("legal_name", mark("Legal name"), mark("As the business licence has it."),
          "福州示例茶业有限公司", names.legal, ("商户名称", "法定名称", "企业名称", "公司名称")),
    Field("name", mark("Shop name"), mark("What the cardholder reads on the bill (DE 43); up to 20 Chinese signs."),
          "示例茶行鼓楼店", names.shop, ("店名", "门店名称", "商户简称", "shop_name")),
    Field("mcc", mark("Merchant category"), mark("Type what the shop sells or does, or the 4 digits (MCC)."),
          "茶叶", categories.category, ("商户类别", "商户类别码", "行业类别")),
    Field("region", mark("Region"), mark("Where the terminal stands: a district's name, or its 6 digits (GB/T 2260)."),
          "福州 鼓楼", regions.region, ("地区", "地区代码", "行政区划", "行政区划代码", "区县")),
    Field("address", mark("Installation address"), mark("Street and number where the terminal stands."),
          "五四路1号一层", names.address, ("地址", "装机地址", "安装地址", "经营地址")),
    Field(ACCOUNT, mark("Settlement account"),
          mark("What you type stays hidden; only the last 4 digits and a keyed hash are kept."),
          "6222 0000 0000 0000 000", identifiers.account, ("结算账户", "结算账号", "银行账号", "settlement_account")),
    Field("credit_rate", mark("Credit card rate"), mark("Per cent, as the contract has it."),
          "0.60", money.rate, ("贷记卡费率", "信用卡费率")),
    Field("debit_rate", mark("Debit card rate"), mark("Per cent, as the contract has it."),
          "0.50", money.rate, ("借记卡费率", "储蓄卡费率")),
    Field("debit_cap", mark("Debit card cap"), mark("The most that one debit card payment costs, in yuan."),
          "20", money.amount, ("借记卡封顶", "封顶", "储蓄卡封顶")),
    Field("limit", mark("Limit of one payment"), mark("In yuan. Up to 1,000.00 needs no PIN, and none is taken here."),
          LIMIT, money.amount, ("单笔限额", "限额"), required=False, default=LIMIT),
    Field("mid", mark("Merchant number (MID)"), mark("15 characters from the acquirer (DE 42); may follow later."),
          "898350154990001", identifiers.mid, ("商户号", "商户编号", "merchant_number"), required=False),
    Field("tid", mark("Terminal number (TID)"), mark("8 characters from the acquirer (DE 41); may follow later."),
          "10000001", identifiers.tid, ("终端号", "终端编号", "terminal_number"), required=False),
    Field("currency", mark("Currency"), mark("ISO 4217."), "CNY", money.currency, ("币种",),
          required=False, default="156", asked=False),
    Field("timezone", mark("Time zone"), mark("Of the shop."), "Asia/Shanghai", names.timezone, ("时区",),
          required=False, default="Asia/Shanghai", asked=False),
    Field("jump_policy", mark("After a jump"), mark("reverse, or reverse_and_lock."), "reverse", names.jump_policy,
          ("跳码处置",), required=False, default="reverse", asked=False),
)  # fmt: skip

BY_NAME = {field.name: field for field in FIELDS}

# Those of which a value shows the kind; a name or an address may be anything.
FORMS = ("uscc", "licence", "mid", "tid", "region", "mcc", "acquirer", ACCOUNT, "serial")


def fits(name: str, text: str) -> bool:
    """Whether `text` has the form of the entry `name`, one of FORMS."""
    # By digits only: names of regions and categories are no forms.
    if name in ("region", "mcc") and not text.strip().isdigit():
        return False
    try:
        BY_NAME[name].check(text)
    except EntryError:
        return False
    return True


def other_form(name: str, text: str) -> str:
    """The entry whose form `text` has when it does not have that of `name`; "" when that cannot be told.

    Only what hardly fits by chance counts: numbers with a check digit, and those of a length of their own.
    """
    telling = ("uscc", "licence", "mid", "tid")
    return next((other for other in telling if other != name and fits(other, text)), "")
