"""The rival: nfcpy's own loop, `connect`, with given APDUs on the chip at a serial port. It checks and parses nothing.

Each line on standard input is a JSON list of APDUs in hexadecimal for one card, answered as `agent_tap` does.
"""

import json
import os
import sys
import time
from typing import Any

import nfc
import nfc.clf.pn532
import nfc.clf.transport


def frontend(link: str) -> Any:
    """nfcpy on the serial port behind `link`; by itself it finds only ports that lie in /dev under known names."""
    port = os.path.realpath(link)
    clf = nfc.ContactlessFrontend()
    clf.device = nfc.clf.pn532.init(nfc.clf.transport.TTY(port))
    clf.device._path = port
    return clf


def read(clf: Any, apdus: list[str]) -> float:
    """Wait for a card, send it `apdus`, and return when the last answer was there."""

    def talk(tag: Any) -> bool:
        for apdu in apdus:
            answer = tag.transceive(bytes.fromhex(apdu))
            assert answer[-2:] == b"\x90\x00", f"the card answered {answer[-2:].hex()}"
        return False  # `connect` shall return at once

    tag = clf.connect(rdwr={"on-connect": talk})
    at = time.monotonic()
    assert tag, "nfcpy's loop ended without a card"
    return at


def main(link: str) -> None:
    """Read a card whenever that is asked."""
    clf = frontend(link)
    for line in sys.stdin:
        print(json.dumps("waiting"), flush=True)
        print(json.dumps({"read_at": read(clf, json.loads(line))}), flush=True)
    clf.close()


if __name__ == "__main__":
    main(sys.argv[1])
