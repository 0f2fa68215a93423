"""The terminal as a service of a fresh system, on the virtual board, with the acquirer of a counter."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.tools.package import counter
from tests.tools.package.built import Built
from tests.tools.package.system import System

STATE, SETTINGS = "/var/lib/jumpguard", "/etc/jumpguard/terminal.toml"
PYTHON = "/usr/lib/jumpguard/bin/python"
USER = ("setpriv", "--reuid=jumpguard", "--regid=jumpguard", "--init-groups")
DROP_IN = "/etc/systemd/system/jumpguard.service.d/virtual.conf"


def install(system: System, package: Built, *beside: str) -> str:
    system.put("/tmp/jumpguard.deb", package.file.read_bytes())
    return system.said("apt-get", "install", "--yes", "--no-install-recommends", *beside, "/tmp/jumpguard.deb")


@contextmanager
def beside(system: System, port: int, broker: int = counter.NOBODY[1]) -> Iterator[str]:
    """Virtual board and acquirer of a counter, settings and binding in their place; yields the till's token.

    The till is answered on `port`; the fleet's `broker` is on another one of loopback.
    """
    system.put("/run/counter.py", Path(counter.__file__).read_text())
    command = system.within(*USER, PYTHON, "-P", "/run/counter.py", STATE, str(port), str(broker))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None and running.stdin is not None
        told: dict[str, Any] = json.loads(running.stdout.readline())
        system.put(SETTINGS, told["settings"], "0640", "root:jumpguard")
        variables = [f"{name}={value}" for name, value in told["environment"].items()]
        system.put(DROP_IN, "\n".join(["[Service]", *(f'Environment="{one}"' for one in variables), ""]))
        install_binding = [PYTHON, "-P", "-m", "board", "--settings", SETTINGS, "--install", told["binding"]]
        system.run(*USER, "env", *variables, *install_binding)
        yield str(told["token"])
        running.stdin.close()


def state(system: System) -> tuple[str, int]:
    """What systemd says of the service: its state, and the number of its process, 0 when there is none."""
    show = ("systemctl", "show", "--property", "{}", "--value", "jumpguard.service")
    active, process = (system.said(*(one.format(name) for one in show)) for name in ("ActiveState", "MainPID"))
    return active, int(process)
