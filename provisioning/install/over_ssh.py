"""A terminal that is reached over SSH: its host key known, the technician let in by a key or an agent."""

import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from provisioning.application.tidy import printable
from provisioning.errors import HandError, InstallError
from provisioning.install.line import LOST, Line
from provisioning.install.reach import hand_command, in_a_shell

KNOWN_HOSTS = Path("~/.ssh/known_hosts")
_PORT = 22
# A host never begins with a hyphen, where a program could take it for an option.
_ADDRESS = re.compile(
    r"(?:(?P<user>[^@\s]+)@)?(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\](?=:|$)|(?P<bare>(?:[0-9A-Fa-f]*:){2,}[0-9A-Fa-f.]*)"
    r"|(?P<host>[\w][\w.-]*))(?::(?P<port>\d{1,5}))?"
)
_CONNECT_S = 20.0
# A cable that was pulled is noticed after a few of these.
_KEEPALIVE_S = 5.0
_LOST_AFTER = 3


@dataclass(frozen=True, slots=True)
class Address:
    """Where an SSH server is, and as whom to log in; "" as the user is called here."""

    host: str
    port: int = _PORT
    user: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}" if self.user else f"{host}:{self.port}"


def address(text: str) -> Address:
    """What `[USER@]HOST[:PORT]` means; an IPv6 address with a port stands in brackets. Raises InstallError."""
    found = _ADDRESS.fullmatch(text)
    port = int(found["port"] or _PORT) if found else 0
    if found is None or not 0 < port < 65536:
        raise InstallError("ADDRESS", text)
    return Address(found["six"] or found["bare"] or found["host"], port, found["user"] or "")


def known_hosts(path: Path) -> asyncssh.SSHKnownHosts:
    """The hosts whose keys the list in `path` has; none where there is no list. Raises InstallError."""
    try:
        listed = path.expanduser().read_text() if path.expanduser().exists() else ""
        return asyncssh.import_known_hosts(listed)
    except (OSError, ValueError) as error:
        raise InstallError("KNOWN_HOSTS", f"{path}: {error}") from error


class _Client(asyncssh.SSHClient):
    """Takes the host key whose fingerprint is `given`, and notes any other that nobody vouches for yet."""

    def __init__(self, given: str) -> None:
        self.given = given
        self.unknown: asyncssh.SSHKey | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Called for a key that is not among the known ones."""
        del host, addr, port
        self.unknown = key
        return bool(self.given) and key.get_fingerprint() == self.given


class _Answers:
    """What a hand answers; that the connection is gone is an error of the system's, as on every other line."""

    def __init__(self, reader: asyncssh.SSHReader[bytes]) -> None:
        self._reader = reader

    async def readline(self) -> bytes:
        """The next line, b"" at the end. Raises ConnectionError."""
        try:
            return await self._reader.readline()
        except asyncssh.Error as error:
            raise ConnectionError(error.reason) from error


