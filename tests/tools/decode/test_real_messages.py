"""Every message that terminal and acquirer of this project exchange, taken off the wire between the real processes."""

import threading

from tests.leaks.search import Secrets
from tests.tools.decode.recorder import Recorder
from tests.tools.decode.samples import PANS, everything_shown
from tests.tools.decode.test_message import assert_comes_back
from tools.decode.message import decode
from tools.rig.files import OTHER_MID
from tools.rig.rig import Rig

EXPIRIES = ["2912", "3006", "2811"]  # of the cards below, as the virtual board personalises them


def sell(rig: Rig, sale: str, card: str) -> None:
    """One payment with `card`, to its end."""
    asking = threading.Thread(target=rig.till.pay, args=(sale, "18.80"))
    asking.start()
    rig.board.tap(card)
    asking.join()
    rig.board.remove()


def test_all_that_goes_over_the_wire_decodes_back_byte_for_byte_and_shows_no_card(own_rig: Rig) -> None:
    with Recorder(int(own_rig.processes["acquirer"].ready["port"])) as recorder:
        own_rig.agent.stop()
        own_rig.write_settings(acquirer={"host": "127.0.0.1", "port": recorder.port, "answer_timeout_ms": 500})
        own_rig.start_agent()
        for card in ("unionpay", "visa", "mastercard"):
            sell(own_rig, f"S-{card}", card)
        own_rig.acquirer.behave("decline", code="51")
        sell(own_rig, "S-declined", "unionpay")
        own_rig.acquirer.behave("expire_keys")
        sell(own_rig, "S-expired", "unionpay")
        own_rig.acquirer.behave("drop")
        sell(own_rig, "S-dropped", "unionpay")
        own_rig.acquirer.behave("answer_as", mid=OTHER_MID)
        sell(own_rig, "S-jump", "unionpay")
        own_rig.wait_until(lambda: "0410" in recorder.types(), "the answer to a reversal")
        frames = list(recorder.frames)
    assert recorder.types() == {"0200", "0210", "0400", "0410", "0800", "0810"}
    secrets = Secrets(pans=PANS, expiries=EXPIRIES)
    assert any(secrets.find(frame) for frame in frames)
    for frame in frames:
        assert_comes_back(frame)
        decoded = decode(frame)
        assert decoded.problem is None
        assert secrets.find(everything_shown(decoded)) == []
