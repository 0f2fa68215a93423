"""The data elements of a message: their names, what hides in them, and what their values mean."""

from __future__ import annotations

from collections.abc import Callable

from provisioning.texts import _, mark
from tools.acquirer.wire import ELEMENTS, Kind
from tools.decode import codes, private, tlv
from tools.decode.cards import CARD_ELEMENTS, Cards, hidden, hidden_number, hidden_track, track_number
from tools.decode.parts import Part
from tools.decode.split import Field, Split
from tools.decode.walk import walk

# ISO 8583:1987, 4.3
NAMES = {
    2: mark("Primary account number"),
    3: mark("Processing code"),
    4: mark("Amount, transaction"),
    11: mark("Systems trace audit number"),
    12: mark("Time, local transaction"),
    13: mark("Date, local transaction"),
    14: mark("Date, expiration"),
    15: mark("Date, settlement"),
    22: mark("Point of service entry mode"),
    23: mark("Card sequence number"),
    25: mark("Point of service condition code"),
    26: mark("Point of service PIN capture code"),
    32: mark("Acquiring institution identification code"),
    35: mark("Track 2 data"),
    36: mark("Track 3 data"),
    37: mark("Retrieval reference number"),
    38: mark("Authorization identification response"),
    39: mark("Response code"),
    41: mark("Card acceptor terminal identification"),
    42: mark("Card acceptor identification code"),
    43: mark("Card acceptor name/location"),
    44: mark("Additional response data"),
    49: mark("Currency code, transaction"),
    52: mark("Personal identification number data"),
    53: mark("Security related control information"),
    54: mark("Additional amounts"),
    55: mark("Integrated circuit card system related data"),
    60: mark("Reserved private: type, batch, network management"),
    61: mark("Reserved private: the original transaction"),
    62: mark("Reserved private: keys and other data"),
    63: mark("Reserved private: operator or card company"),
    64: mark("Message authentication code"),
}

ICC_DATA = 55

# Digits that only look like a card number by chance: nothing is guessed in them.
_NEVER_GUESSED = frozenset({4, 37, 42})
_REVERSAL = "0400"


def part(one: Field, message: Split, cards: Cards) -> Part:
    """The data element `one` of `message`, masked and explained."""
    shown = _shown(one, cards)
    meaning, parts = _explanation(one, shown, message, cards)
    return Part(f"DE {one.number}", _(NAMES[one.number]), _raw(one, shown), shown, meaning, one.offset, tuple(parts))


def learn_cards(message: Split, cards: Cards) -> None:
    """Tell `cards` the card numbers that stand where the standard puts them."""
    cards.learn(message.text(2))
    cards.learn(track_number(message.text(35)))
    for one in message.fields:
        if one.number == ICC_DATA and isinstance(one.value, bytes):
            tlv.learn_cards(walk(one.value).nodes, cards)


def _shown(one: Field, cards: Cards) -> str:
    """The value of `one` as it may be shown: text as it is, bytes in hexadecimal, card data as stars."""
    number, value = one.number, one.value
    if isinstance(value, bytes):
        if number in CARD_ELEMENTS:
            return hidden(value.hex())
        return tlv.hidden(walk(value), cards) if number == ICC_DATA else cards.hide_hex(value.hex().upper(), guess=True)
    if number == 2:
        return hidden_number(value)
    if number == 35:
        return hidden_track(value)
    return hidden(value) if number in CARD_ELEMENTS else cards.hide(value, guess=number not in _NEVER_GUESSED)


def _raw(one: Field, shown: str) -> str:
    """The bytes of `one` in hexadecimal, with a star wherever `shown` has hidden something."""
    prefix, body = one.raw[: one.prefix].hex().upper(), one.raw[one.prefix :].hex().upper()
    element, value = ELEMENTS[one.number], one.value
    if isinstance(value, bytes):
        return prefix + shown
    if element.kind in (Kind.NUMBER, Kind.TRACK):
        behind = element.left or element.prefix
        return prefix + (shown + body[len(shown) :] if behind else body[: len(body) - len(shown)] + shown)
    if shown == value:
        return prefix + body
    charset = "gbk" if element.kind is Kind.GBK else "ascii"
    pairs = zip(value, shown, strict=True)
    starred = "".join("**" if is_ != was else was.encode(charset).hex().upper() for was, is_ in pairs)
    return prefix + starred + body[len(starred) :]


