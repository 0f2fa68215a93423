"""`jumpguard fleet broker`."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from board.settings.file import fault
from board.settings.kinds import Port
from provisioning.authority import Authority
from tools.brokers.nodes import CLUSTER_PORT, EVENTS_PORT, PORT, Node
from tools.brokers.reload import Told, hang_up
from tools.brokers.setup import Engine, write
from tools.cli.fleet_certificates import TO_DO, CaDirectory
from tools.cli.plainly import files_named, said_plainly

_FORM = "HOST[:PORT[:CLUSTERPORT[:EVENTSPORT]]]"
# An IPv6 address stands in brackets.
_NODE = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?(?::([0-9]{1,5}))?(?::([0-9]{1,5}))?")


def broker(
    folder: Annotated[Path, typer.Argument(help="Where to write it; three nodes get a folder each in it.")],
    engine: Annotated[Engine, typer.Option(help="The broker's program.")],
    directory: CaDirectory,
    node: Annotated[
        list[str],
        typer.Option(
            metavar=_FORM,
            help="The name that it is reached under; three times for a cluster."
            f" Ports: MQTT {PORT}, cluster {CLUSTER_PORT}, and {EVENTS_PORT} for backends that pull events (nats).",
        ),
    ],
    installed: Annotated[
        Path | None, typer.Option(help="Where the folder is going to be on the machine that runs the broker.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="The account that runs the broker; you, by default.")] = None,
    new_certificate: Annotated[
        bool,
        typer.Option(
            "--new-certificate",
            help="Replace the certificate, for which servers.key has to be there. A broker that runs here takes it up"
            " (SIGHUP) and keeps its connections.",
        ),
    ] = False,
) -> None:
    """Write a broker's whole configuration: TLS 1.3 with certificates of both sides, a terminal's topics for it alone.

    Start it with `nats-server --config DIR/nats-server.conf` or `mosquitto -c DIR/mosquitto.conf`. Written again it is
    brought up to date, and keeps its own certificate.
    """
    nodes = [_node(text) for text in node]
    with said_plainly(), files_named():
        made = write(Authority(directory), folder, engine, nodes, installed, user, new_certificate)
        for each in made:
            print(json.dumps({"folder": str(each)}))
            if new_certificate and not hang_up(each):
                typer.echo(f"{each}: {TO_DO[Told.NOT_RUNNING]}", err=True)


def _node(text: str) -> Node:
    match = _NODE.fullmatch(text)
    ports = [int(port) for port in match.groups()[1:] if port] if match else []
    if match is None or any(fault(port, Port) for port in ports):
        raise typer.BadParameter(f"{text!r} is not {_FORM}, such as broker.example:{PORT}")
    return Node(match[1].strip("[]"), *ports)
