"""The emulated payment applications, APDU by APDU, and the personalisation they come from."""

from pathlib import Path

import pytest

from board.errors import PersonalisationError
from board.virtual.applet import Applet
from board.virtual.ber import dol_size, length, tlv
from board.virtual.personalisation import PATH, CardData, build, load

CARDS = load()
UNIONPAY = "A000000333010101"
VISA = "A0000000031010"
MASTERCARD = "A0000000041010"


class Terminal:
    """Sends APDUs to the applet of a card; `recorded` is what the applet says about them."""

    def __init__(self, data: CardData) -> None:
        self.recorded: list[tuple[int, ...]] = []
        self.applet = Applet(data.applications, lambda *header: self.recorded.append(header))

    def send(self, apdu: str) -> str:
        return self.applet.apdu(bytes.fromhex(apdu)).hex().upper()

    def select(self, aid: str) -> str:
        return self.send(f"00A40400{len(aid) // 2:02X}{aid}00")

    def options(self, pdol_data: bytes) -> str:
        size = len(pdol_data)
        return self.send(f"80A80000{size + 2:02X}83{size:02X}{pdol_data.hex()}00")


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Terminal:
    return Terminal(CARDS[getattr(request, "param", "unionpay")])


def with_card(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("terminal", [name], indirect=True)


@with_card("dual")
def test_list_of_applications_is_in_order_of_priority(terminal: Terminal) -> None:
    entries = tlv("61", tlv("4F", bytes.fromhex(UNIONPAY)), tlv("50", b"UNIONPAY DEBIT"), tlv("87", b"\x01"))
    entries += tlv("61", tlv("4F", bytes.fromhex(VISA)), tlv("50", b"VISA CREDIT"), tlv("87", b"\x02"))
    name = b"2PAY.SYS.DDF01"
    fci = tlv("6F", tlv("84", name), tlv("A5", tlv("BF0C", entries)))
    assert terminal.select(name.hex()) == fci.hex().upper() + "9000"


@pytest.mark.parametrize(
    ("aid", "status"),
    [(UNIONPAY, "9000"), (UNIONPAY[:10], "9000"), (UNIONPAY[:8], "6A82"), (VISA, "6A82"), (UNIONPAY + "00", "6A82")],
)
def test_select_takes_a_name_or_its_beginning(terminal: Terminal, aid: str, status: str) -> None:
    answer = terminal.select(aid)
    assert answer.endswith(status)
    assert (f"8408{UNIONPAY}" in answer) == (status == "9000")


@with_card("transit")
def test_card_without_applications_finds_nothing(terminal: Terminal) -> None:
    assert terminal.select(b"2PAY.SYS.DDF01".hex()) == "6A82"
    assert terminal.select(UNIONPAY) == "6A82"


def test_options_of_format_77_name_the_records_and_the_cryptogram(terminal: Terminal) -> None:
    assert "9F38189F66049F02069F03069F1A0295055F2A029A039C019F3704" in terminal.select(UNIONPAY)
    answer = terminal.options(bytes(33))
    assert answer.startswith("77")
    assert "82022000" in answer
    assert "940408010200" in answer
    assert "9F36020001" in answer
    assert "9F2608" in answer
    assert "9F27" not in answer


@with_card("visa")
def test_options_of_qvsdc_carry_track_2_and_no_locator(terminal: Terminal) -> None:
    terminal.select(VISA)
    answer = terminal.options(bytes(33))
    assert "570F4761739001010010D3006201" in answer
    assert "940" not in answer
    assert terminal.send("00B2010C00") == "6A83"


@with_card("mastercard")
def test_options_of_format_80_leave_the_cryptogram_to_generate_ac(terminal: Terminal) -> None:
    assert "9F38" not in terminal.select(MASTERCARD)
    assert terminal.options(b"") == "800A19800801010010010200" + "9000"
    assert "57115413330089020011D2811201" in terminal.send("00B2011400")
    record = bytes.fromhex(terminal.send("00B2021400"))
    size = dol_size(record[record.index(b"\x8c") + 2 : -2])
    answer = terminal.send(f"80AE8000{size:02X}{bytes(size).hex()}00")
    assert answer.startswith("77")
    assert "9F270180" in answer
    assert "9F36020001" in answer
    assert "9F2608" in answer


@with_card("mastercard")
@pytest.mark.parametrize(("asked", "given"), [("00", "00"), ("40", "80"), ("80", "80")])
def test_offline_approval_is_never_given(terminal: Terminal, asked: str, given: str) -> None:
    terminal.select(MASTERCARD)
    terminal.options(b"")
    assert f"9F2701{given}" in terminal.send(f"80AE{asked}002B{bytes(43).hex()}00")
    assert terminal.send(f"80AE{asked}002B{bytes(43).hex()}00") == "6985"


@with_card("mastercard")
@pytest.mark.parametrize(("apdu", "status"), [("80AEC0002B", "6A86"), ("80AE80012B", "6A86"), ("80AE80002A", "6700")])
def test_generate_ac_that_is_not_as_the_card_asked_is_refused(terminal: Terminal, apdu: str, status: str) -> None:
    size = int(apdu[-2:], 16)
    assert terminal.send(f"{apdu}{bytes(size).hex()}00") == "6985"
    terminal.select(MASTERCARD)
    terminal.options(b"")
    assert terminal.send(f"{apdu}{bytes(size).hex()}00") == status


def test_counter_counts_up_over_power_cuts_and_the_cryptogram_changes(terminal: Terminal) -> None:
    answers = []
    for _ in range(3):
        terminal.applet.reset()
        terminal.select(UNIONPAY)
        answers.append(terminal.options(bytes(33)))
    assert [f"9F3602000{n}" in answer for n, answer in enumerate(answers, 1)] == [True] * 3
    assert len({answer[answer.index("9F2608") :][:22] for answer in answers}) == 3


def test_cryptogram_depends_on_what_the_terminal_says_and_on_nothing_else() -> None:
    def cryptogram(data: bytes) -> str:
        one = Terminal(CARDS["unionpay"])
        one.select(UNIONPAY)
        answer = one.options(data)
        return answer[answer.index("9F2608") :][:22]

    assert cryptogram(bytes(33)) == cryptogram(bytes(33))
    assert cryptogram(bytes(33)) != cryptogram(bytes(32) + b"\x01")


def test_records_are_read_after_options_only(terminal: Terminal) -> None:
    assert terminal.send("00B2010C00") == "6985"
    terminal.select(UNIONPAY)
    assert terminal.send("00B2010C00") == "6985"
    terminal.options(bytes(33))
    assert terminal.send("00B2010C00").startswith("702A57106212345678901232D2912201")
    assert terminal.send("00B2020C00").endswith("9000")
    assert terminal.send("00B2030C00") == "6A83"
    assert terminal.send("00B2010800") == "6A86"
    terminal.applet.reset()
    assert terminal.send("00B2010C00") == "6985"


@pytest.mark.parametrize("size", [0, 32, 34])
def test_options_with_other_data_than_asked_for_are_refused(terminal: Terminal, size: int) -> None:
    terminal.select(UNIONPAY)
    assert terminal.options(bytes(size)) == "6700"
    assert terminal.options(bytes(33)).endswith("9000")
    assert terminal.options(bytes(33)) == "6985"


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("00CA9F3600", "6D00"),
        ("00A80000028300", "6D00"),
        ("90A4040000", "6E00"),
        ("00A4040200", "6A86"),
        ("80A8000100", "6985"),
        ("00A40400", "6A82"),
        ("00A404", "6700"),
        ("00A4040008A00000", "6700"),
        ("00A40400000000", "6700"),
    ],
)
def test_what_the_card_does_not_know_has_its_status_word(terminal: Terminal, apdu: str, status: str) -> None:
    assert terminal.send(apdu) == status


