"""`jumpguard settings`: it agrees with the terminal about what is in order, and says everything that is not."""

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from board.errors import SettingsError
from board.settings.file import load
from provisioning import texts
from provisioning.settings.check import problems
from provisioning.settings.keys import KEYS, SECTIONS
from tools.cli.settings import app
from tools.rig.files import RigFiles

SECRET = "0123456789ABCDEFFEDCBA9876543210"
Document = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


@pytest.fixture
def files(tmp_path: Path) -> RigFiles:
    """The files of a terminal, all in order."""
    files = RigFiles(tmp_path)
    files.create()
    for folder in (files.board, files.board / "proc", files.board / "sys"):
        folder.mkdir()
    (files.board / "nfc").touch()
    files.write_settings(("127.0.0.1", 9100), ("127.0.0.1", 1883))
    return files


def run(*arguments: str | Path, language: str = texts.ENGLISH) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--language", language])


def change(files: RigFiles, section: str, **changes: Any) -> None:
    """Set keys of a section; None takes one away."""
    document = tomllib.loads(files.settings.read_text())
    keys = {**document.get(section, {}), **changes}
    document[section] = {name: value for name, value in keys.items() if value is not None}
    files.settings.write_text(tomli_w.dumps(document))


def told(files: RigFiles, *options: str) -> list[str]:
    """The problems that `check` prints, without the file's name."""
    done = run("check", files.settings, *options)
    assert done.exit_code == 1, done.output
    return [line.removeprefix(f"{files.settings}: ") for line in done.stdout.splitlines()]


def test_settings_in_order_are_one_line(files: RigFiles) -> None:
    done = run("check", files.settings)
    assert (done.exit_code, done.stdout) == (0, f"{files.settings}: in order\n")


def test_every_problem_is_told_at_once(files: RigFiles) -> None:
    change(files, "link", keepalive=3, port=70_000, host=None)
    change(files, "lnik", a=1)
    change(files, "terminal", poll_ms=5)
    change(files, "reader", poll_ms=0)
    assert told(files) == [
        "lnik: there is no such section; did you mean link?",
        "[terminal] poll_ms: there is no such key; it belongs to [reader]",
        "[link] keepalive: there is no such key; did you mean keepalive_s?",
        "[link] host: is missing; due: text, host name or IP address",
        "[link] port: 70000 is refused; due: whole number, 1 to 65535, TCP port; no default",
        "[reader] poll_ms: 0 is refused; due: whole number, 1 to 86400000, milliseconds; default: 100",
    ]


def test_what_does_not_go_together_is_told_in_either_language(files: RigFiles) -> None:
    change(files, "api", host="0.0.0.0")
    (found,) = told(files)
    assert found.startswith("[api]: host is open to the network")
    chinese = run("check", files.settings, language=texts.CHINESE).stdout
    assert chinese.startswith(f"{files.settings}: [api]: ") and "certificate_file" in chinese
    assert not chinese.isascii()
    change(files, "api", certificate_file=str(files.directory / "absent.pem"), key_file=str(files.token_file))
    assert told(files) == [
        f"[api] certificate_file: {files.directory}/absent.pem cannot be used: No such file or directory"
    ]
    assert run("check", files.settings, "--no-files").exit_code == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("serial = 1", "serial: a key outside of any section; it belongs to [terminal]"),
        ("link = 5", "[link]: is a section: its keys stand below [link]"),
        ("", "[trust]: the section is missing; it needs root_public, keys_file"),
        ("[terminal]\nserial = [1]", "[terminal] serial: a list is refused"),
        ("[terminal]\nserial.a = 1", "[terminal] serial: a table is refused"),
        ("[terminal]\nserial = true", "[terminal] serial: true is refused"),
        ("[terminal]\nserial = 2026-11-23", "[terminal] serial: 2026-11-23 is refused"),
        ("[link]\nport = 0x" + "f" * 9000, "[link] port: a number of more than 18 digits is refused"),
        (f'"a\\n{"b" * 99}" = 1', "'a\\nbbb"),
    ],
)
def test_what_stands_there_is_told_on_one_line(files: RigFiles, text: str, problem: str) -> None:
    files.settings.write_text(text)
    assert [line for line in told(files, "--no-files") if line.startswith(problem)] != []


