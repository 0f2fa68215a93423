"""The settings: taken whole, or refused with file, section, key and fault named; never a secret in a message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from board.errors import SettingsError
from board.settings import load, secret

ROOT_PUBLIC = "ab" * 32
SECRET = "0123456789ABCDEFFEDCBA9876543210"


def minimal() -> dict[str, dict[str, Any]]:
    return {
        "terminal": {"serial": "JG-DEMO-0001", "fleet": "demo", "state_dir": "/var/lib/jumpguard"},
        "acquirer": {"host": "acquirer", "port": 9100, "tpdu": "6000030000", "tmk_file": "/etc/jumpguard/tmk"},
        "link": {"host": "broker", "port": 1883},
        "api": {"token_file": "/etc/jumpguard/token"},
        "trust": {"root_public": ROOT_PUBLIC, "keys_file": "/etc/jumpguard/keys.json"},
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "terminal.toml"


def refusal(path: Path, document: dict[str, Any]) -> str:
    path.write_text(tomli_w.dumps(document))
    with pytest.raises(SettingsError) as refused:
        load(path)
    assert str(refused.value).startswith(f"{path}: ")
    return str(refused.value).removeprefix(f"{path}: ")


def test_the_least_that_is_needed_is_taken_and_the_rest_has_defaults(path: Path) -> None:
    path.write_text(tomli_w.dumps(minimal()))
    settings = load(path)
    assert settings.terminal.state_dir == Path("/var/lib/jumpguard")
    assert (settings.api.host, settings.api.port) == ("127.0.0.1", 8583)
    assert settings.reader.port == "/dev/ttyAMA0"
    assert settings.machine.proc == Path("/proc")


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("api", "port", 0),
        ("api", "port", 65535),
        ("link", "port", 1),
        ("terminal", "serial", "ABCD"),
        ("terminal", "serial", "A" * 32),
        ("terminal", "fleet", "a"),
        ("reader", "poll_ms", 1),
        ("machine", "clock_mark", "/run/mark"),
    ],
)
def test_values_at_the_edge_are_taken(path: Path, section: str, key: str, value: object) -> None:
    document = minimal()
    document.setdefault(section, {})[key] = value
    path.write_text(tomli_w.dumps(document))
    taken = getattr(getattr(load(path), section), key)
    assert taken == (Path(value) if isinstance(taken, Path) else value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("acquirer", "port", 0),
        ("acquirer", "port", 65536),
        ("acquirer", "port", "9100"),
        ("acquirer", "port", True),
        ("acquirer", "port", 9100.5),
        ("acquirer", "host", ""),
        ("acquirer", "host", 5),
        ("acquirer", "tpdu", 6000030000),
        ("acquirer", "tmk_file", 5),
        ("acquirer", "answer_timeout_ms", 0),
        ("link", "port", 0),
        ("link", "port", -1),
        ("link", "keepalive_s", 0),
        ("link", "vitals_period_s", "60"),
        ("api", "port", -1),
        ("reader", "poll_ms", 0),
        ("reader", "card_timeout_ms", -5),
        ("terminal", "serial", "abc"),
        ("terminal", "serial", "JG/DEMO"),
        ("terminal", "serial", "JG-DEMO-0001\n"),
        ("terminal", "serial", "A" * 33),
        ("terminal", "fleet", ""),
        ("terminal", "fleet", "+"),
        ("terminal", "fleet", "demo/#"),
        ("terminal", "fleet", "demo\n"),
        ("terminal", "state_dir", ["a"]),
        ("trust", "root_public", "ab"),
        ("trust", "root_public", "AB" * 32),
        ("trust", "root_public", ROOT_PUBLIC + "\n"),
        ("trust", "keys_file", 7),
        ("machine", "proc", False),
    ],
)
def test_a_wrong_value_is_named_with_section_and_key(path: Path, section: str, key: str, value: object) -> None:
    document = minimal()
    document.setdefault(section, {})[key] = value
    assert refusal(path, document).startswith(f"[{section}] {key}: ")


@pytest.mark.parametrize("section", ["terminal", "acquirer", "link", "api", "trust", "reader", "machine"])
def test_an_unknown_key_is_named_with_its_section(path: Path, section: str) -> None:
    document = minimal()
    document.setdefault(section, {})["colour"] = "red"
    message = refusal(path, document)
    assert message.startswith(f"[{section}]: ")
    assert "`colour`" in message


def test_an_unknown_section_is_named(path: Path) -> None:
    assert "`colours`" in refusal(path, {**minimal(), "colours": {"a": 1}})


@pytest.mark.parametrize("section", list(minimal()))
def test_a_missing_section_is_named(path: Path, section: str) -> None:
    document = minimal()
    del document[section]
    assert f"`{section}`" in refusal(path, document)


@pytest.mark.parametrize(("section", "key"), [(s, k) for s, keys in minimal().items() for k in keys])
def test_a_missing_key_is_named_with_its_section(path: Path, section: str, key: str) -> None:
    document = minimal()
    del document[section][key]
    message = refusal(path, document)
    assert message.startswith(f"[{section}]: ")
    assert f"`{key}`" in message


def test_a_section_that_is_no_section_is_named(path: Path) -> None:
    assert refusal(path, {**minimal(), "link": 5}).startswith("[link]: ")


@pytest.mark.parametrize(
    ("content", "fault"), [(b"[terminal", "not TOML"), (b"a = \xff", "not TOML"), (b"a = 1\na = 2", "not TOML")]
)
def test_what_is_no_toml_is_told(path: Path, content: bytes, fault: str) -> None:
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=f"{path}: {fault}"):
        load(path)


def test_a_missing_file_and_a_folder_are_told(path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(path)
    path.mkdir()
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load(path)


def written(content: bytes, mode: int = 0o600) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        path.write_bytes(content)
        path.chmod(mode)

    return write


def test_a_secret_that_its_owner_alone_reads_is_taken_without_the_line_end(tmp_path: Path) -> None:
    for mode in (0o600, 0o400):
        path = tmp_path / f"tmk-{mode}"
        written(SECRET.encode() + b"\n", mode)(path)
        assert secret(path, "terminal master key") == SECRET


REFUSED: list[tuple[Callable[[Path], object], str]] = [
    *(
        (written(SECRET.encode(), mode), "others may read the terminal master key; chmod 600 it")
        for mode in (0o640, 0o604, 0o620, 0o602, 0o610, 0o777)
    ),
    (lambda path: None, "the terminal master key cannot be read: No such file"),
    (lambda path: path.mkdir(mode=0o700), "the terminal master key cannot be read: Is a directory"),
    (written(SECRET.encode() + b"\xff"), "the terminal master key is not plain text"),
    (written(b""), "holds no terminal master key"),
    (written(b" \n"), "holds no terminal master key"),
]


@pytest.mark.parametrize(("prepare", "fault"), REFUSED)
def test_a_secret_that_cannot_be_used_is_told_and_not_quoted(
    tmp_path: Path, prepare: Callable[[Path], object], fault: str
) -> None:
    path = tmp_path / "tmk"
    prepare(path)
    with pytest.raises(SettingsError, match=fault) as refused:
        secret(path, "terminal master key")
    assert str(path) in str(refused.value)
    assert SECRET[:8] not in str(refused.value)
