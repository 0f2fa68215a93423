"""`jumpguard provision apply` at a real pseudo-terminal, as a person meets it."""

from pathlib import Path

import pytest

from provisioning.application import application as applications
from provisioning.application import draft as drafts
from provisioning.application.account import create_key, load_key
from provisioning.application.application import Application
from tests.provisioning.merchant import ACCOUNT_NUMBER, ENTRIES
from tests.tools.person import Person

# Each question's title, and an answer that needs no more than one.
ANSWERS = [
    ("Terminal serial", "JG-2026-0001"),
    ("Acquirer code", "898"),
    ("Unified social credit code", "91350100M000100Y43"),
    ("Registration number", ""),
    ("Legal name", "福州示例茶业有限公司"),
    ("Shop name", "示例茶行鼓楼店"),
    ("Merchant category", "5499"),
    ("Region", "350102"),
    ("Installation address", "五四路1号一层"),
    ("Settlement account", ACCOUNT_NUMBER),
    ("Credit card rate", "0.6"),
    ("Debit card rate", "0.5"),
    ("Debit card cap", "20"),
    ("Limit of one payment", ""),
    ("Merchant number", "898350154990001"),
    ("Terminal number", "10000001"),
    ("Photos", ""),
]
LAST_LOOK = "Enter writes it; a number changes that entry: "


