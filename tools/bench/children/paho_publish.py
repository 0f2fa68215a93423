"""The rival: paho alone publishes each line of a file at QoS 1 and waits for the last PUBACK.

Nothing is kept or signed. Prints one JSON line: the seconds from the first publish to the last PUBACK.
"""

import json
import sys
import threading
import time
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

_TOPIC = "bench/event"


def main(port: str, window: str, file: str) -> None:
    """Publish and say how long it took."""
    payloads = Path(file).read_bytes().splitlines()
    connected, done = threading.Event(), threading.Event()
    left = len(payloads)

    def published(*_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set()

    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(int(window))
    client.on_connect = lambda *_: connected.set()
    client.on_publish = published
    client.connect("127.0.0.1", int(port))
    client.loop_start()
    connected.wait()
    start = time.monotonic()
    for payload in payloads:
        client.publish(_TOPIC, payload, qos=1)
    done.wait()
    print(json.dumps({"seconds": time.monotonic() - start}), flush=True)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
