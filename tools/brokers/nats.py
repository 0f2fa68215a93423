"""The configuration of nats-server: MQTT over JetStream, one process or a cluster of three.

It knows no revocation list, so it lists who may come in: each client certificate by the name that is in it alone. That
is a look-up for each connection; the certificate's subject would be compared with every user there is.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from provisioning.authority import is_backend
from provisioning.certificates import client_uri
from provisioning.register import Client
from tools.brokers.access import LARGEST_MESSAGE, backend_hears, backend_says, terminal_hears, terminal_says
from tools.brokers.nodes import (
    DATA,
    DEVICES,
    PROCESS_ID,
    SERVER_CERTIFICATE,
    SERVER_KEY,
    SERVERS,
    Node,
    Place,
    endpoint,
)

CONFIGURATION = "nats-server.conf"
ACCESS = "access.conf"

# What a backend that crashed had not acknowledged comes again after this long; the default is 30 s.
REDELIVERY = "3s"
# How much a power cut may take from a single node; by default two minutes. Nothing stands on it: terminals send until
# the backend says that it has stored, and the backend until terminals answer. Where an fsync takes 4 ms, `always` lets
# through 250 messages a second, and nats-server ends connections that waited 5 s: 2,000 terminals never got in.
_SYNC = "1s"
# A handshake over a mobile line may take seconds; the default is 2.
_HANDSHAKE_S = 15
_ASKS = (
    ("STREAM.CREATE", ""),
    ("STREAM.UPDATE", ""),
    ("CONSUMER.LIST", ""),
    ("CONSUMER.DURABLE.CREATE", ".*"),
    ("CONSUMER.DELETE", ".*"),
    ("CONSUMER.MSG.NEXT", ".*"),
)
# Of one connection. The backend has a few; a terminal that asks for more than these is up to no good.
_MOST_SUBSCRIPTIONS = 100


def base(name: str, data: Path | str, events: str, mqtt: dict[str, object]) -> dict[str, object]:
    """What every node has: `events` is where its own protocol listens, for backends, and `mqtt` for its MQTT side."""
    return {
        "server_name": name,
        "listen": events,
        "jetstream": {"store_dir": str(data), "sync_interval": _SYNC},
        "mqtt": {"ack_wait": REDELIVERY, **mqtt},
    }


def configuration(fleet: str, nodes: Sequence[Node], number: int, place: Place) -> str:
    """The configuration of node `number` of `nodes`. It includes the file ACCESS beside it."""
    node = nodes[number]
    mqtt: dict[str, object] = {"listen": node.at(node.port), "tls": {**_tls(place, DEVICES), "verify_and_map": True}}
    if len(nodes) > 1:
        # One on each, also when the first session begins before all of them run.
        mqtt["stream_replicas"] = len(nodes)
    settings = base(f"broker-{number + 1}", place.path(DATA), node.at(node.events_port), mqtt)
    settings["tls"] = {**_tls(place, DEVICES), "verify_and_map": True}
    settings["pid_file"] = place.path(PROCESS_ID)
    settings["max_payload"] = LARGEST_MESSAGE
    settings["max_subscriptions"] = _MOST_SUBSCRIPTIONS
    if len(nodes) > 1:
        # The others hold what this one has not written through yet.
        settings["jetstream"] = {"store_dir": place.path(DATA)}
        others = [other for other in nodes if other is not node]
        settings["cluster"] = {
            "name": fleet,
            "listen": node.at(node.cluster_port),
            "no_advertise": True,
            "routes": [f"nats://{endpoint(other.host, other.cluster_port)}" for other in others],
            "tls": {**_tls(place, SERVERS), "verify": True},
        }
    lines = [f"{json.dumps(key)}: {json.dumps(value, indent=2)}" for key, value in settings.items()]
    return "\n".join([*lines, f"include {json.dumps(ACCESS)}"]) + "\n"


def access(fleet: str, admitted: Sequence[Client]) -> str:
    """The users: one for each certificate in `admitted`."""
    users = [
        {
            "user": client_uri(fleet, client.name, client.serial),
            "permissions": _backend(fleet) if is_backend(client.name) else _terminal(fleet, client.name),
            # A terminal has no business with nats-server's own protocol, nor with its others.
            "allowed_connection_types": ["MQTT", "STANDARD"] if is_backend(client.name) else ["MQTT"],
        }
        for client in admitted
    ]
    return f"authorization: {json.dumps({'users': users or [_nobody()]})}\n"


def _terminal(fleet: str, terminal: str) -> dict[str, object]:
    return {
        "publish": {"allow": _subjects(terminal_says(fleet, terminal))},
        "subscribe": {"allow": _subjects(terminal_hears(fleet, terminal))},
    }


def _backend(fleet: str) -> dict[str, object]:
    stream = stream_name(fleet)
    # What `tools.fleet.stream` asks of JetStream: about its own stream and no other.
    asks = [f"$JS.API.{what}.{stream}{rest}" for what, rest in _ASKS] + [f"$JS.ACK.{stream}.>"]
    return {
        "publish": {"allow": [*_subjects(backend_says(fleet)), *asks]},
        # What it hears at QoS 1 comes by subjects of the server's own, and JetStream's answers to an inbox.
        "subscribe": {"allow": [*_subjects(backend_hears(fleet)), "$MQTT.sub.>", "_INBOX.>"]},
    }


def stream_name(fleet: str) -> str:
    """The stream of the events of `fleet`."""
    return f"jumpguard-{fleet}-events"


def _nobody() -> dict[str, object]:
    # Without any user nats-server would let everybody in.
    return {"user": "nobody", "permissions": {"publish": {"deny": ">"}, "subscribe": {"deny": ">"}}}


def _subjects(topics: list[str]) -> list[str]:
    return [topic.replace("/", ".").replace("+", "*") for topic in topics]


def _tls(place: Place, authority: str) -> dict[str, object]:
    return {
        "cert_file": place.path(SERVER_CERTIFICATE),
        "key_file": place.path(SERVER_KEY),
        "ca_file": place.path(authority),
        "min_version": "1.3",
        "timeout": _HANDSHAKE_S,
    }