class Desk:
    """A folder with the desk's key, where a person applies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.draft = folder / "state" / "jumpguard" / "application-draft.json"
        create_key(folder / "account.key")

    def person(self, *more: str, language: str = "en", locale: str = "C.UTF-8") -> Person:
        arguments = ("provision", "apply", "--account-key", "account.key", *more)
        return Person(
            self.folder, *arguments, language=language, locale=locale, XDG_STATE_HOME=str(self.folder / "state")
        )

    def application(self) -> Application:
        return applications.load(self.folder / "JG-2026-0001.application.json")

    def expected(self) -> Application:
        """What the answers above make."""
        typed = {name: text for name, text in ENTRIES.items() if name != "account"}
        plain = applications.complete({**typed, "debit_cap": "20.00", "limit": "1000.00"})
        return Application(entries=plain, account=load_key(self.folder / "account.key").keep(ACCOUNT_NUMBER))

    def files(self) -> str:
        """Everything that lies in the folder."""
        return "".join(path.read_text(errors="replace") for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def answer(person: Person, title: str, text: str) -> None:
    person.answers(title, text)
    if title == "Settlement account":
        person.reads("once more: ")
        person.types(text)


def looks(person: Person, text: str) -> None:
    """Take a last look at everything, and answer `text`."""
    person.reads(LAST_LOOK)
    person.types(text)


def test_answers_make_an_application(desk: Desk) -> None:
    with desk.person() as person:
        for title, text in ANSWERS:
            answer(person, title, text)
        looks(person, "")
        assert person.leaves() == 0
    assert desk.application() == desk.expected()
    assert not desk.draft.exists()
    assert ACCOUNT_NUMBER not in person.screen + desk.files()
    assert "19 digits, the last 4 are 5432" in person.screen


def test_wrong_answers_are_told_at_once_and_pasted_ones_made_plain(desk: Desk) -> None:
    with desk.person() as person:
        answer(person, "Terminal serial", "ｊｇ－２０２６－０００１")
        person.reads("taken as JG-2026-0001")
        answer(person, "Acquirer code", "")
        person.reads("it cannot be left open")
        person.answers("", "898")
        answer(person, "Unified social credit code", "91350100M000100Y4A")
        person.reads("the check character A does not fit the 17 before it")
        person.answers("", "110108000000016")
        person.reads("18 are due; it has the form of Registration number")
        person.answers("", "?")
        person.reads("Enter leaves it open, - empties it.")
        person.answers("", "9135 0100 M000－100Y43")
        person.reads(
            "taken as 91350100M000100Y43 · check character is right · enterprise · registered in 福建省 福州市"
        )
        answer(person, "Registration number", "")
        answer(person, "Legal name", "福州示例茶业有限公司")
        answer(person, "Shop name", "<")
        person.reads("Legal name")
        person.reads("[福州示例茶业有限公司]")
        person.types("")
        answer(person, "Shop name", "示例茶行鼓楼店")
        answer(person, "Merchant category", "茶叶")
        person.reads("This one? [Y/n]")
        person.types("")
        answer(person, "Region", "霍格沃茨")
        person.reads("nothing is called so")
        person.answers("", "鼓楼")
        person.reads("3  350102 福建省 福州市 鼓楼区")
        person.answers("", "12")
        person.reads("a number from 1 to 4")
        person.answers("", "3")
        answer(person, "Installation address", "五四路１号一层")
        person.answers("Settlement account", "not a number")
        person.reads("what stands at place 1 is no digit")
        person.answers("", ACCOUNT_NUMBER)
        person.reads("once more: ")
        person.types(ACCOUNT_NUMBER[:-1] + "1")
        person.reads("the two are not the same")
        person.answers("", f"{ACCOUNT_NUMBER[:4]} {ACCOUNT_NUMBER[4:]}")
        person.reads("once more: ")
        person.types(ACCOUNT_NUMBER)
        answer(person, "Credit card rate", "0.006")
        person.reads("is 0.6 % meant?")
        person.answers("", "６‰")
        person.reads("taken as 0.60 %")
        for title, text in ANSWERS[11:]:
            answer(person, title, text)
        # A last look, and one more change.
        looks(person, "9")
        answer(person, "Installation address", "五四路2号")
        looks(person, "9")
        answer(person, "Installation address", "五四路1号一层")
        looks(person, "")
        assert person.leaves() == 0
    assert desk.application() == desk.expected()
    assert ACCOUNT_NUMBER[4:] not in person.screen


def test_ctrl_c_at_any_question_loses_nothing(desk: Desk) -> None:
    """One more question is answered at each of as many starts."""
    for last in range(len(ANSWERS)):
        with desk.person() as person:
            if last > 1:
                person.reads("Go on with it? No drops it. [Y/n]")
                person.types("")
            for number, (title, text) in enumerate(ANSWERS[:last]):
                # The account alone has to be typed again.
                again = title == "Settlement account" or number == last - 1
                answer(person, title, text) if again else person.answers(title, "")
            person.reads(ANSWERS[last][0])
            person.reads("> ")
            person.interrupts()
            assert person.leaves() == 130
        assert "Nothing is lost" in person.screen
        kept = drafts.load(desk.draft)
        answered = [text for title, text in ANSWERS[:last] if text and title != "Settlement account"]
        assert len(kept.entries if kept else {}) - (last > 13) == len(answered), person.screen
        assert desk.draft.stat().st_mode & 0o777 == 0o600
        assert ACCOUNT_NUMBER not in desk.files()
        assert not list(desk.folder.glob("*.application.json*"))
    with desk.person() as person:
        person.reads("Go on with it? No drops it. [Y/n]")
        person.types("y")
        for title, text in ANSWERS:
            answer(person, title, text) if title == "Settlement account" else person.answers(title, "")
        looks(person, "")
        assert person.leaves() == 0
    assert desk.application() == desk.expected()


def test_ctrl_c_within_an_answer_and_ctrl_d_keep_the_draft_too(desk: Desk) -> None:
    with desk.person() as person:
        for title, text in ANSWERS[:7]:
            answer(person, title, text)
        answer(person, "Region", "鼓楼")
        person.reads("number, or Enter to search again: ")
        person.interrupts()
        assert person.leaves() == 130
    with desk.person() as person:
        person.reads("福州示例茶业有限公司, 6 answers. Go on with it? No drops it. [Y/n]")
        person.types("maybe")
        person.reads("y for yes, n for no")
        person.types("n")
        person.reads("Terminal serial")
        person.types("\x04")
        assert person.leaves() == 130
    assert drafts.load(desk.draft) is None


def test_what_was_answered_when_the_power_goes_is_kept(desk: Desk) -> None:
    with desk.person() as person:
        for title, text in ANSWERS[:3]:
            answer(person, title, text)
        person.reads("Registration number")
        person.falls_silent()
    kept = drafts.load(desk.draft)
    assert kept is not None and list(kept.entries) == ["serial", "acquirer", "uscc"]


def test_chinese_is_spoken_throughout(desk: Desk) -> None:
    with desk.person(language="zh_CN") as person:
        person.answers("终端序列号", "ＪＧ／１")
        person.reads("第 3 位“/”既不是字母 A 至 Z，也不是数字")
        person.answers("", "JG-2026-0001")
        person.answers("收单机构代码", "898")
        person.answers("统一社会信用代码", "91350100M000100Y4A")
        person.reads("校验码 A 与前 17 位不符")
        person.interrupts()
        assert person.leaves() == 130
    assert "没有丢失任何内容" in person.screen
    assert "Example" not in person.screen


@pytest.mark.parametrize("locale", ["POSIX", "zh_XX.UTF-8"])
def test_signs_stay_whole_where_the_locale_is_not_installed(desk: Desk, locale: str) -> None:
    with desk.person(locale=locale) as person:
        person.answers("Terminal serial", "ｊｇ－２０２６－０００１")
        person.reads("taken as JG-2026-0001")
        person.interrupts()
        assert person.leaves() == 130


def test_an_application_is_gone_on_with_and_its_account_kept(desk: Desk) -> None:
    one = desk.expected()
    for name in ("mid", "tid"):
        del one.entries[name]
    applications.save(one, desk.folder)
    with desk.person("JG-2026-0001.application.json") as person:
        for title, text in ANSWERS:
            person.answers(title, text if title in ("Merchant number", "Terminal number") else "")
        looks(person, "")
        assert person.leaves() == 0
    assert "[…5432]" in person.screen
    assert desk.application() == desk.expected()
    assert not list(desk.folder.glob("*.draft"))


def test_an_application_that_is_gone_on_with_has_a_draft_of_its_own(desk: Desk) -> None:
    with desk.person() as person:
        answer(person, "Terminal serial", "JG-2026-0009")
        person.reads("Acquirer code")
        person.interrupts()
        person.leaves()
    path = applications.save(desk.expected(), desk.folder)
    before = path.read_bytes()
    with desk.person(path.name) as person:
        for title, _text in ANSWERS[:8]:
            person.answers(title, "")
        person.answers("Installation address", "别处1号")
        person.reads("Settlement account")
        person.interrupts()
        assert person.leaves() == 130
    assert path.read_bytes() == before
    other = drafts.load(desk.draft)
    assert other is not None and other.entries == {"serial": "JG-2026-0009"}
    with desk.person(path.name) as person:
        person.reads("Go on with it? No drops it. [Y/n]")
        person.types("")
        for title, _text in ANSWERS:
            person.answers(title, "")
        looks(person, "")
        assert person.leaves() == 0
    assert desk.application().entries["address"] == "别处1号"
    assert desk.application().account == desk.expected().account


def test_another_application_of_the_terminal_is_replaced_only_when_asked(desk: Desk) -> None:
    other = desk.expected()
    other.entries["address"] = "别处1号"
    applications.save(other, desk.folder)
    with desk.person() as person:
        for title, text in ANSWERS:
            answer(person, title, text)
        looks(person, "")
        person.reads("There is another application of JG-2026-0001. Replace it? [y/N]")
        person.types("")
        person.reads("五四路1号一层")
        person.reads(LAST_LOOK)
        assert desk.application() == other
        person.types("")
        person.reads("Replace it? [y/N]")
        person.types("y")
        assert person.leaves() == 0
    assert desk.application() == desk.expected()
