"""No card data at rest or on the fleet's wire: every file and every MQTT payload of a whole counter is searched.

The acquirer's own link is the exception: a sale cannot be authorised without its card.
"""

import json
import signal
from pathlib import Path

import pytest

from tests.contract.heard_rig import HeardRig
from tests.leaks.cards import CARDS, SECRETS
from tools.demo.scene import Scene
from tools.demo.steps import STEPS


def test_a_whole_demonstration_leaves_no_card_data_in_any_file_or_mqtt_payload(short_dir: Path) -> None:
    with HeardRig(short_dir) as rig:
        for step in STEPS:
            assert step.play(Scene(rig, "")).ok, step.name
        assert SECRETS.search_tree(short_dir) == [], "while it runs, with -wal and -shm in place"
    assert SECRETS.search_tree(short_dir) == []
    events = [message.payload for message in rig.tap.heard if message.topic.endswith("/event")]
    assert any(b"sale.unknown" in payload for payload in events), "the tap did not hear the last step"
    assert len(events) > 20 and any(b"621234******1232" in payload for payload in events), "the tap heard nothing"
    heard = [message.topic.encode() + b" " + message.payload for message in rig.tap.heard]
    assert [found for said in heard for found in SECRETS.find(said)] == []
    # And nothing of it was kept back by mistake.
    vitals = [json.loads(said.partition(b" ")[2]) for said in heard if b"/vitals " in said]
    assert vitals and {reading["leaks_kept_back"] for reading in vitals} == {0}
    assert not any(b"leak.kept_back" in said for said in heard)


@pytest.mark.parametrize(("crash", "trace"), [("raise", b"RuntimeError"), ("abort", b"Fatal Python error: Aborted")])
def test_a_crash_with_the_card_in_memory_leaves_no_card_data_behind(
    crash: str, trace: bytes, short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with HeardRig(short_dir) as rig:
        rig.agent.stop()
        rig.start_agent("tests.leaks.crashing_agent", "--crash", crash)
        sale = Scene(rig, "").begin("crash-1", "10.00")
        rig.board.tap("unionpay")
        if crash == "abort":
            assert rig.agent.wait() == -signal.SIGABRT
        else:
            rig.wait_until(lambda: trace in rig.agent.log.read_bytes(), "the traceback in the log")
        sale.join(10)
        assert [entry.kind for entry in rig.journal()][-1] == "sale.authorising", "it crashed elsewhere"
        assert trace in rig.agent.log.read_bytes(), "the crash told nothing that could be searched"
        assert SECRETS.search_tree(short_dir) == []
    assert SECRETS.search_tree(short_dir) == []


def test_the_search_finds_a_card_that_is_planted_in_the_counters_files(short_dir: Path) -> None:
    (short_dir / "agent.log").write_text(f"a careless line about {CARDS[0]['pan']}\n")
    assert [(found.where, found.encoding) for found in SECRETS.search_tree(short_dir)] == [("agent.log", "text")]
