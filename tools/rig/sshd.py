"""A real sshd on loopback that lets this user in by one key, as a terminal's does a technician."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tools.broker import free_port
from tools.errors import ToolError

_UP_WITHIN_S = 10.0


class SshdError(ToolError):
    """sshd is not installed, or did not come up."""


class Sshd:
    """An sshd whose keys and configuration are in `directory`; `identity` is the technician's private key.

    A `login` is what runs for whoever logs in, instead of what they ask for.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.identity = directory / "technician"
        self.host_key = directory / "host"
        self.login: Path | None = None
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What `--over` is given."""
        return f"{getpass.getuser()}@127.0.0.1:{self.port}"

    @property
    def fingerprint(self) -> str:
        """The host key's, as `--host-key` is given."""
        said = subprocess.run(
            [_program("ssh-keygen"), "-lf", f"{self.host_key}.pub"], capture_output=True, text=True, check=True
        ).stdout
        return said.split()[1]

    def start(self) -> None:
        """Make the keys and start it. Raises SshdError."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for key in (self.identity, self.host_key):
            if not key.exists():
                command = [_program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
                subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        self.port = self.port or free_port()
        authorized = self.directory / "authorized_keys"
        authorized.write_bytes(Path(f"{self.identity}.pub").read_bytes())
        authorized.chmod(0o600)
        configuration = self.directory / "sshd_config"
        configuration.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.host_key}\nAuthorizedKeysFile {authorized}\n"
            f"PidFile {self.directory / 'pid'}\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\n"
            "StrictModes no\nPermitRootLogin prohibit-password\nMaxStartups 400\nPrintMotd no\n"
            + (f"ForceCommand {self.login}\n" if self.login else "")
        )
        if os.geteuid() == 0:
            # Where it puts the processes that have no rights yet; Debian's service makes it.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_program("sshd"), "-D", "-e", "-f", str(configuration)], stdin=subprocess.DEVNULL, stderr=log
            )
        self._wait_until_up(self._process)

    def stop(self) -> None:
        """End it; sessions that are open go on by themselves."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _wait_until_up(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _UP_WITHIN_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return
            except OSError:
                time.sleep(0.02)
        raise SshdError(f"sshd: did not come up: {(self.directory / 'log').read_text()[-500:]}")


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        raise SshdError(f"{name} is not installed: sudo apt-get install openssh-server openssh-client")
    return found
