"""A process that only imports what the agent stands on, as the agent does, and says how much memory that takes."""

import json
import sqlite3
import ssl
import sys
from pathlib import Path

import iso8583
import microdot
import msgspec
import nfc.clf
import nfc.clf.pn53x
import nfc.clf.pn532
import nfc.clf.transport
import nfc.tag
import paho.mqtt.client
import RPi.GPIO
import tinydb
from cryptography.hazmat.decrepit.ciphers import algorithms
from cryptography.hazmat.primitives import ciphers
from cryptography.hazmat.primitives.asymmetric import ed25519

from tools.bench.resident import resident_kib

IMPORTED = (
    nfc.tag,
    nfc.clf.pn53x,
    nfc.clf.pn532,
    nfc.clf.transport,
    paho.mqtt.client,
    ssl,
    sqlite3,
    tinydb,
    iso8583,
    msgspec,
    microdot,
    algorithms,
    ciphers,
    ed25519,
    RPi.GPIO,
)

if __name__ == "__main__":
    for _ in sys.stdin:
        print(json.dumps(resident_kib(Path("/proc/self"))), flush=True)
