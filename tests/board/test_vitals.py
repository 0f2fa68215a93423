"""Vitals from a tree that a virtual board laid, from one with holes, and from the machine that runs the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from board.virtual.client import BoardProcess
from board.vitals import Vitals

KEYS = {
    "uptime_s",
    "load1_milli",
    "memory_available_kib",
    "memory_total_kib",
    "cpu_temperature_milli_c",
    "throttled_now",
    "throttled_since_boot",
    "undervoltage",
    "disk_free_kib",
    "rss_kib",
    "wlan_signal_dbm",
    "boot_id",
}


@pytest.fixture
def board(tmp_path: Path) -> Iterator[BoardProcess]:
    process = BoardProcess(tmp_path / "board")
    process.start()
    yield process
    process.stop()


def vitals_of(board: BoardProcess, state_dir: Path) -> Vitals:
    return Vitals(state_dir, board.paths["proc"], board.paths["sys"])


def lay(root: Path, **files: str) -> Vitals:
    """A tree of `files`; __ in a name stands for a folder."""
    for name, text in files.items():
        path = root.joinpath(*name.split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Vitals(root, root / "proc", root / "sys")


def test_virtual_board_reads_well(board: BoardProcess, tmp_path: Path) -> None:
    readings = vitals_of(board, tmp_path).read()
    assert readings.keys() == KEYS
    assert readings["cpu_temperature_milli_c"] == 48_300
    assert readings["load1_milli"] == 120
    assert (readings["memory_total_kib"], readings["memory_available_kib"]) == (3_884_000, 3_310_000)
    assert (readings["throttled_now"], readings["throttled_since_boot"], readings["undervoltage"]) == (0, 0, False)
    assert readings["wlan_signal_dbm"] == -52
    assert 0 <= int(readings["uptime_s"]) < 60
    assert int(readings["disk_free_kib"]) > 0 and int(readings["rss_kib"]) > 1000


def test_readings_follow_what_is_set_on_the_board(board: BoardProcess, tmp_path: Path) -> None:
    board.client.vitals(temperature_c=85.5, throttled=0x50005, mem_available_kib=1024, load1=3.25)
    readings = vitals_of(board, tmp_path).read()
    assert readings["cpu_temperature_milli_c"] == 85_500
    # Under-voltage and throttling, now and since boot.
    assert (readings["throttled_now"], readings["throttled_since_boot"], readings["undervoltage"]) == (5, 5, True)
    assert (readings["memory_available_kib"], readings["memory_total_kib"]) == (1024, 3_884_000)
    assert readings["load1_milli"] == 3250
    board.client.vitals(wlan_signal_dbm=-81)
    assert vitals_of(board, tmp_path).read()["wlan_signal_dbm"] == -81
    board.client.vitals(wlan_signal_dbm=0)
    assert vitals_of(board, tmp_path).read()["wlan_signal_dbm"] == -1


def test_each_boot_of_a_board_has_its_own_id(tmp_path: Path) -> None:
    seen = set()
    for _ in range(2):
        board = BoardProcess(tmp_path / "board")
        with board:
            vitals = vitals_of(board, tmp_path)
            assert vitals.boot_id() == vitals.boot_id() == vitals.read()["boot_id"]
            seen.add(vitals.boot_id())
    assert len(seen) == 2 and all(len(each) == 36 for each in seen)


def test_machine_without_the_files_keeps_every_key(tmp_path: Path) -> None:
    readings = lay(tmp_path).read()
    assert readings.keys() == KEYS
    assert readings["boot_id"] == ""
    unknown = {key for key, value in readings.items() if value == -1}
    assert unknown == KEYS - {"boot_id", "disk_free_kib", "rss_kib"}


def test_absent_state_folder_is_unknown_disk(tmp_path: Path) -> None:
    assert Vitals(tmp_path / "nowhere").read()["disk_free_kib"] == -1


@pytest.mark.parametrize(
    ("text", "now", "since_boot", "undervoltage"),
    [("0\n", 0, 0, False), ("50000\n", 0, 5, False), ("0x80008\n", 8, 8, False), ("1", 1, 0, True)],
)
def test_throttled_bits(tmp_path: Path, text: str, now: int, since_boot: int, undervoltage: bool) -> None:
    path = "sys__devices__platform__soc__soc:firmware__get_throttled"
    readings = lay(tmp_path, **{path: text}).read()
    assert readings["throttled_now"] == now
    assert readings["throttled_since_boot"] == since_boot
    assert readings["undervoltage"] is undervoltage


def test_a_dip_of_the_supply_between_two_readings_is_told_once(board: BoardProcess, tmp_path: Path) -> None:
    board.client.vitals(throttled=0x10000)
    vitals = vitals_of(board, tmp_path)
    assert vitals.read()["undervoltage"] is False, "nobody knows when what was before the first reading happened"
    board.client.vitals(throttled=0)  # the kernel's own voltage monitor clears what has been
    assert vitals.read()["undervoltage"] is False
    board.client.vitals(throttled=0x10000)
    assert vitals.read()["undervoltage"] is True
    assert vitals.read()["undervoltage"] is False
    board.client.vitals(throttled=0x10001)
    assert vitals.read()["undervoltage"] is True
    assert vitals.read()["undervoltage"] is True


WIRELESS = "head\nhead\n wlan0: 0000   {quality}  {level}  -256        0      0      0      0     12        0\n"


@pytest.mark.parametrize(
    ("level", "dbm"), [("-52.", -52), ("-120.", -120), ("-30", -30), ("-256.", -1), ("-1.", -1), ("60.", -1), ("x", -1)]
)
def test_the_signal_of_wlan0_is_in_dbm_or_unknown(tmp_path: Path, level: str, dbm: int) -> None:
    lay(tmp_path, proc__net__wireless=WIRELESS.format(quality="58.", level=level))
    assert Vitals(tmp_path, tmp_path / "proc").read()["wlan_signal_dbm"] == dbm
    lay(tmp_path, proc__net__wireless=WIRELESS.format(quality="58.", level=level).replace("wlan0", "wlan1"))
    assert Vitals(tmp_path, tmp_path / "proc").read()["wlan_signal_dbm"] == -1


@pytest.mark.parametrize("text", ["", "\n", "hot\n", "-\n", "\x00\xff"])
def test_text_that_is_no_reading_is_unknown(tmp_path: Path, text: str) -> None:
    names = ("proc__uptime", "proc__loadavg", "sys__class__thermal__thermal_zone0__temp")
    readings = lay(tmp_path, **dict.fromkeys(names, text)).read()
    assert (readings["uptime_s"], readings["load1_milli"], readings["cpu_temperature_milli_c"]) == (-1, -1, -1)


@pytest.mark.parametrize(("text", "milli"), [("0.07 0 0", 70), ("12.5 0 0", 12_500), ("3 0 0", 3000)])
def test_load_is_exact_in_thousandths(tmp_path: Path, text: str, milli: int) -> None:
    assert lay(tmp_path, proc__loadavg=text).read()["load1_milli"] == milli


def test_frost_is_below_zero(tmp_path: Path) -> None:
    assert lay(tmp_path, sys__class__thermal__thermal_zone0__temp="-5500\n").read()["cpu_temperature_milli_c"] == -5500


def test_this_machine_reads_without_an_error(tmp_path: Path) -> None:
    readings = Vitals(tmp_path).read()
    assert int(readings["memory_total_kib"]) > int(readings["memory_available_kib"]) > 0
    assert int(readings["uptime_s"]) > 0
