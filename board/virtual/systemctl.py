"""`systemctl` of a virtual terminal: what of systemctl(1) an installation asks for, of the tree's first process."""

import argparse
import json
import socket
import sys
from pathlib import Path
from typing import Any

# Where the tree's first process listens. Said here, and little imported: this starts anew for every question.
SOCKET = "run/systemd/private"
_VERBS = ("start", "stop", "restart", "enable", "disable", "show", "is-active", "is-enabled", "daemon-reload")


def _ask(root: Path, verb: str, unit: str, *, wait: bool = True) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(root / SOCKET))
        connection.sendall(json.dumps({"verb": verb, "unit": unit, "wait": wait}).encode() + b"\n")
        line = connection.makefile("rb").readline()
    if not line:
        raise ConnectionResetError("the machine went off")
    return dict(json.loads(line))


def main(arguments: list[str]) -> int:
    """Do what is asked; the exit code of systemctl(1)."""
    parser = argparse.ArgumentParser(prog="systemctl")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--property", default="")
    parser.add_argument("--now", action="store_true")
    parser.add_argument("--no-block", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("verb", choices=_VERBS)
    parser.add_argument("unit", nargs="*", default=["-"])
    chosen = parser.parse_args(arguments)
    try:
        units, wait = chosen.unit if chosen.verb != "daemon-reload" else [], not chosen.no_block
        answers = [_ask(chosen.root, chosen.verb, unit, wait=wait) for unit in units]
        if chosen.now:
            verb = {"enable": "start", "disable": "stop"}[chosen.verb]
            answers += [_ask(chosen.root, verb, unit, wait=wait) for unit in units]
    except OSError as error:
        sys.stderr.write(f"System has not been booted with systemd as init system: {error}\n")
        return 1
    return max((_said(chosen, answer) for answer in answers), default=0)


def _said(chosen: argparse.Namespace, answer: dict[str, Any]) -> int:
    properties = answer["properties"]
    if "error" in answer:
        sys.stderr.write(f"{answer['error']}\n")
        return 1
    if chosen.verb == "show":
        wanted = chosen.property.split(",") if chosen.property else list(properties)
        sys.stdout.write("".join(f"{name}={properties.get(name, '')}\n" for name in wanted))
    elif chosen.verb == "is-active":
        sys.stdout.write(f"{properties['ActiveState']}\n")
        return 0 if properties["ActiveState"] == "active" else 3
    elif chosen.verb == "is-enabled":
        sys.stdout.write(f"{properties['UnitFileState']}\n")
        return 0 if properties["UnitFileState"] == "enabled" else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
