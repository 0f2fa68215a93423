"""Every row of a table is looked at before a terminal is touched; what is wrong is named by row and column."""

import json
import shutil
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioning import keys, signing
from provisioning.batch.check import Checked, Ways, check
from provisioning.batch.columns import FIELDS, headings
from provisioning.batch.example import example, explained
from provisioning.batch.table import table
from provisioning.errors import ApplicationError, BatchError, DeskError, HandoverError
from provisioning.issue import issue
from provisioning.registry import Writing, writing
from provisioning.texts import CHINESE, ENGLISH, use
from tests.provisioning.batch.street import Street
from tests.provisioning.install.expired import expire
from tests.provisioning.merchant import other_uscc
from tools.desk import desk
from tools.rig.files import MID, SERIAL, TID, binding_document
from tools.rig.practice import Practice, register, serial

MANY = 300
CHINESE_NAMES = {
    "serial": "终端序列号", "host": "主机", "user": "用户", "identity": "密钥", "host_key": "主机密钥",
    "root": "根目录", "api.port": "收银端口", "mid": "商户号", "tid": "终端号", "note": "备注",
}  # fmt: skip


def checked(street: Street, desk_file: Path | None = None, **ways: object) -> Checked:
    made = Ways(**{"known_hosts": street.folder / "known_hosts", **ways})  # type: ignore[arg-type]
    return check(table(street.table), desk(desk_file or street.practice.desk_file), made, "Wang", street.folder)


def refused(street: Street, desk_file: Path | None = None, **ways: object) -> list[str]:
    """What is wrong, a line each, without the file's name."""
    with pytest.raises(BatchError) as error:
        checked(street, desk_file, **ways)
    *lines, last = str(error.value).splitlines()
    assert last == "nothing was begun"
    return [line.removeprefix(f"{street.table}: ") for line in lines]


@pytest.fixture
def desk_file(practice: Practice, tmp_path: Path) -> Iterator[Path]:
    """The desk's file again, for a test to write something else into."""
    path = practice.desk_file.with_name(f"{tmp_path.name}.toml")
    path.write_bytes(practice.desk_file.read_bytes())
    yield path
    path.unlink()


def change(path: Path, **changes: object) -> None:
    path.write_text(tomli_w.dumps({**tomllib.loads(path.read_text()), **changes}))


# --- what is taken


def test_three_hundred_rows_are_checked_in_less_than_two_seconds(street: Street, tmp_path: Path) -> None:
    numbers = range(1, MANY + 1)

    def enter(book: Writing, signer: keys.SigningKey) -> None:
        for number in numbers[len(book.entries) :]:
            register(book, binding_document(serial=serial(number), tid=str(int(TID) + number - 1)), signer)

    master_keys = tmp_path / "tmk"
    master_keys.mkdir()
    for number in numbers:
        path = master_keys / f"{int(TID) + number - 1}.tmk"
        path.touch(mode=0o600)
        path.write_text("0" * 32)
    desk_file = registered(street, tmp_path / "registry", enter)
    change(desk_file, registry=str(tmp_path / "registry"), master_keys=str(master_keys))
    street.write([{**street.row(1), "serial": serial(number), "root": f"/terminal-{number}"} for number in numbers])
    begun = time.process_time()
    found = checked(street, desk_file)
    took_s = time.process_time() - begun
    assert [row.serial for row in found.rows] == [serial(number) for number in numbers]
    print(f"{MANY} rows checked in {took_s:.2f} s")
    assert took_s < 2
    desk_file.unlink()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("chinese", [False, True])
def test_a_table_is_taken_in_either_language_and_any_usual_encoding(
    street: Street, encoding: str, chinese: bool
) -> None:
    names = CHINESE_NAMES if chinese else {}
    rows = [{names.get(name, name): text for name, text in {**row, "note": "收银台"}.items()} for row in street.rows]
    street.write(rows, encoding)
    found = checked(street)
    assert [(row.serial, row.note) for row in found.rows] == [(row["serial"], "收银台") for row in street.rows]
    assert [row.settings for row in found.rows] == [{"api": {"port": 0}}] * 3
    assert any("GBK" in note for note in found.notes) == (encoding == "gbk")


def test_full_width_digits_spaces_and_dashes_are_tidied(street: Street) -> None:
    row = street.rows[0]
    wide = {ord(c): ord(c) + 0xFEE0 for c in "0123456789:"}
    pasted = {
        "serial": f" {row['serial'].lower().translate(wide).replace('-', '－')} ",
        "host": row["host"].translate(wide).replace(".", "。"),
        "mid": f"{MID[:3]} {MID[3:7]}-{MID[7:]}".translate(wide), "tid": f"{TID[:4]}\u200b {TID[4:]}",
        "api.port": "８５８３",
    }  # fmt: skip
    street.write([{**row, **pasted}])
    (found,) = checked(street).rows
    assert (found.serial, str(found.address).partition("@")[2]) == (row["serial"], row["host"])
    assert found.settings == {"api": {"port": 8583}}


