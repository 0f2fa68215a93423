"""What the codes in a message mean, as UnionPay POS terminals and their acquirers use them.

ISO 8583:1987 with the UnionPay POS message domains. A code that is not here is shown as it is and said to be unknown.
"""

from provisioning.texts import _, mark

# ISO 8583:1987, 4.1; 0820 and 0500 as this flavour uses them
MESSAGE_TYPES = {
    "0100": mark("authorisation request (pre-authorisation)"),
    "0110": mark("answer to an authorisation request"),
    "0200": mark("financial request: asks for money"),
    "0210": mark("answer to a financial request"),
    "0220": mark("financial advice: refund, offline sale"),
    "0230": mark("answer to a financial advice"),
    "0320": mark("batch upload"),
    "0330": mark("answer to a batch upload"),
    "0400": mark("reversal request: takes back what may have been booked"),
    "0410": mark("answer to a reversal request"),
    "0500": mark("settlement request"),
    "0510": mark("answer to a settlement request"),
    "0800": mark("network management request: sign-on"),
    "0810": mark("answer to a sign-on"),
    "0820": mark("network management: sign-off, parameters, echo test"),
    "0830": mark("answer to network management"),
}

# Header, sixth digit: what the acquirer asks the terminal to do next
PROCESSING_REQUESTS = {
    "0": mark("nothing is asked of the terminal"),
    "1": mark("download the parameters for magnetic stripes"),
    "2": mark("upload the state of the terminal"),
    "3": mark("sign on again"),
    "4": mark("update the public keys"),
    "5": mark("download the parameters for chip cards (IC parameters)"),
    "6": mark("download the terminal's parameters (TMS)"),
    "7": mark("download the list of blocked card ranges"),
}

# DE 3, first two digits
PROCESSING_CODES = {
    "00": mark("purchase"),
    "03": mark("pre-authorisation"),
    "20": mark("refund or void: money goes back"),
    "31": mark("balance inquiry"),
}

# DE 22, first two digits and the last
ENTRY_MODES = {
    "00": mark("entry not specified"),
    "01": mark("number typed by hand"),
    "02": mark("magnetic stripe"),
    "05": mark("chip, contact"),
    "07": mark("chip, contactless"),
    "90": mark("magnetic stripe, whole track"),
    "91": mark("magnetic stripe data, contactless"),
    "95": mark("chip, contact; card data may be unreliable"),
}
PIN_ENTRIES = {"0": mark("PIN not specified"), "1": mark("with PIN"), "2": mark("without PIN")}

# DE 25
CONDITION_CODES = {
    "00": mark("normal: card and cardholder present"),
    "06": mark("pre-authorisation"),
    "08": mark("by mail or telephone"),
}

# DE 39 (ISO 8583:1987, 4.4.16, and UnionPay's own)
RESPONSE_CODES = {
    "00": mark("approved"),
    "01": mark("declined: the cardholder is to call the issuer"),
    "03": mark("invalid merchant: the acquirer does not know this DE 42, or not with this terminal"),
    "04": mark("declined: capture the card"),
    "05": mark("declined: do not honour"),
    "06": mark("error"),
    "12": mark("invalid transaction"),
    "13": mark("invalid amount"),
    "14": mark("invalid card number"),
    "15": mark("no such issuer"),
    "22": mark("suspected malfunction"),
    "25": mark("the original transaction was not found"),
    "30": mark("format error"),
    "34": mark("suspected fraud"),
    "38": mark("too many wrong PINs"),
    "40": mark("function not supported"),
    "41": mark("lost card"),
    "43": mark("stolen card"),
    "51": mark("not enough money in the account"),
    "54": mark("expired card"),
    "55": mark("wrong PIN"),
    "57": mark("not permitted to this cardholder"),
    "58": mark("not permitted to this terminal"),
    "61": mark("over the amount limit"),
    "62": mark("restricted card"),
    "64": mark("the amount differs from the original"),
    "65": mark("over the limit of transactions"),
    "68": mark("time-out at the issuer"),
    "75": mark("too many wrong PINs"),
    "77": mark("sign on again: batch or keys do not match"),
    "90": mark("day cut under way: try later"),
    "91": mark("issuer or switch not available"),
    "92": mark("issuer cannot be reached"),
    "94": mark("duplicate: this trace was seen before"),
    "96": mark("malfunction of switch or acquirer"),
    "97": mark("terminal not registered at the acquirer"),
    "98": mark("time-out: no answer came"),
    "99": mark("PIN format error: sign on again"),
    "A0": mark("MAC error: sign on again"),
}

# DE 39 of a reversal request: why it is sent
REVERSAL_REASONS = {
    "06": mark("the answer named another merchant or terminal, or contradicted itself"),
    "96": mark("malfunction of the terminal"),
    "98": mark("no answer came in time"),
    "A0": mark("the answer's MAC was wrong"),
}

# DE 60.1
TRANSACTION_TYPES = {
    "00": mark("network management or settlement"),
    "01": mark("balance inquiry"),
    "10": mark("pre-authorisation"),
    "11": mark("void of a pre-authorisation"),
    "20": mark("completion of a pre-authorisation"),
    "21": mark("void of a completion"),
    "22": mark("sale"),
    "23": mark("void of a sale"),
    "25": mark("refund"),
    "30": mark("offline sale"),
}

# DE 60.3 of network management
NETWORK_CODES = {
    "001": mark("sign-on, single-length working keys"),
    "002": mark("sign-off"),
    "003": mark("sign-on, double-length working keys"),
    "004": mark("sign-on, double-length working keys and a track key"),
}

# ISO 4217: numeric code, alphabetic code and decimals of the currencies that one meets
_CURRENCIES = {
    "156": ("CNY", 2),
    "344": ("HKD", 2),
    "392": ("JPY", 0),
    "410": ("KRW", 0),
    "446": ("MOP", 2),
    "702": ("SGD", 2),
    "764": ("THB", 2),
    "826": ("GBP", 2),
    "840": ("USD", 2),
    "901": ("TWD", 2),
    "978": ("EUR", 2),
}

# ISO 3166-1, numeric
COUNTRIES = {
    "156": mark("China"),
    "344": mark("Hong Kong, China"),
    "392": mark("Japan"),
    "410": mark("South Korea"),
    "446": mark("Macao, China"),
    "158": mark("Taiwan, China"),
    "702": mark("Singapore"),
    "826": mark("United Kingdom"),
    "840": mark("United States"),
}


def meaning(table: dict[str, str], code: str) -> str:
    """What `code` means by `table`, in the chosen language; says so when the table does not have it."""
    return _(table[code]) if code in table else _("not a code known here")


def currency(code: str) -> str:
    """The alphabetic code of the numeric currency `code`; says so when it is not one known here."""
    return _CURRENCIES[code][0] if code in _CURRENCIES else _("not a code known here")


def money(digits: str, code: str = "") -> str:
    """Minor units as an amount of the numeric currency `code`; without a known one two decimals are assumed."""
    name, decimals = _CURRENCIES.get(code, ("", 2))
    if not digits.isdigit():
        return ""
    units = int(digits)
    whole = f"{units // 10**decimals:,}"
    fraction = f".{units % 10**decimals:0{decimals}d}" if decimals else ""
    return f"{whole}{fraction} {name}".strip()
