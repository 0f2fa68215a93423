"""Messages and cards' answers for the tests, and a look for card data in what a decoder shows."""

import io
import json

from hypothesis import strategies as st
from rich.console import Console

from tests.leaks.search import Secrets
from tests.tools.acquirer.test_wire import MESSAGES
from tools.acquirer import wire
from tools.acquirer.frame import Frame
from tools.acquirer.wire import Message, Value
from tools.decode.parts import Decoded
from tools.decode.show import show

PANS = ("6212345678901232", "6250947000000014", "4761739001010010", "4111111111111111", "5413330089020011")
PAN = PANS[0]
EXPIRY = "2912"
TRACK2 = f"{PAN}D{EXPIRY}2011234567890123"
SECRETS = Secrets(pans=PANS, track2=[TRACK2], expiries=[EXPIRY])

TPDU = bytes.fromhex("6000030000")
HEADER = bytes.fromhex("603100310000")

ICC_DATA = bytes.fromhex(
    "9F26081122334455667788 9F270180 9F100F07010103A0A000010A010000000000 9F37048A3B5C7D 9F36020017 95050000000000"
    "9A03261123 9C0100 9F0206000000012345 5F2A020156 82022000 9F1A020156 9F0306000000000000 9F3303002800 9F350122"
    "9F1E084D4F303030303031 8408A000000333010101 9F09020020 9F410400000042"
)
SALE = Message(
    "0200",
    {
        3: "000000", 4: "000000012345", 11: "000042", 22: "072", 23: "001", 25: "00", 35: TRACK2, 41: "10000001",
        42: "898350154110001", 49: "156", 55: ICC_DATA, 60: "22000001000", 64: b"1A2B3C4D",
    },
)  # fmt: skip


def framed(message: Message, tpdu: bytes = TPDU, header: bytes = HEADER) -> bytes:
    """The bytes of `message` as they are sent, length included."""
    return Frame(tpdu, header, wire.encode(message)).to_bytes()


def printed(decoded: Decoded, width: int = 100) -> str:
    """What a person sees, without the spaces that fill a row."""
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    show(decoded, console)
    assert isinstance(console.file, io.StringIO)
    return "".join(line.rstrip() + "\n" for line in console.file.getvalue().splitlines())


def everything_shown(decoded: Decoded) -> bytes:
    """All that leaves the decoder: as JSON, and printed wide enough that nothing is folded."""
    text = json.dumps(decoded.as_json(), ensure_ascii=False)
    return f"{text}\n{printed(decoded, 5000)}\n{decoded.problem or ''}".encode()


def two_digit_class(message: Message) -> Message:
    """`message` with a type that ISO 8583:1987 has: only that can be told from what stands in front of it."""
    return Message("0" + (message.mti[1] if message.mti[1] != "0" else "2") + message.mti[2:], message.fields)


REAL_TYPES = MESSAGES.map(two_digit_class)


@st.composite
def messages_with_cards(draw: st.DrawFn) -> Message:
    """Any message, with card data in the elements that are made for it and in those that hold anything."""
    message = draw(REAL_TYPES)
    pan = draw(st.sampled_from(PANS))
    track = f"{pan}D{EXPIRY}20112345"
    places: dict[int, Value] = {
        2: pan,
        14: EXPIRY,
        35: track,
        36: f"99{pan}D{EXPIRY}",
        44: pan,
        54: f"x{pan}x",
        55: draw(answers(pan)),
        62: b"card " + pan.encode(),
        63: f"{pan}={EXPIRY}20112345",
    }
    chosen = draw(st.sets(st.sampled_from(sorted(places)), min_size=1))
    return Message(message.mti, {**message.fields, **{number: places[number] for number in chosen}})


def answers(pan: str) -> st.SearchStrategy[bytes]:
    """A card's answer that names its card in some of the tags that may, and in some that may not."""
    track = bytes.fromhex(f"{pan}D{EXPIRY}2011234567890123F"[: 2 * 17])
    objects = {
        "57": track,
        "5A": bytes.fromhex(pan),
        "5F24": bytes.fromhex(f"{EXPIRY}31"),
        "5F20": b"INVENTED/CARDHOLDER",
        "56": f"B{pan}^INVENTED^{EXPIRY}201".encode(),
        "9F1F": b"20112345",
        "9F20": bytes.fromhex("2011234567890123"),
        "9F6B": track,
        "DF01": bytes.fromhex(pan),
        "DF02": pan.encode(),
        "9F26": bytes.fromhex("1122334455667788"),
    }
    chosen = st.sets(st.sampled_from(sorted(objects)), min_size=1)
    return chosen.map(lambda tags: b"".join(_object(tag, objects[tag]) for tag in sorted(tags))).map(
        lambda data: _object("70", data)
    )


def _object(tag: str, value: bytes) -> bytes:
    length = bytes([len(value)]) if len(value) < 0x80 else b"\x81" + bytes([len(value)])
    return bytes.fromhex(tag) + length + value