def test_a_binding_is_found_by_file_by_folder_or_in_the_registry(street: Street, tmp_path: Path) -> None:
    folder = tmp_path / "bindings"
    folder.mkdir()
    for number in (1, 2):
        shutil.copy(street.practice.binding(number), folder)
    by_file = {**street.rows[0], "binding": f"bindings/{SERIAL}.binding.json", "serial": ""}
    street.write([by_file, *street.rows[1:]])
    assert [row.serial for row in checked(street, bindings=folder).rows] == [row["serial"] for row in street.rows]
    (folder / street.practice.binding(2).name).write_text("{}")
    assert "the file holds no signed binding" in refused(street, bindings=folder)[0]


def test_an_example_is_a_table_whose_row_lacks_a_terminal_alone(street: Street) -> None:
    for chinese in (False, True):
        street.table.write_text(example(chinese=chinese))
        lines = refused(street)
        assert len(lines) == 2 and all(line.startswith("row 2") for line in lines), lines
        assert "the registry does not know this binding" in lines[1] and "host key" in lines[0]
    assert {line.partition(" (")[0] for line in explained()} == {*(field.name for field in FIELDS), "api.port"}


def test_every_heading_means_one_column() -> None:
    for field in FIELDS:
        assert {headings().meant(name) for name in (field.name, field.title, *field.aliases)} == {field.name}


# --- what is refused


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"serial": "10.0.0.11"}, "row 2, serial: “10.0.0.11”: “.” at place 3 is neither a letter A to Z nor a digit; it has the form of host (Address)"),  # noqa: E501
        ({"serial": "JG-NONE-1"}, "row 2, serial: the registry does not know this binding: JG-NONE-1"),
        ({"serial": ""}, "row 2, serial: missing: Terminal serial"),
        ({"host": ""}, "row 2, host: missing: Address"),
        ({"host": "10.0.0.11:ssh"}, "row 2, host: “10.0.0.11:ssh”: no address; write it as HOST or HOST:PORT"),
        ({"host": "-oProxyCommand=sh"}, "row 2, host: “-oProxyCommand=sh”: no address"),
        ({"user": "a b;c"}, "row 2, user: “a b;c”: no name of a user"),
        ({"identity": "none"}, "No such file or directory"),
        ({"host_key": "SHA256:short"}, "row 2, host_key: “SHA256:short”: no fingerprint of a host key"),
        ({"host_key": ""}, "row 2, host_key: the host key of"),
        ({"binding": "none.json"}, "row 2, binding: the file holds no signed binding"),
        ({"application": "12"}, "row 2, application: “12”: not 8 to 64 hexadecimal digits"),
        ({"mid": "898350154110002"}, f"row 2, mid: 898350154110002, and the binding is for {MID}"),
        ({"mid": "8983501541100"}, "13 characters; 15 are due"),
        ({"tid": "99999999"}, f"row 2, tid: 99999999, and the binding is for {TID}"),
        ({"api.port": "70000"}, "row 2, api.port: “70000”: not what a terminal takes: whole number"),
        ({"api.port": "many"}, "row 2, api.port: “many”: not what a terminal takes"),
        ({"api.prot": "1"}, "no entry is called “api.prot”; api.port is"),
        ({"trust.root_public": "X"}, "no entry is called “trust.root_public”"),
        ({"note": "4111111111111111"}, "a card number stands in it"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_named_by_row_and_column(
    street: Street, changes: Mapping[str, str], named: str
) -> None:
    street.write([{**street.rows[0], **changes}, *street.rows[1:]])
    lines = refused(street)
    assert any(named in line for line in lines), lines
    assert len(lines) == 1 and "4111111111111111" not in lines[0], lines


@pytest.mark.parametrize(("one", "other"), [("serial", "host"), ("host", "host_key"), ("mid", "tid")])
def test_two_columns_that_were_swapped_are_named_as_such(street: Street, one: str, other: str) -> None:
    rows = [{**row, "mid": MID, "tid": str(int(TID) + number)} for number, row in enumerate(street.rows)]
    swapped = [{**row, one: row[other], other: row[one]} for row in rows]
    street.write([swapped[0], *rows[1:]])
    (line,) = refused(street)
    assert line.startswith(f"row 2: {one} and {other} are swapped: under {one} stands what has the form of")
    street.write(swapped)
    (line,) = refused(street)
    assert line.startswith(f"every row: the columns {one} and {other} are swapped")


def test_a_column_is_called_as_the_table_calls_it(street: Street) -> None:
    rows = [{CHINESE_NAMES.get(name, name): text for name, text in row.items()} for row in street.rows]
    street.write(
        [{**rows[0], "主机密钥": "", "终端序列号": "JG-NONE-1"}, {**rows[1], "主机密钥": "SHA256:x"}, *rows[2:]]
    )
    columns = {line.split(", ")[1].split(":")[0] for line in refused(street)}
    assert columns == {"主机密钥", "终端序列号"}


def test_what_two_rows_have_and_only_one_may_is_named(street: Street) -> None:
    first, second, third = street.rows
    street.write([first, second, {**third, "serial": first["serial"]}, {**third, "root": second["root"]}])
    lines = refused(street)
    assert f"row 4, serial: {first['serial']} stands in row 2, too" in lines
    assert f"row 4, tid: {TID} stands in row 2, too" in lines
    assert any(line.startswith("row 5, host:") and line.endswith("stands in row 3, too") for line in lines), lines


def registered(street: Street, path: Path, act: Callable[..., object]) -> Path:
    """The registry again, where somebody did `act`; the desk file that names it."""
    shutil.copy(street.practice.registry, path)
    with writing(path) as registry:
        act(registry, street.practice.rig.files.signer(keys.BINDING))
    desk_file = street.practice.desk_file.with_name(f"{path.parent.name}-other.toml")
    desk_file.write_bytes(street.practice.desk_file.read_bytes())
    change(desk_file, registry=str(path))
    return desk_file


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"tid": TID, "mid": "898350154110009"}, f"row 2, tid: terminal number {TID} is bound to JG-OTHER-1 as well"),
        (
            {"tid": "20000001", "uscc": other_uscc()},
            f"row 2, mid: merchant number {MID} is bound to JG-OTHER-1 as well",
        ),
    ],
)
def test_numbers_that_are_bound_elsewhere_are_named(
    street: Street, tmp_path: Path, changes: dict[str, str], named: str
) -> None:
    other = {**binding_document(serial="JG-OTHER-1"), **changes}
    desk_file = registered(street, tmp_path / "registry", lambda book, signer: register(book, other, signer))
    assert named in refused(street, desk_file)
    desk_file.unlink()


