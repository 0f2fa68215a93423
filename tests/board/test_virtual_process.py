"""A virtual board as a process: its folder, its life, and what its control socket accepts and refuses."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ReaderError
from board.errors import BoardError, BoardRefusedError, NoBoardError
from board.reader import NfcReader
from board.virtual import environment
from board.virtual.client import BoardClient, BoardProcess
from board.virtual.personalisation import PATH

SELECT_PPSE = bytes.fromhex("00A404000E325041592E5359532E444446303100")
SELECT_UNIONPAY = bytes.fromhex("00A4040008A00000033301010100")


def refused(directory: Path, *options: str) -> str:
    """The words of a board that could not start."""
    ended = subprocess.run(
        [sys.executable, "-m", "board.virtual", "--dir", str(directory), *options],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("error: ") and "Traceback" not in ended.stderr
    return ended.stderr


def talk(board: BoardProcess, *lines: bytes) -> list[dict[str, Any]]:
    """Send `lines` over one connection; the answers until it is closed."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(board.paths["control"])
        connection.sendall(b"".join(lines))
        connection.shutdown(socket.SHUT_WR)
        return [json.loads(line) for line in connection.makefile("rb")]


def test_ready_line_names_what_is_there(board: BoardProcess, tmp_path: Path) -> None:
    assert board.paths == {
        "control": f"{tmp_path}/board/control.sock",
        "gpio": f"{tmp_path}/board/gpio.sock",
        "nfc": f"{tmp_path}/board/nfc",
        "proc": f"{tmp_path}/board/proc",
        "sys": f"{tmp_path}/board/sys",
    }
    assert Path(board.paths["control"]).is_socket() and Path(board.paths["gpio"]).is_socket()
    assert Path(board.paths["nfc"]).is_symlink() and Path(board.paths["nfc"]).resolve().is_char_device()
    assert (tmp_path / "board").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_it_cleanly_and_leaves_nothing(board: BoardProcess, tmp_path: Path, number: int) -> None:
    assert board.process is not None
    with socket.socket(socket.AF_UNIX) as idle:
        idle.connect(board.paths["control"])
        board.process.send_signal(number)
        assert board.process.wait(10) == 0
    assert list(tmp_path.iterdir()) == []


def test_folder_that_was_there_stays_with_what_else_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with BoardProcess(folder) as client:
        assert client.lines()["tamper"] == 0
    assert [each.name for each in folder.iterdir()] == ["notes.txt"]


def test_second_board_in_a_folder_is_refused_and_the_first_lives_on(board: BoardProcess, tmp_path: Path) -> None:
    words = refused(tmp_path / "board")
    assert f"a virtual board lives in {tmp_path}/board: end it, or choose another folder" in words
    assert board.client.lines()["tamper"] == 0
    with BoardProcess(tmp_path / "other") as other:
        assert other.lines()["tamper"] == 0


def test_leftovers_of_a_killed_board_are_taken_over(board: BoardProcess, tmp_path: Path) -> None:
    board.kill()
    assert (tmp_path / "board" / "control.sock").exists() and (tmp_path / "board" / "proc" / "meminfo").exists()
    with pytest.raises(NoBoardError, match="start one with"):
        board.client.lines()
    with BoardProcess(tmp_path / "board") as client:
        assert client.lines()["tamper"] == 0
    assert list((tmp_path / "board").iterdir()) == []


@pytest.mark.parametrize("name", ["proc", "nfc", "control.sock"])
def test_folder_with_files_that_are_not_a_boards_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "precious").write_text("mine")
    assert f"{tmp_path / name} is not of a virtual board" in refused(tmp_path)
    assert (tmp_path / name / "precious").read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_path_too_long_for_a_socket_is_refused_and_the_longest_is_not(tmp_path: Path) -> None:
    room = 107 - len(f"{tmp_path}//control.sock")
    words = refused(tmp_path / ("x" * (room + 1)))
    assert "control.sock has 108 bytes, a Unix socket's path at most 107: choose a shorter folder" in words
    with BoardProcess(tmp_path / ("x" * room)) as client:
        assert client.lines()["tamper"] == 0
    assert list(tmp_path.iterdir()) == []


def test_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "board").write_text("mine")
    assert "cannot hold a virtual board" in refused(tmp_path / "board")
    assert (tmp_path / "board").read_text() == "mine"


def test_cards_come_from_the_file_that_is_given(tmp_path: Path) -> None:
    text = PATH.read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace("[cards.unionpay]", "[cards.house]"), encoding="utf-8")
    with BoardProcess(tmp_path / "board", "--cards", str(own)) as client:
        names = [card["name"] for card in client.cards()]
        assert "house" in names and "unionpay" not in names
        client.tap("house")
    own.write_text("cards = 7")
    assert str(own) in refused(tmp_path / "board", "--cards", str(own))
    assert not (tmp_path / "board").exists()


def test_unknown_option_is_a_usage_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "board.virtual", "--dir", str(tmp_path), "--fast"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def test_failing_start_tells_the_boards_own_words(board: BoardProcess, tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="a virtual board lives in"):
        BoardProcess(tmp_path / "board").start()


def test_every_card_of_the_file_is_at_hand_with_its_brands(client: BoardClient) -> None:
    cards = {card["name"]: card["brands"] for card in client.cards()}
    assert cards.keys() == tomllib.loads(PATH.read_text(encoding="utf-8"))["cards"].keys()
    assert cards["unionpay"] == ["UNIONPAY DEBIT"]