class OverSsh:
    """Implements `provisioning.install.reach.Reach` over SSH.

    `root` is where the terminal's files are on that machine. Without `keys` (private key files) an agent and the usual
    files are tried. A `host_key`, the fingerprint of the server's, counts instead of the list of known hosts.
    """

    def __init__(
        self,
        where: Address,
        root: Path = Path("/"),
        keys: Sequence[Path] = (),
        known_hosts: Path = KNOWN_HOSTS,
        host_key: str = "",
    ) -> None:
        self.where = where
        self.root = root
        self.keys = keys
        self.known_hosts = known_hosts.expanduser()
        self.host_key = host_key
        self._seen: asyncssh.SSHKey | None = None

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return str(self.where)

    async def unknown_host_key(self) -> str:
        """The fingerprint of the server's key where it was never seen, "" where it is known.

        Raises InstallError where the server cannot be reached, or has another key than is known of it.
        """
        try:
            connection = await self._connect()
        except InstallError as error:
            if error.code != "HOST_KEY_UNKNOWN":
                raise
            return str(error)
        connection.close()
        await connection.wait_closed()
        return ""

    def trust(self, fingerprint: str) -> None:
        """Write down that the key of this fingerprint, as `unknown_host_key` told it, is the server's."""
        key = self._seen
        if key is None or key.get_fingerprint() != fingerprint:
            raise InstallError("HOST_KEY_OTHER", f"{self.where}: {key.get_fingerprint() if key else '-'}")
        name = f"[{self.where.host}]:{self.where.port}" if self.where.port != _PORT else self.where.host
        public = key.export_public_key().decode().strip()
        try:
            self.known_hosts.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.known_hosts.open("a") as file:
                file.write(f"{name} {public}\n")
        except OSError as error:
            raise InstallError("KNOWN_HOSTS", f"{self.known_hosts}: {error.strerror}") from error

    @contextlib.asynccontextmanager
    async def hand(self) -> AsyncIterator[Line]:
        """Log in, start a hand, and end both when the block does. Raises HandError and InstallError."""
        command = hand_command(self.root)
        async with await self._connect() as connection:
            if self.root == Path("/") and connection.get_extra_info("username") != "root":
                command = ["sudo", "--non-interactive", *command]
            try:
                process = await connection.create_process(in_a_shell(command), encoding=None)
            except asyncssh.Error as error:
                raise HandError("NO_SOFTWARE", f"{self.where}: {error.reason}") from error
            line = Line(_Answers(process.stdout), process.stdin)
            try:
                yield line
            except HandError as error:
                if error.code == LOST and not line.answered:
                    await self._expect_started(process)
                raise
            finally:
                await line.end()
                with contextlib.suppress(asyncssh.Error, OSError):
                    process.stdin.write_eof()
                    await process.wait_closed()

    async def _expect_started(self, process: "asyncssh.SSHClientProcess[bytes]") -> None:
        """Raise HandError where `process` ended by itself: shell, sudo or Python say why no hand came of it.

        It has no exit status where the connection ended first.
        """
        with contextlib.suppress(asyncssh.Error, OSError):
            said = (await process.stderr.read()).decode(errors="replace").strip().splitlines()
            await process.wait()
            if process.exit_status:
                raise HandError("NO_SOFTWARE", f"{self.where}: {printable(said[-1])}" if said else str(self.where))

    async def _connect(self) -> asyncssh.SSHClientConnection:
        client = _Client(self.host_key)
        listed = self.known_hosts.exists() and not self.host_key
        known = str(self.known_hosts) if listed else ([], [], [])
        options: dict[str, Any] = {"client_keys": [str(key) for key in self.keys]} if self.keys else {}
        if self.where.user:
            options["username"] = self.where.user
        try:
            return await asyncssh.connect(
                self.where.host, self.where.port, known_hosts=known, client_factory=lambda: client,
                connect_timeout=_CONNECT_S, login_timeout=_CONNECT_S, keepalive_interval=_KEEPALIVE_S,
                keepalive_count_max=_LOST_AFTER, **options,
            )  # fmt: skip
        except asyncssh.HostKeyNotVerifiable as error:
            self._seen = client.unknown
            if self.host_key and client.unknown is not None:
                shown = client.unknown.get_fingerprint()
                raise InstallError("HOST_KEY_OTHER", f"{self.where}: {shown}") from error
            if client.unknown is None or self._has_another():
                raise InstallError("HOST_KEY_CHANGED", f"{self.where}: {error.reason}") from error
            raise InstallError("HOST_KEY_UNKNOWN", client.unknown.get_fingerprint()) from error
        except asyncssh.PermissionDenied as error:
            raise InstallError("LOGIN", f"{self.where}: {error.reason}") from error
        except (asyncssh.Error, OSError, ValueError) as error:
            raise InstallError("UNREACHABLE", f"{self.where}: {error}") from error

    def _has_another(self) -> bool:
        """Whether a key of this server is known already, and the one that it showed is another."""
        if not self.known_hosts.exists():
            return False
        found = asyncssh.match_known_hosts(str(self.known_hosts), self.where.host, "", self.where.port)
        return bool(found[0])
