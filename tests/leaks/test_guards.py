"""The guards where bytes leave the terminal: what a defect, an acquirer or a till brings along does not get out."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.heard_rig import HeardRig
from tests.leaks.search import Secrets
from tools.demo.scene import Scene
from tools.rig.files import SERIAL
from tools.rig.rig import Rig

# A published test card that is on no reader here.
NUMBER = "5555555555554444"
MASKED = "555555******4444"
SECRETS = Secrets(pans=[NUMBER], track2=[f"{NUMBER}=30122010123456789"], expiries=[])


def vitals(rig: Rig) -> dict[str, object]:
    """The latest that the backend has."""
    with closing(rig.reader()) as reader:
        said = next((known.vitals for known in reader.terminals() if known.terminal == SERIAL), None)
    found: dict[str, object] = json.loads(said or "{}")
    return found


def test_a_defect_that_tells_a_card_number_is_kept_back_and_reported(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with HeardRig(short_dir) as rig:
        rig.agent.stop()
        rig.write_settings(link={"vitals_period_s": 1})
        rig.start_agent("tests.leaks.leaking_agent", "--number", NUMBER)
        rig.wait_until(lambda: vitals(rig).get("leaks_kept_back", 0) != 0, "the next reading tells of it")
        rig.wait_until(lambda: any(e.kind == "leak.kept_back" for e in rig.stored_events()), "the event of it")
        entry = next(entry for entry in rig.journal() if entry.kind == "leak.kept_back")
        assert entry.body == {"topic": "vitals", "what": "card number"}
        assert MASKED in rig.agent.log.read_text()
        assert SECRETS.search_tree(short_dir) == []
    assert [found for message in rig.tap.heard for found in SECRETS.find(message.payload)] == []


def test_a_card_number_in_the_acquirers_text_is_masked_in_the_journal_and_reported_so(rig: Rig) -> None:
    rig.acquirer.behave("answer_as", name=f"Tea {NUMBER}")
    before = len(rig.journal())
    Scene(rig, "").sell("echo-1", "12.50", "unionpay")
    rig.wait_until_stored()
    texts = [json.dumps(entry.body, ensure_ascii=False) for entry in rig.journal()[before:]]
    assert any(f"Tea {MASKED}" in text for text in texts)
    assert rig.alarms() == []
    for folder in (rig.files.state, rig.directory / "fleet"):
        assert SECRETS.search_tree(folder) == []
    assert SECRETS.find(rig.agent.log.read_bytes()) == []


def test_a_till_cannot_name_a_sale_by_a_card_number(rig: Rig) -> None:
    names = {"SaleID": "TILL-1", "ServiceID": NUMBER, "POIID": "JUMPGUARD"}
    header = {"MessageClass": "Service", "MessageCategory": "Payment", "MessageType": "Request", **names}
    _, text = rig.till.post(json.dumps({"SaleToPOIRequest": {"MessageHeader": header}}))
    assert "MessageFormat" in text and "ServiceID: looks like a card number; name it otherwise" in text
    assert NUMBER not in text