@pytest.mark.parametrize(
    ("content", "fault"),
    [("a = 1\nb = = 2", "line 2"), ("a = 1\nb =", "line 2"), (None, "cannot be read: No such file")],
)
def test_what_is_no_toml_or_not_there_is_told(files: RigFiles, content: str | None, fault: str) -> None:
    if content is None:
        files.settings.unlink()
    else:
        files.settings.write_text(content)
    (problem,) = told(files)
    assert fault in problem


def test_a_key_written_in_the_place_of_its_file_is_not_shown(files: RigFiles) -> None:
    change(files, "acquirer", tmk_file=[SECRET], tmk=SECRET)
    shown = told(files)
    assert len(shown) == 2 and not any(SECRET in line for line in shown)


def _open_to_others(files: RigFiles) -> None:
    files.token_file.chmod(0o644)


def _folder_instead(files: RigFiles) -> None:
    files.key_set.unlink()
    files.key_set.mkdir()


def _file_above(files: RigFiles) -> None:
    files.state.touch()
    change(files, "terminal", state_dir=str(files.state / "below"))


FAULTY_FILES: dict[str, Callable[[RigFiles], object]] = {
    "[api] token_file: {dir}/till.token: others may read": _open_to_others,
    "[api] token_file: {dir}/till.token: the secret cannot be read: No such": lambda files: files.token_file.unlink(),
    "[trust] keys_file: {dir}/keys.json cannot be used: No such file": lambda files: files.key_set.unlink(),
    "[trust] keys_file: {dir}/keys.json cannot be used: Is a directory": _folder_instead,
    "[terminal] state_dir: {dir}/state is not a folder": lambda files: files.state.touch(),
    "[terminal] state_dir: {dir}/state/below cannot be used: Not a directory": _file_above,
    "[machine] sys: {dir}/board/sys cannot be used": lambda files: (files.board / "sys").rmdir(),
    "[machine] proc: {dir}/keys.json is not a folder": lambda files: change(files, "machine", proc=str(files.key_set)),
    "[reader] port: {dir}/board/nfc cannot be used": lambda files: (files.board / "nfc").unlink(),
}


@pytest.mark.parametrize("problem", FAULTY_FILES)
def test_a_file_that_cannot_be_used_is_told_unless_it_lies_elsewhere(files: RigFiles, problem: str) -> None:
    FAULTY_FILES[problem](files)
    (found,) = told(files)
    assert found.startswith(problem.format(dir=files.directory))
    assert run("check", files.settings, "--no-files").exit_code == 0


NAMES = st.sampled_from([*SECTIONS, *(key.name for key in KEYS), "colour"])
VALUES = st.integers(-1, 99_999) | st.booleans() | st.floats() | st.text(max_size=3) | st.lists(st.integers())
TABLES = st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES, max_size=2), max_size=2)
LEAST: Document = {
    "terminal": {"serial": "JG-DEMO-0001", "fleet": "demo", "state_dir": "/state"},
    "acquirer": {"host": "acquirer", "port": 9100, "tpdu": "6000030000", "tmk_file": "/tmk"},
    "link": {"host": "127.0.0.1", "port": 1883},
    "api": {"token_file": "/token"},
    "trust": {"root_public": "ab" * 32, "keys_file": "/keys"},
}