def test_headers_and_outcomes_are_recorded_and_never_data(terminal: Terminal) -> None:
    terminal.select(UNIONPAY)
    terminal.options(bytes(33))
    terminal.send("00B2010C00")
    terminal.send("00B2090C00")
    terminal.send("00A4")
    assert terminal.recorded == [
        (0x00, 0xA4, 0x04, 0x00, 8, 0x9000),
        (0x80, 0xA8, 0x00, 0x00, 35, 0x9000),
        (0x00, 0xB2, 0x01, 0x0C, 0, 0x9000),
        (0x00, 0xB2, 0x09, 0x0C, 0, 0x6A83),
        (0x00, 0xA4, 0x00, 0x00, 0, 0x6700),
    ]


@pytest.mark.parametrize("name", CARDS)
def test_every_answer_of_every_card_fits_in_a_short_apdu(name: str) -> None:
    for application in CARDS[name].applications:
        one = Terminal(CARDS[name])
        answers = [one.select(application.aid.hex()), one.options(bytes(dol_size(application.pdol)))]
        answers += [one.send(f"00B2{number:02X}{sfi << 3 | 4:02X}00") for sfi, number in application.records]
        assert all(answer.endswith("9000") and len(answer) // 2 <= 258 for answer in answers)


def test_secrets_of_a_card_are_not_printed() -> None:
    shown = repr(CARDS)
    assert "UNIONPAY DEBIT" in shown
    assert repr(bytes.fromhex("6212345678901232"))[2:-1] not in shown
    assert "data=" not in shown
    assert "key=" not in shown


def test_card_is_built_by_name_and_an_unknown_name_is_refused() -> None:
    card = build("mastercard", lambda *_: None)
    assert (card.uid.hex(), card.atqa.hex(), card.sak) == ("04112233445566", "4400", 0x20)
    assert build("phone", lambda *_: None).sak == 0x60
    with pytest.raises(PersonalisationError, match="'amex'; choose one of dual"):
        build("amex", lambda *_: None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[cards.unionpay]", "[cards.unionpay]\ncolour = 1", "colour"),
        ("chain = 60", 'chain = "60"', "chain"),
        ('gpo_format = "80"', 'gpo_format = "81"', "gpo_format"),
        ('use = "phone"', 'use = "watch"', "'watch'"),
        ('"5F20", "8C"]', '"5F20", "8D"]', "8D"),
        ('uid = "08A1B2C3"', 'uid = "08A1B2C"', "hexadecimal"),
        ('expiry = "2912"', 'expiry = "2913"', "month"),
        ("[cards.visa]", "[cards.visa", "line"),
    ],
)
def test_personalisation_that_does_not_parse_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = PATH.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "cards.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PersonalisationError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_missing_personalisation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PersonalisationError, match=r"gone\.toml"):
        load(tmp_path / "gone.toml")


@pytest.mark.parametrize(("size", "field"), [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100")])
def test_length_has_the_short_or_the_long_form(size: int, field: str) -> None:
    assert length(size).hex() == field