def test_one_card_fits_in_the_field(client: BoardClient) -> None:
    client.tap("unionpay")
    with pytest.raises(BoardRefusedError, match="a card is in the field, 'visa' does not fit in: remove it first"):
        client.tap("visa")
    client.remove()
    client.remove()
    client.tap("visa")
    with pytest.raises(BoardRefusedError, match=r"no card 'gold': choose one of unionpay, visa"):
        client.tap("gold")
    happened = [(each["what"], each.get("card")) for each in client.history() if each["what"] in ("tap", "remove")]
    assert happened == [("tap", "unionpay"), ("remove", None), ("tap", "visa")]


def test_button_goes_down_and_up_and_an_unknown_one_is_refused(client: BoardClient) -> None:
    since = client.history()[-1]["n"]
    client.press("help", ms=1)
    assert [each["what"] for each in client.history(since)][:1] == ["press"]
    for button, ms, words in [("enter", 1, "choose one of cancel, help"), ("help", 0, "choose 1 to 10000")]:
        with pytest.raises(BoardRefusedError, match=words):
            client.press(button, ms)


def test_case_opens_and_closes_and_is_nothing_else(client: BoardClient) -> None:
    client.tamper("open")
    client.tamper("closed")
    assert client.lines()["tamper"] == 0
    with pytest.raises(BoardRefusedError, match="a case cannot be 'ajar': make it open or closed"):
        client.tamper("ajar")


def test_vitals_are_set_by_name_and_an_unknown_one_is_refused(board: BoardProcess) -> None:
    board.client.vitals(temperature_c=60)
    assert Path(board.paths["sys"], "class/thermal/thermal_zone0/temp").read_text() == "60000\n"
    with pytest.raises(BoardRefusedError, match="humidity"):
        board.client.vitals(humidity=40)
    with pytest.raises(BoardRefusedError, match="Expected `float"):
        board.client.vitals(temperature_c="hot")  # type: ignore[arg-type]


def test_history_is_numbered_without_gaps_and_waits_for_news(client: BoardClient) -> None:
    client.tap("unionpay")
    client.remove()
    happened = client.history()
    assert [each["n"] for each in happened] == list(range(1, len(happened) + 1))
    assert [each["t"] for each in happened] == sorted(each["t"] for each in happened)
    last = happened[-1]["n"]
    assert client.history(last, wait_ms=10) == []
    with pytest.raises(BoardError, match="nothing of that kind"):
        client.wait_for(lambda each: each["what"] == "tap", last, timeout_s=0.05)
    client.tap("visa")
    assert client.wait_for(lambda each: each["what"] == "tap", last)["card"] == "visa"
    with pytest.raises(BoardRefusedError, match="choose 0 to 60000"):
        client.history(wait_ms=-1)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{\n", "truncated"),
        (b"[]\n", "Expected `object`"),
        (b'{"do": "fly"}\n', "Invalid value 'fly'"),
        (b'{"card": "visa"}\n', "missing required field `do`"),
        (b'{"do": "tap"}\n', "missing required field `card`"),
        (b'{"do": "remove", "card": "visa"}\n', "unknown field `card`"),
    ],
)
def test_line_that_is_no_request_is_refused_and_the_next_is_served(
    board: BoardProcess, line: bytes, words: str
) -> None:
    bad, good = talk(board, line, b'{"do": "remove"}\n')
    assert bad["ok"] is False and words in bad["error"]
    assert good == {"ok": True}


def test_endless_line_closes_the_connection_only(board: BoardProcess) -> None:
    with contextlib.suppress(ConnectionError):  # closed before it took everything
        assert talk(board, b"x" * 200_000) == []
    assert board.client.lines()["tamper"] == 0


async def test_apdus_are_recorded_with_header_and_status_word_only(board: BoardProcess) -> None:
    board.client.tap("unionpay")
    reader = NfcReader(board.paths["nfc"])
    await reader.start()
    try:
        assert await reader.wait_for_card(5000)
        await reader.transceive(SELECT_PPSE)
        await reader.transceive(SELECT_UNIONPAY)
        assert await reader.transceive(bytes.fromhex("00B2010C00")) == bytes.fromhex("6985")
    finally:
        await reader.stop()
    apdus = [each for each in board.client.history() if each["what"] == "apdu"]
    assert [(each["header"], each["sw"]) for each in apdus] == [
        ("00A40400", "9000"),
        ("00A40400", "9000"),
        ("00B2010C", "6985"),
    ]
    assert all(each.keys() == {"n", "t", "what", "header", "sw"} for each in apdus)


async def test_faulty_chip_fails_the_reader_until_it_is_healed(board: BoardProcess) -> None:
    board.client.chip("hung")
    reader = NfcReader(board.paths["nfc"])
    with pytest.raises(ReaderError):
        await reader.start()
    board.client.chip(None)
    await reader.start()
    await reader.stop()
    with pytest.raises(BoardRefusedError, match=r"no fault 'tired'; choose one of hung"):
        board.client.chip("tired")


def test_environment_puts_the_emulated_silicon_first_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.chdir(tmp_path)
    variables = environment("desk")
    first, rest = variables["PYTHONPATH"].split(os.pathsep)
    assert (Path(first) / "lgpio.py").is_file() and rest == "/somewhere"
    assert variables["JUMPGUARD_VIRTUAL_GPIO"] == f"{tmp_path}/desk/gpio.sock"


def test_emulated_silicon_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    silicon = environment(tmp_path)["PYTHONPATH"].split(os.pathsep)[0]
    shutil.copy(Path(silicon) / "lgpio.py", tmp_path)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import lgpio; print(lgpio.__file__)"
    command = [sys.executable, "-I", "-S", "-c", code, str(tmp_path)]
    assert subprocess.check_output(command, text=True).strip() == f"{tmp_path}/lgpio.py"