@given(section=NAMES, table=TABLES, gone=st.none() | NAMES)
def test_check_agrees_with_the_terminal(
    section: str, table: dict[str, Any], gone: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "agreed.toml"
    document = {**LEAST, section: {**LEAST.get(section, {}), **table}}
    document = {name: {key: keys[key] for key in keys if key != gone} for name, keys in document.items()}
    path.write_text(tomli_w.dumps(document), encoding="utf-8")
    try:
        load(path)
        taken = True
    except SettingsError:
        taken = False
    assert (problems(path, files=False) == []) == taken


@given(text=st.text())
def test_no_text_ends_check_in_another_error(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "text.toml"
    path.write_text(text, encoding="utf-8")
    try:
        assert problems(path)
    except SettingsError as error:
        assert "not TOML" in str(error)


def test_keys_that_belong_together_are_told_in_both_languages(files: RigFiles) -> None:
    change(files, "link", host="broker.example")
    assert told(files) == [
        "[link]: the link is not encrypted, and host is another machine: set ca_file, certificate_file and key_file"
    ]
    done = run("check", files.settings, language=texts.CHINESE)
    assert "未加密" in done.stdout
    for name in ("ca_file", "certificate_file", "key_file"):
        (files.directory / name).touch(mode=0o600)
    change(files, "link", ca_file=str(files.directory / "ca_file"))
    assert told(files) == ["[link]: ca_file, certificate_file and key_file belong together: set all three, or none"]
    change(files, "link", **{name: str(files.directory / name) for name in ("certificate_file", "key_file")})
    assert told(files) == [f"[link] key_file: {files.directory}/key_file: holds no secret"]


def test_show_is_toml_of_what_is_in_force_and_says_where_it_is_from(files: RigFiles) -> None:
    done = run("show", files.settings)
    assert done.exit_code == 0
    assert "card_timeout_ms = 20000  # from the file" in done.stdout.splitlines()
    assert "poll_ms = 100  # default" in done.stdout.splitlines()
    assert "# ca_file: not set" in done.stdout.splitlines()
    again = files.directory / "again.toml"
    again.write_text(done.stdout)
    assert load(again) == load(files.settings)


def test_show_has_every_key_for_a_program(files: RigFiles) -> None:
    shown = json.loads(run("show", files.settings, "--json").stdout)
    assert [f"{section}.{name}" for section in shown for name in shown[section]] == [key.full_name for key in KEYS]
    assert shown["api"]["port"] == {"value": 0, "from": "file"}
    assert shown["api"]["host"] == {"value": "127.0.0.1", "from": "default"}


def test_show_of_refused_settings_says_why(files: RigFiles) -> None:
    change(files, "link", port=0)
    done = run("show", files.settings)
    assert done.exit_code == 1 and not done.stdout
    assert done.stderr.startswith(f"error: {files.settings}: [link] port: ")


def test_explain_of_one_key_says_all_about_it() -> None:
    name, meaning, *rows = run("explain", "link.keepalive_s").stdout.splitlines()
    assert name == "link.keepalive_s" and "silence" in meaning
    assert [row.split(": ")[0].strip() for row in rows] == ["type", "unit", "range", "default", "why"]
    assert "  range: 1 to 65535" in rows and "  default: 30" in rows


@pytest.mark.parametrize(
    ("asked", "explained"),
    [
        (["reader"], ["reader.port", "reader.poll_ms", "reader.card_timeout_ms"]),
        (["port"], ["acquirer.port", "link.port", "api.port", "reader.port"]),
        (["tpdu"], ["acquirer.tpdu"]),
        ([], [key.full_name for key in KEYS]),
    ],
)
def test_explain_takes_a_section_a_key_or_nothing(asked: list[str], explained: list[str]) -> None:
    assert [key["key"] for key in json.loads(run("explain", *asked, "--json").stdout)] == explained
    assert [line for line in run("explain", *asked).stdout.splitlines() if line[:1].isalpha()] == explained


def test_explain_of_an_unknown_key_suggests_one() -> None:
    done = run("explain", "link.keep_alive")
    assert done.exit_code == 1
    assert done.stderr == "error: no section or key is called 'link.keep_alive'; did you mean link.keepalive_s?\n"


def test_everything_is_explained_in_chinese_too() -> None:
    english = json.loads(run("explain", "--json").stdout)
    chinese = json.loads(run("explain", "--json", language=texts.CHINESE).stdout)
    for before, after in zip(english, chinese, strict=True):
        for part in ("meaning", "type", "unit", "why"):
            assert before[part].isascii() and not after[part].isascii(), after["key"]


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_example_asks_for_the_required_keys_and_for_nothing_else(files: RigFiles, language: str) -> None:
    files.settings.write_text(run("example", language=language).stdout)
    required = [f"[{key.section}] {key.name}" for key in KEYS if key.required]
    assert [line.partition(":")[0] for line in told(files, "--no-files")] == required


@pytest.mark.parametrize("uncomment", [False, True])
def test_the_example_is_taken_once_it_is_filled_in(files: RigFiles, uncomment: bool) -> None:
    example = run("example").stdout
    if uncomment:  # an explanation has a space after the number sign, a key has not
        example = "\n".join(line[1:] if line[:1] == "#" and line[1:2] != " " else line for line in example.splitlines())
    document = tomllib.loads(example)
    assert list(document) == list(SECTIONS)
    assert sum(map(len, document.values())) == sum(
        key.required or (uncomment and key.default is not None) for key in KEYS
    )
    filled = {section: {**document[section], **LEAST.get(section, {})} for section in document}
    files.settings.write_text(tomli_w.dumps(filled))
    by_example = load(files.settings)
    files.settings.write_text(tomli_w.dumps(LEAST))
    assert by_example == load(files.settings)
