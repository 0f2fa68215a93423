"""`jumpguard decode` as it is typed."""

import json

import pytest
from typer.testing import CliRunner, Result

from provisioning import texts
from tests.tools.decode.samples import PAN, SALE, SECRETS, framed
from tools.cli.decode import app

SALE_HEX = framed(SALE).hex()


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "C")
    texts.use(texts.ENGLISH)


def run(*arguments: str, standard_input: str = "") -> Result:
    return CliRunner().invoke(app, [*arguments], input=standard_input, env={"COLUMNS": "100"})


def test_a_message_comes_as_one_argument_as_many_or_on_standard_input() -> None:
    whole = run("8583", SALE_HEX)
    assert whole.exit_code == 0 and "DE 42" in whole.output
    pieces = [SALE_HEX[at : at + 8] for at in range(0, len(SALE_HEX), 8)]
    assert run("8583", *pieces).output == whole.output
    assert run("8583", "-", standard_input="\n".join(pieces)).output == whole.output
    assert SECRETS.find(whole.output.encode()) == []


@pytest.mark.parametrize(
    "arguments",
    [("8583", SALE_HEX), ("tlv", "82022000"), ("dol", "9F0206"), ("mid", "898350154110001")],
)
def test_json_is_one_object_with_the_same_parts(arguments: tuple[str, str]) -> None:
    result = run(*arguments, "--json")
    content = json.loads(result.stdout)
    assert list(content) == ["kind", "title", "notes", "parts", "problem"]
    assert (content["kind"], content["problem"], result.exit_code) == (arguments[0], None, 0)
    table = run(*arguments).stdout
    assert all(part["key"] in table for part in content["parts"])
    assert SECRETS.find(result.stdout.encode()) == []


def test_what_does_not_decode_is_one_line_and_exit_code_1_behind_what_was_understood() -> None:
    result = run("8583", SALE_HEX[:-2])
    assert result.exit_code == 1
    assert "DE 60" in result.stdout and "DE 64" not in result.stdout.partition("DE 60")[2]
    assert result.stderr == "error: DE 64 at byte 231: it needs 8 bytes, 7 are left\n"
    content = json.loads(run("8583", SALE_HEX[:-2], "--json").stdout)
    assert content["problem"] == {"key": "DE 64", "offset": 231, "text": "it needs 8 bytes, 7 are left"}


@pytest.mark.parametrize(
    "arguments", [("8583", "zz"), ("8583", "02"), ("tlv", "0"), ("dol", f"{PAN}x"), ("mid", "12"), ("tlv", "")]
)
def test_what_cannot_be_read_at_all_is_one_line_and_exit_code_1(arguments: tuple[str, str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    assert SECRETS.find(result.stderr.encode()) == []


def test_bytes_on_standard_input_are_refused_in_one_line() -> None:
    result = CliRunner().invoke(app, ["8583", "-"], input=framed(SALE))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: character 1 is not a hexadecimal digit\n"


def test_chinese_on_request_and_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "收单机构" in run("mid", "898350154110001", "--language", "zh_CN").stdout
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "收单机构" in run("mid", "898350154110001").stdout
    assert "收单机构" not in run("mid", "898350154110001", "--language", "en").stdout
