"""The settings: taken whole, or refused with file, section, key and fault named; never a secret in a message."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from board.errors import SettingsError
from board.private_file import secret
from board.settings.file import load
from board.settings.kinds import Explained, Section, Unit
from board.settings.link import NOT_ENCRYPTED, NOT_TOGETHER, OTHERS_NOT_ENCRYPTED
from board.settings.sections import Settings
from tests.leaks.strategies import damaged

ROOT_PUBLIC = "ab" * 32
SECRET = "0123456789ABCDEFFEDCBA9876543210"
SECTIONS = [field.name for field in msgspec.structs.fields(Settings)]


def minimal() -> dict[str, dict[str, Any]]:
    return {
        "terminal": {"serial": "JG-DEMO-0001", "fleet": "demo", "state_dir": "/var/lib/jumpguard"},
        "acquirer": {"host": "acquirer", "port": 9100, "tpdu": "6000030000", "tmk_file": "/etc/jumpguard/tmk"},
        "link": {"host": "127.0.0.1", "port": 1883},
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
        ("acquirer", "tpdu", "60abcdefAB"),
        ("acquirer", "answer_timeout_ms", 86_400_000),
        ("link", "keepalive_s", 65_535),
        ("link", "vitals_period_s", 86_400),
        ("gate", "reserve_kib", 1_024),
        ("gate", "most_switches", 0),
        ("gate", "most_switches", 19),
        ("gate", "switch_days", 366),
        ("gate", "margin_days", 1),
        ("sale", "same_card", "off"),
        ("sale", "same_card", "warn"),
        ("sale", "same_card", "refuse"),
        ("sale", "same_card_period_s", 1),
        ("sale", "same_card_period_s", 3_600),
        ("api", "host", "127.0.0.9"),
        ("api", "host", "::1"),
        ("api", "host", "LocalHost"),
        ("api", "names", []),
        ("api", "names", ["till.example", "192.0.2.7", "2001:db8::7"]),
        ("link", "others", []),
        ("link", "others", ["127.0.0.1:1", "localhost:65535", "[::1]:8883"]),
        ("api", "connections", 4),
        ("api", "connections", 256),
    ],
)
def test_values_at_the_edge_are_taken(path: Path, section: str, key: str, value: object) -> None:
    document = minimal()
    document.setdefault(section, {})[key] = value
    path.write_text(tomli_w.dumps(document))
    taken = getattr(getattr(load(path), section), key)
    assert (list(taken) if isinstance(taken, tuple) else str(taken) if isinstance(taken, Path) else taken) == value


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
        ("link", "others", "127.0.0.1:1883"),
        ("link", "others", ["127.0.0.1"]),
        ("link", "others", [":1883"]),
        ("link", "others", ["::1:1883"]),
        ("link", "others", ["a b:1883"]),
        ("link", "others", ["127.0.0.1:0"]),
        ("link", "others", ["127.0.0.1:65536"]),
        ("link", "others", ["127.0.0.1:1883\n"]),
        ("link", "others", ["127.0.0.1:1883"] * 9),
        ("link", "keepalive_s", 0),
        ("link", "vitals_period_s", "60"),
        ("api", "port", -1),
        ("api", "names", "till.example"),
        ("api", "names", [""]),
        ("api", "names", ["till.example:8583/"]),
        ("api", "names", ["till.example", "收银台"]),
        ("api", "connections", 3),
        ("api", "connections", 257),
        ("api", "certificate_file", "/a\0b"),
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
        ("machine", "clock_mark", ""),
        ("machine", "sys", "/s\0s"),
        ("reader", "port", ""),
        ("reader", "port", "/dev/tty\0"),
        ("acquirer", "tpdu", "6100030000"),
        ("acquirer", "tpdu", "60000300"),
        ("acquirer", "tpdu", "6000030000\n"),
        ("acquirer", "answer_timeout_ms", 86_400_001),
        ("acquirer", "answer_timeout_ms", 10**400),
        ("link", "keepalive_s", 65_536),
        ("link", "vitals_period_s", 86_401),
        ("gate", "reserve_kib", 1_023),
        ("gate", "reserve_kib", (1 << 32) + 1),
        ("gate", "most_switches", -1),
        ("gate", "most_switches", 20),
        ("gate", "switch_days", 0),
        ("gate", "switch_days", 367),
        ("gate", "margin_days", 0),
        ("sale", "same_card", ""),
        ("sale", "same_card", "warn\n"),
        ("sale", "same_card", "Refuse"),
        ("sale", "same_card", False),
        ("sale", "same_card_period_s", 0),
        ("sale", "same_card_period_s", 3_601),
    ],
)
def test_a_wrong_value_is_named_with_section_and_key(path: Path, section: str, key: str, value: object) -> None:
    document = minimal()
    document.setdefault(section, {})[key] = value
    assert re.sub(r"\[\d\]: ", ": ", refusal(path, document)).startswith(f"[{section}] {key}: ")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "till.example", "127.1", "::ffff:127.0.0.1"])
def test_an_api_that_is_open_to_the_network_needs_a_certificate(path: Path, host: str) -> None:
    document = minimal()
    document["api"]["host"] = host
    assert refusal(path, document) == (
        "[api]: host is open to the network, where the token would be read on the way; "
        "set certificate_file and key_file, or 127.0.0.1 as host"
    )
    document["api"] |= {"certificate_file": "/terminal.pem", "key_file": "/terminal.key"}
    path.write_text(tomli_w.dumps(document))
    assert load(path).api.host == host


@pytest.mark.parametrize("alone", ["certificate_file", "key_file"])
def test_a_certificate_and_its_key_belong_together(path: Path, alone: str) -> None:
    document = minimal()
    document["api"][alone] = "/terminal"
    assert refusal(path, document) == "[api]: certificate_file and key_file belong together; set both or neither"


@pytest.mark.parametrize("section", SECTIONS)
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


TLS = {"ca_file": "/etc/jumpguard/servers.crt", "certificate_file": "/etc/link.crt", "key_file": "/etc/link.key"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_broker_on_this_machine_needs_no_encryption(path: Path, host: str) -> None:
    document = minimal()
    document["link"]["host"] = host
    path.write_text(tomli_w.dumps(document))
    assert load(path).link.ca_file is None


@pytest.mark.parametrize("host", ["broker.example", "192.168.1.5", "0.0.0.0", "127.0.0.1.example", "fe80::1", "local"])
def test_a_broker_elsewhere_needs_all_three_files(path: Path, host: str) -> None:
    document = minimal()
    document["link"]["host"] = host
    assert refusal(path, document) == f"[link]: {NOT_ENCRYPTED}"
    document["link"].update(TLS)
    path.write_text(tomli_w.dumps(document))
    assert load(path).link.key_file == Path("/etc/link.key")


def test_a_further_node_elsewhere_needs_them_too(path: Path) -> None:
    document = minimal()
    document["link"]["others"] = ["localhost:1884", "broker.example:8883"]
    assert refusal(path, document) == f"[link]: {OTHERS_NOT_ENCRYPTED}"
    document["link"].update(TLS)
    path.write_text(tomli_w.dumps(document))
    link = load(path).link
    assert link.brokers == ((link.host, link.port), ("localhost", 1884), ("broker.example", 8883))


@pytest.mark.parametrize("missing", list(TLS))
def test_two_of_the_three_files_are_refused_wherever_the_broker_is(path: Path, missing: str) -> None:
    document = minimal()
    document["link"].update({name: value for name, value in TLS.items() if name != missing})
    assert refusal(path, document) == f"[link]: {NOT_TOGETHER}"


def test_a_section_that_is_no_section_is_named(path: Path) -> None:
    assert refusal(path, {**minimal(), "link": 5}).startswith("[link]: ")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"[terminal", "not TOML"),
        (b"a = \xff", "not TOML"),
        (b"a = 1\na = 2", "not TOML"),
        (b"a = " + b"9" * 5000, "not TOML"),
        (b"a = " + b"[" * 5000, "not TOML"),
        (b"[terminal]\nstate_dir" + b".a" * 5000 + b" = 1", "[terminal] state_dir"),
    ],
)
def test_what_is_no_toml_is_told(path: Path, content: bytes, fault: str) -> None:
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(f"{path}: {fault}")):
        load(path)


def test_a_key_written_in_the_place_of_its_file_is_not_quoted(path: Path) -> None:
    document = minimal()
    document["acquirer"]["tmk_file"] = [SECRET]
    assert SECRET not in refusal(path, document)


VALUES = (
    st.text()
    | st.integers()
    | st.booleans()
    | st.floats()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.lists(st.integers(), max_size=2)
)
NAMES = st.sampled_from(sorted({*minimal(), *(key for keys in minimal().values() for key in keys), "poll_ms"}))
TABLES = st.dictionaries(NAMES | st.text(), VALUES | st.dictionaries(NAMES, VALUES, max_size=2), max_size=4)


def is_refused(path: Path) -> bool:
    """Whether the settings are; any error but SettingsError comes through."""
    try:
        return not isinstance(load(path), Settings)
    except SettingsError:
        return True


@given(content=st.binary() | st.text().map(str.encode) | damaged(tomli_w.dumps(minimal()).encode()))
def test_no_file_ends_in_another_error(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    assert is_refused(path) or b"[trust]" in content


@given(section=NAMES, table=TABLES)
def test_no_table_ends_in_another_error(
    section: str, table: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path, document = tmp_path_factory.getbasetemp() / "table.toml", minimal()
    document[section] = {**document.get(section, {}), **table}
    path.write_text(tomli_w.dumps(document), encoding="utf-8")
    unknown = section not in SECTIONS
    assert is_refused(path) or not unknown


def declared() -> Iterator[tuple[str, Any, Any]]:
    """Each key as `section.key`, its type with all that stands beside it, and its default."""
    for section, kind in get_type_hints(Settings, include_extras=True).items():
        struct = get_args(kind)[0]
        hints = get_type_hints(struct, include_extras=True)
        for field in msgspec.structs.fields(struct):
            yield f"{section}.{field.name}", hints[field.name], field.default


@pytest.mark.parametrize(("key", "kind", "default"), list(declared()))
def test_each_key_has_a_unit_a_meaning_and_a_reason(key: str, kind: Any, default: object) -> None:
    beside = get_args(kind)[1:]
    (unit,) = (one for one in beside if isinstance(one, Unit))
    (explained,) = (one for one in beside if isinstance(one, Explained))
    assert unit.text
    for sentence in explained:
        assert sentence[:1].isupper() or sentence.startswith("systemd"), sentence
        assert sentence.endswith("."), sentence
        # Said twice, the default could be changed in one place only.
        assert isinstance(default, Path) or str(default) not in sentence.rstrip(".").split(), sentence


def test_each_section_says_what_its_keys_are_about() -> None:
    for section, kind in get_type_hints(Settings, include_extras=True).items():
        (about,) = (one for one in get_args(kind)[1:] if isinstance(one, Section))
        assert about.meaning, section


def test_each_default_is_one_that_a_file_could_set(path: Path) -> None:
    document = minimal()
    for key, _, default in declared():
        if default not in (msgspec.NODEFAULT, None):
            section, _, name = key.partition(".")
            document.setdefault(section, {})[name] = str(default) if isinstance(default, Path) else default
    path.write_text(tomli_w.dumps(document))
    set_all = load(path)
    path.write_text(tomli_w.dumps(minimal()))
    assert set_all == load(path)


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