def _explanation(one: Field, shown: str, message: Split, cards: Cards) -> tuple[str, list[Part]]:
    """What `one` means, and its own parts."""
    at = one.offset + one.prefix
    if one.number == ICC_DATA and isinstance(one.value, bytes):
        return "", tlv.parts(walk(one.value, at), cards)
    if one.number in (60, 61):
        return private.explained_digits(one.number, shown, message, at)
    if one.number == 62 and isinstance(one.value, bytes):
        return private.explained_62(shown, message, at)
    if one.number == 64 and isinstance(one.value, bytes):
        return private.explained_mac(shown), []
    explain = _MEANINGS.get(one.number)
    return (explain(shown, message) if explain else ""), []


def _card_number(shown: str, _message: Split) -> str:
    return _("card number of {count} digits: first 6 and last 4 shown").format(count=len(shown))


def _track(shown: str, _message: Split) -> str:
    pan, separator, rest = shown.partition("D")
    if not separator:
        return _("{count} digits, hidden").format(count=len(shown))
    text = _("card number of {count} digits; expiry, service code and the rest, {rest} digits, hidden")
    return text.format(count=len(pan), rest=len(rest))


def _hidden(shown: str, _message: Split) -> str:
    return _("{count} digits, hidden").format(count=len(shown))


def _pin_block(_shown: str, _message: Split) -> str:
    return _("encrypted PIN block, 8 bytes, hidden")


def _processing(shown: str, _message: Split) -> str:
    return codes.meaning(codes.PROCESSING_CODES, shown[:2])


def _amount(shown: str, message: Split) -> str:
    return codes.money(shown, message.text(49))


def _time(shown: str, _message: Split) -> str:
    return _("{hours}:{minutes}:{seconds} local time").format(hours=shown[:2], minutes=shown[2:4], seconds=shown[4:])


def _date(shown: str, _message: Split) -> str:
    return _("month {month}, day {day}").format(month=shown[:2], day=shown[2:])


def _entry_mode(shown: str, _message: Split) -> str:
    how = codes.meaning(codes.ENTRY_MODES, shown[:2])
    return f"{how}; {codes.meaning(codes.PIN_ENTRIES, shown[2:])}"


def _response(shown: str, message: Split) -> str:
    if message.mti_text == _REVERSAL:
        return _("reason of the reversal: {reason}").format(reason=codes.meaning(codes.REVERSAL_REASONS, shown))
    return codes.meaning(codes.RESPONSE_CODES, shown)


def _merchant(_shown: str, _message: Split) -> str:
    return _("the merchant number; `jumpguard decode mid` takes it apart")


def _additional(_shown: str, message: Split) -> str:
    return (
        _("issuer and acquirer of the answer, 11 characters each in practice") if message.mti_text[2:3] == "1" else ""
    )


def _private_63(_shown: str, message: Split) -> str:
    request = message.mti_text[2:3] in ("0", "2")
    return _("63.1 operator number") if request else _("63.1 card company, then remarks")


_MEANINGS: dict[int, Callable[[str, Split], str]] = {
    2: _card_number,
    3: _processing,
    4: _amount,
    12: _time,
    13: _date,
    14: _hidden,
    15: _date,
    22: _entry_mode,
    25: lambda shown, _message: codes.meaning(codes.CONDITION_CODES, shown),
    32: lambda _shown, _message: _("the acquirer"),
    35: _track,
    36: _hidden,
    38: lambda _shown, _message: _("the issuer's approval code"),
    39: _response,
    41: lambda _shown, _message: _("the terminal number (TID)"),
    42: _merchant,
    43: lambda _shown, _message: _("what the cardholder reads on the bill"),
    44: _additional,
    49: lambda shown, _message: codes.currency(shown),
    52: _pin_block,
    63: _private_63,
}
