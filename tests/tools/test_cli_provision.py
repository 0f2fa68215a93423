"""`jumpguard provision` at the acquirer's desk: files in, review, sign, registry."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.binding.record import parse
from provisioning import keys, signing
from provisioning.application.application import save
from provisioning.registry import writing
from tests.provisioning.hsm import LABEL, MODULE, SoftToken
from tests.provisioning.merchant import ACCOUNT_NUMBER, application, csv, entries, other_uscc, written
from tests.tools.person import ROOT, Person
from tools.cli.app import app
from tools.rig.files import MID, SERIAL, TID, RigFiles

SECOND = {"serial": "JG-2026-0002", "uscc": other_uscc(), "mid": "898350154990002", "tid": "10000002"}


class Desk:
    """Keys, a registry and two good applications in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = folder / "registry"
        self.run("keys", "make", "root", "root.key")
        self.signer = json.loads(self.run("keys", "make", "binding", "binding.key")[1])
        assert self.run("provision", "account-key", "account.key")[0] == 0
        self.one = save(application(), folder)
        self.two = save(application(legal_name="示例茶叶店", **SECOND), folder)

    def run(self, *arguments: str | Path) -> tuple[int, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            result = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    def apply(self, *arguments: str | Path) -> tuple[int, str]:
        return self.run("provision", "apply", "--account-key", "account.key", *arguments)

    def sign(self, *arguments: str | Path) -> tuple[int, str]:
        return self.run(
            "provision", "sign", "--registry", "registry", "--key", "binding.key", "--new-registry", *arguments
        )

    def binding(self, serial: str) -> dict[str, object]:
        document = json.loads((self.folder / f"{serial}.binding.json").read_bytes())["document"]
        assert isinstance(document, dict)
        return document

    def actions(self) -> list[str]:
        return [json.loads(line)["entry"]["action"] for line in self.run("provision", "registry", "registry", "--json")[1].splitlines()]  # noqa: E501  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_reader_who_has_enough_ends_it_quietly(desk: Desk) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    file = written(desk.folder / "good.csv", csv(entries()), "utf-8")
    command = [
        sys.executable,
        "-c",
        "from tools.cli.app import main; main()",
        "provision",
        "apply",
        "--account-key",
        "account.key",
        "--replace",
        str(file),
    ]
    done = subprocess.run(
        command,
        cwd=desk.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.stderr == ""


def test_what_is_wrong_is_said_in_chinese(desk: Desk) -> None:
    missing = str(desk.folder / "none.csv")
    status, output = desk.apply(missing, "--language", "zh_CN")
    assert (status, "错误：" in output, "error" in output) == (1, True, False)


def test_applications_from_a_table_are_written_all_or_none(desk: Desk) -> None:
    out = desk.folder / "out"
    out.mkdir()
    good = written(desk.folder / "good.csv", csv(entries(), entries(**SECOND)), "gbk")
    bad = written(desk.folder / "bad.csv", csv(entries(serial="JG-2026-0003"), entries(serial="JG-2026-0004", mid="1")))
    status, output = desk.apply(good, bad, "--out", out)
    assert (status, list(out.iterdir())) == (1, [])
    assert "bad.csv: row 3, mid: “1”: 1 characters; 15 are due" in output
    assert "no application was written" in output
    status, output = desk.apply(good, "--out", out)
    assert f"Next: jumpguard provision review {out}/JG-2026-0001.application.json ... --registry REGISTRY" in output
    assert (status, "read as GBK" in output) == (0, True)
    assert [path.name for path in sorted(out.iterdir())] == [
        "JG-2026-0001.application.json",
        "JG-2026-0002.application.json",
    ]
    # The same again is the same; others are not written over by accident.
    assert desk.apply(good, "--out", out)[0] == 0
    changed = written(
        desk.folder / "changed.csv", csv(entries(serial="JG-2026-0003"), entries(address="别处1号", **SECOND))
    )
    status, output = desk.apply(changed, "--out", out)
    assert (status, "has other applications of JG-2026-0002" in output) == (1, True)
    assert len(list(out.iterdir())) == 2
    assert desk.apply(changed, "--out", out, "--replace")[0] == 0
    assert ACCOUNT_NUMBER not in output + "".join(path.read_text() for path in out.iterdir())


def test_one_serial_in_two_files_is_named(desk: Desk) -> None:
    files = [written(desk.folder / name, csv(entries())) for name in ("a.csv", "b.csv")]
    status, output = desk.apply(*files)
    assert (status, "JG-2026-0001 stands in two files" in output) == (1, True)


def test_where_nobody_can_be_asked_a_file_is_due(desk: Desk) -> None:
    status, output = desk.apply()
    assert (status, "name a file" in output) == (1, True)
    status, output = desk.run("provision", "apply", "--account-key", "none.key")
    assert (status, "make it once: jumpguard provision account-key none.key" in output) == (1, True)
    status, output = desk.run("provision", "account-key", "account.key")
    assert (status, "it is there already" in output, "go on using it" in output) == (1, True, True)


def test_a_review_shows_entries_and_findings(desk: Desk) -> None:
    status, output = desk.run("provision", "review", desk.one)
    assert (status, "nothing is odd" in output) == (0, False)
    assert "福建省 福州市 鼓楼区" in output and "Not compared with the registry" in output
    assert desk.sign(desk.one)[0] == 0
    stranger = save(application(serial="JG-2026-0003"), desk.folder)
    status, output = desk.run("provision", "review", stranger, "--registry", "registry", "--json")
    levels = {(one["entry"], one["level"]) for one in json.loads(output)["findings"]}
    assert (status, ("tid", "problem") in levels) == (1, True)
    status, output = desk.run("provision", "review", stranger, "--registry", "registry", "--language", "zh_CN")
    assert "须更正: 终端号（TID）: 已绑定终端 JG-2026-0001；一机一码" in output


def test_signing_hands_out_bindings_and_writes_them_down(desk: Desk) -> None:
    status, output = desk.sign(desk.one, desk.two)
    assert status == 0, output
    assert parse(desk.binding("JG-2026-0001")).version == parse(desk.binding("JG-2026-0002")).version == 1
    before = (desk.folder / "JG-2026-0001.binding.json").read_bytes()
    (desk.folder / "JG-2026-0001.binding.json").unlink()
    status, output = desk.sign(desk.one)
    assert (status, "signed before as version 1" in output) == (0, True)
    assert (desk.folder / "JG-2026-0001.binding.json").read_bytes() == before
    assert desk.sign(desk.one, "--renew", "--days", "30", "--valid-from", "2026-12-01")[0] == 0
    renewed = desk.binding("JG-2026-0001")
    assert (renewed["version"], renewed["valid_to"]) == (2, "2026-12-31T00:00:00Z")
    assert desk.actions() == ["issued", "issued", "renewed"]


def test_a_registry_whose_name_is_misspelled_is_not_begun_anew(desk: Desk) -> None:
    status, output = desk.run("provision", "sign", desk.one, "--registry", "registri", "--key", "binding.key")
    assert (status, "registry registri: not there; check the name" in output) == (1, True)
    assert not (desk.folder / "registri").exists()
    status, output = desk.run("provision", "review", desk.one, "--registry", "registri")
    assert (status, "registri: not there yet; nothing to compare with" in output) == (0, True)


def test_a_change_of_merchant_needs_a_reason(desk: Desk) -> None:
    assert desk.sign(desk.one)[0] == 0
    sold = save(application(**{**SECOND, "serial": "JG-2026-0001", "legal_name": "示例茶叶店"}), desk.folder)
    status, output = desk.sign(sold, "--yes")
    assert (status, "say why: --change" in output) == (1, True)
    status, output = desk.sign(sold, "--change", "pay to 4111111111111111", "--yes")
    assert (status, "--change: a card number stands in it" in output) == (1, True)
    status, output = desk.sign(sold, "--change", "the shop was sold", "--yes")
    assert (status, "switch number 1 of this terminal" in output) == (0, True)
    assert desk.actions() == ["issued", "changed"]
    status, output = desk.run("provision", "registry", "registry")
    assert "the shop was sold" in output


def test_warnings_are_for_a_person_to_decide(desk: Desk) -> None:
    odd = save(application(limit="5000"), desk.folder)
    status, output = desk.sign(odd)
    assert (status, "above 1000.00 yuan" in output, "nothing was signed" in output) == (1, True, True)
    assert not desk.registry.exists()
    arguments = ("provision", "sign", str(odd), "--registry", "registry", "--key", "binding.key", "--new-registry")
    for said, status in (("n", 1), ("是", 0)):
        with Person(desk.folder, *arguments) as person:
            person.reads("Sign in spite of these warnings? [y/N]")
            assert not desk.registry.exists()
            person.types(said)
            assert person.leaves() == status
    assert desk.actions() == ["issued"]


def test_nothing_of_a_batch_is_signed_when_one_may_not(desk: Desk) -> None:
    gap = save(application(serial="JG-2026-0005", mid="", tid=""), desk.folder)
    status, output = desk.sign(desk.one, gap, "--yes")
    assert (status, "JG-2026-0005: mid: not there yet" in output) == (1, True)
    assert not desk.registry.exists() and not list(desk.folder.glob("*.binding.json"))


def test_only_a_binding_signer_signs(desk: Desk) -> None:
    for options, why in (
        (("--key", "root.key"), "of a binding signer alone"),
        ((), "name the binding signer's key"),
        (("--key", "binding.key", "--module", MODULE), "name the binding signer's key"),
        (("--module", MODULE), "needs --token LABEL and --pin-file FILE"),
    ):
        status, output = desk.run("provision", "sign", desk.one, "--registry", "registry", "--new-registry", *options)
        assert (status, why in output) == (1, True), output
    assert not desk.registry.exists()


def test_closing_frees_the_numbers(desk: Desk) -> None:
    assert desk.sign(desk.one)[0] == 0
    sister = save(application(serial="JG-2026-0003"), desk.folder)
    status, output = desk.sign(sister, "--yes")
    assert (status, "close that one first" in output) == (1, True)
    close = ("provision", "close", "JG-2026-0001", "--registry", "registry", "--key", "binding.key")
    assert desk.run(*close, "--why", "broken")[0] == 0
    assert desk.sign(sister, "--yes")[0] == 0
    status, output = desk.run(*close, "--why", "again")
    assert (status, "no binding of it is in force" in output) == (1, True)
    assert desk.actions() == ["issued", "closed", "issued"]


def test_a_third_party_checks_the_registry(desk: Desk) -> None:
    (desk.folder / "binding.pub").write_text(json.dumps(desk.signer))
    arguments = ("keys", "sign", "keys-1.json", "--root", "root.key", "--fleet", "demo", "--add", "binding.pub")
    assert desk.run(*arguments)[0] == 0
    root = keys.load(desk.folder / "root.key").public_hex
    status, output = desk.sign(desk.one, desk.two)
    head = output.split()[-1]
    shutil.copy(desk.registry, desk.folder / "copy")
    check = ("provision", "registry", "copy", "--check")
    status, output = desk.run(*check, "--keys", "keys-1.json", "--root", root, "--head", head)
    assert (status, "2 entries, chain and signatures right" in output, head in output) == (0, True, True)
    assert "Whose keys" not in output
    assert "Whose keys" in desk.run(*check)[1]
    assert desk.run(*check, "--keys", "keys-1.json")[0] == 2
    status, output = desk.run(*check, "--head", "ab" * 32)
    assert (status, "entries were cut off" in output) == (1, True)
    with sqlite3.connect(desk.folder / "copy") as connection:
        connection.execute("DROP TRIGGER never_changed")
        connection.execute("UPDATE entries SET text = replace(text, 'JG-2026-0002', 'JG-2026-0009')")
    connection.close()
    status, output = desk.run(*check)
    assert (status, "entry 2: its hash is not that of its text" in output) == (1, True)


def test_what_a_signer_wrote_into_the_registry_does_nothing_on_a_screen(desk: Desk) -> None:
    assert desk.sign(desk.one)[0] == 0
    with writing(desk.registry) as registry:
        signing.close("JG-2026-0001", "\x1b[2Jgone", registry, keys.load(desk.folder / "binding.key"), "\x9b1m")
    status, output = desk.run("provision", "registry", "registry")
    assert (status, "\x1b" in output, "\x9b" in output, "\ufffd[2Jgone" in output) == (0, False, False, True)


def test_the_example_leads_through(desk: Desk) -> None:
    for kind in ("csv", "toml", "yaml"):
        status, output = desk.run("provision", "example", "--kind", kind)
        written(desk.folder / f"example.{kind}", output)
        assert (status, desk.apply(desk.folder / f"example.{kind}", "--replace")[0]) == (0, 0)


def test_a_token_signs_as_a_file_does(desk: Desk, tmp_path: Path) -> None:
    token = SoftToken(desk.folder)

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        # A process of its own: SoftHSM reads its configuration once.
        program = [sys.executable, "-c", "from tools.cli.app import main; main()", "provision", *arguments]
        environment = {**token.environment, "PYTHONPATH": str(ROOT)}
        return subprocess.run(program, cwd=desk.folder, env=environment, capture_output=True, text=True, check=False)

    options = ("--module", str(MODULE), "--token", LABEL, "--pin-file", "pin")
    made = run("token-key", *options)
    assert made.returncode == 0, made.stderr
    assert set(json.loads(made.stdout)) == {"id", "role", "public"}
    (desk.folder / "token.pub").write_text(made.stdout)
    done = run("sign", "JG-2026-0001.application.json", "--registry", "registry", "--new-registry", *options)
    assert done.returncode == 0, done.stderr
    assert (desk.binding("JG-2026-0001")["version"], "4711" in done.stdout + done.stderr) == (1, False)
    keys_signed = ("keys", "sign", "keys-1.json", "--root", "root.key", "--fleet", "demo", "--add", "token.pub")
    assert desk.run(*keys_signed)[0] == 0
    root = keys.load(desk.folder / "root.key").public_hex
    check = ("provision", "registry", "registry", "--check", "--keys", "keys-1.json", "--root", root)
    assert desk.run(*check)[0] == 0
    wrong = run("sign", "JG-2026-0002.application.json", "--registry", "registry", "--yes", "--module", "none.so",
                "--token", LABEL, "--pin-file", "pin")  # fmt: skip
    assert (wrong.returncode, "while loading none.so" in wrong.stderr) == (1, True), wrong.stderr


def test_a_terminal_takes_what_was_signed(tmp_path: Path) -> None:
    files = RigFiles(tmp_path)
    files.create()
    files.write_settings(("127.0.0.1", 9), ("127.0.0.1", 9))
    row = entries(serial=SERIAL, mid=MID, tid=TID, mcc="5411", name="示例超市", legal_name="福州示例超市有限公司")
    written(tmp_path / "shops.csv", csv(row), "gbk")
    runner = CliRunner()

    def run(*arguments: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            result = runner.invoke(app, ["provision", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    run("account-key", "account.key")
    run("apply", "--account-key", "account.key", "shops.csv")
    run("sign", f"{SERIAL}.application.json", "--registry", "registry", "--key", "binding.key", "--new-registry")
    install = [sys.executable, "-m", "board", "--settings", str(files.settings), "--install", f"{SERIAL}.binding.json"]
    done = subprocess.run(
        install, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "示例超市" in files.merchant_file.read_bytes().decode()
