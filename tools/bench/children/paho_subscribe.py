"""The rival of the backend: paho alone takes events at QoS 1 and decodes their JSON; nothing is checked or kept.

Without any to take it subscribes and leaves, so that the broker keeps the session. Prints one JSON line: the seconds
from the first message to the last.
"""

import json
import sys
import threading
import time

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


def main(port: str, topic: str, count: str) -> None:
    """Take `count` messages of `topic`; with "0" only have the session begin."""
    left, first, last = int(count), 0.0, 0.0
    done = threading.Event()

    def heard(_client: Client, _user: object, message: MQTTMessage) -> None:
        nonlocal left, first, last
        json.loads(message.payload)
        last = time.monotonic()
        first = first or last
        left -= 1
        if not left:
            done.set()

    def subscribed(*_: object) -> None:
        if not left:
            done.set()

    client = Client(CallbackAPIVersion.VERSION2, client_id="bench-rival", clean_session=False)
    client.on_connect = lambda client, *_: client.subscribe(topic, 1)
    client.on_subscribe = subscribed
    client.on_message = heard
    client.connect("127.0.0.1", int(port))
    client.loop_start()
    done.wait()
    print(json.dumps({"seconds": last - first}), flush=True)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