def test_a_binding_that_was_closed_is_named(street: Street, tmp_path: Path) -> None:
    desk_file = registered(
        street, tmp_path / "registry", lambda book, signer: signing.close(SERIAL, "sold", book, signer, "Li")
    )
    (line,) = refused(street, desk_file)
    assert line.startswith("row 2, serial: the registry says that this terminal's binding was closed")
    desk_file.unlink()


def test_a_binding_that_was_altered_or_has_expired_is_named(street: Street, tmp_path: Path) -> None:
    signed = json.loads(street.practice.binding(1).read_text())
    altered = {**signed, "document": {**signed["document"], "name": "Another Shop"}}
    over = issue(
        {**signed["document"], "valid_from": "2020-01-01T00:00:00Z", "valid_to": "2021-01-01T00:00:00Z"},
        street.practice.rig.files.signer(keys.BINDING),
    )
    for binding, named in ((altered, "the binding was changed after it was signed"), (over, "the binding has expired")):
        (tmp_path / "x.json").write_text(json.dumps(binding))
        street.write([{**street.rows[0], "binding": "x.json"}])
        (line,) = refused(street)
        assert line.startswith(f"row 2, binding: {named}")


def test_what_is_missing_at_the_desk_is_named(
    street: Street, desk_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(desk_file, master_keys=str(tmp_path))
    lines = refused(street, desk_file)
    assert [line.partition(":")[0] for line in lines] == ["row 2, tid", "row 3, tid", "row 4, tid"]
    assert "the terminal master key for this terminal number cannot be used" in lines[0]
    change(desk_file, master_keys="tmk", acquirers={})
    assert "the desk file does not say where this acquirer is" in refused(street, desk_file)[0]
    shutil.copytree(street.practice.directory / "ca", tmp_path / "ca")
    expire(tmp_path / "ca")
    change(desk_file, authority=str(tmp_path / "ca"))
    with pytest.raises(BatchError, match="certificate authority has expired"):
        checked(street, desk_file)
    change(desk_file, authority="ca", broker_folders=["none"])
    with pytest.raises(DeskError, match="none: not there"):
        checked(street, desk_file)
    monkeypatch.setattr("provisioning.handover.fonts._FOLDERS", ())
    with pytest.raises(HandoverError, match="fonts-dejavu-core"):
        checked(street)


def test_a_full_disk_is_named(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(street.folder)._replace(free=20 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: free)
    with pytest.raises(BatchError, match="20 MiB are free, the results of 3 terminals need 32"):
        checked(street)


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff", b"serial\n", b"serial,host\n", b'serial,host\n"a,b\n'])
def test_a_file_that_is_no_table_is_refused(street: Street, content: bytes) -> None:
    street.table.write_bytes(content)
    with pytest.raises((BatchError, ApplicationError), match=r"terminals\.csv"):
        checked(street)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.dictionaries(
        st.sampled_from([*(field.name for field in FIELDS), "api.port", "x"]), st.text(max_size=30), min_size=2
    )
)
def test_whatever_stands_in_a_row_is_taken_or_refused_with_its_row(street: Street, cells: dict[str, str]) -> None:
    street.write([{**cells, "serial": cells.get("serial", "JG-NONE-1"), "host": cells.get("host", "")}])
    try:
        checked(street)
    except (BatchError, ApplicationError) as error:
        assert "terminals.csv" in str(error)


def test_faults_are_named_in_chinese(street: Street) -> None:
    use(CHINESE)
    try:
        street.write([{**street.rows[0], "serial": "10.0.0.11"}])
        with pytest.raises(BatchError, match="第 2 行") as error:
            checked(street)
    finally:
        use(ENGLISH)
    assert "没有开始任何操作" in str(error.value)
