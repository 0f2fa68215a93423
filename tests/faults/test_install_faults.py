"""The power goes while a binding is installed: the terminal is bound to the old merchant or to the new one, whole."""

import sys
from pathlib import Path

import pytest

from agent.adapters.binding_store import HighWaterFile, TinyBindingStore
from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.adapters.trusted_keys import TrustedKeys
from agent.binding import reasons
from agent.binding.gate import Gate, Policy
from agent.binding.history import History
from board.vitals import Vitals
from provisioning import keys
from tests.faults import tracing
from tools.rig.files import FLEET, SERIAL, RigFiles, binding_document

NOWHERE = ("127.0.0.1", 9)


class ClosedCase:
    """A tamper switch that is fine."""

    tampered = False


class QuietHost:
    """A host that asks for nothing."""

    host_request = 0


@pytest.fixture
def files(tmp_path: Path) -> RigFiles:
    files = RigFiles(tmp_path)
    files.create()
    files.write_settings(NOWHERE, NOWHERE)
    return files


def install(files: RigFiles, version: int) -> list[str]:
    """Sign that version and return the command that installs it."""
    files.sign_binding(binding_document(version))
    arguments = ["--settings", str(files.settings), "--install", str(files.binding)]
    return [sys.executable, "-P", "-m", "board", *arguments]


def proven(files: RigFiles) -> tuple[int, list[str]]:
    """The version that the gate proves, and its warnings."""
    trusted = TrustedKeys(files.key_set, files.state / "keys.json", files.signer(keys.ROOT).public_hex, FLEET)
    trusted.load()
    store, mark = TinyBindingStore(files.merchant_file), HighWaterFile(files.state / "high_water.json")
    clock = SystemClock(files.clock_mark)
    history = History(SqliteJournal(files.journal_file, clock, "boot"), clock)
    policy = Policy(reserve_kib=0, most_switches=0, switch_days=1, margin_days=1)
    gate = Gate(SERIAL, store, mark, trusted, ClosedCase(), clock, history, Vitals(files.state), QuietHost(), policy)
    verdict = gate.prove()
    assert verdict.binding is not None, (verdict.reason, verdict.detail)
    return verdict.binding.version, verdict.warnings


def cut(files: RigFiles, call: str) -> list[tuple[int, list[str]]]:
    """Kill installs of ever newer versions at their 1st, 2nd ... `call`; what the gate proves after each, from 0."""
    assert tracing.run(install(files, 1)).returncode == 0
    found = []
    committed = 1
    for number in range(1, 40):
        version = number + 1
        killed, _ = tracing.killed_at(call, number, install(files, version))
        now, warnings = proven(files)
        assert now in (committed, version)
        found.append((now - version, warnings))
        if not killed:
            return found
        committed = now
    raise AssertionError(f"40 calls of {call}")


def test_a_kill_at_any_sync_leaves_one_whole_binding(files: RigFiles) -> None:
    behind = [reasons.HIGH_WATER_BEHIND]
    found = cut(files, "fsync")
    # Syncs: the record, its folder, the mark, its folder. The old one stands, then the new one with its mark behind.
    assert found == [(-1, []), (0, behind), (0, behind), (0, []), (0, [])]


@pytest.mark.sweep
@pytest.mark.parametrize("call", ["write", "rename", "link", "unlink"])
def test_sweep_of_every_call_of_an_install(files: RigFiles, call: str) -> None:
    assert cut(files, call)[-1] == (0, [])
    assert tracing.run(install(files, 100)).returncode == 0
    assert proven(files) == (100, [])
