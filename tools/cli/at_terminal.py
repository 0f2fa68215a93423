"""What the commands that work on a terminal are asked for, and how they reach it and tell of it."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from provisioning.errors import InstallError
from provisioning.handover import facts, sheet
from provisioning.install.attempt import Attempt
from provisioning.install.here import Here
from provisioning.install.reach import Reach
from provisioning.install.remedies import explained
from provisioning.install.result import Installed
from provisioning.texts import _
from tools.cli.install_screen import Screen
from tools.cli.plainly import INTERRUPTED, nobody_looks_on, said_plainly

Binding = Annotated[
    Path, typer.Argument(metavar="BINDING", help="What `jumpguard provision sign` handed out.", dir_okay=False)
]
TerminalSerial = Annotated[str, typer.Argument(metavar="SERIAL", help="The terminal's serial, as on its label.")]
DeskFile = Annotated[
    Path, typer.Option("--desk", help="The desk file: broker, acquirers, keys, authority, trail.", dir_okay=False)
]
Over = Annotated[
    str, typer.Option(metavar="[USER@]HOST[:PORT]", help="Reach the terminal over SSH; without it, this machine.")
]
IdentityFiles = Annotated[
    list[Path] | None,
    typer.Option("--identity", help="Private key for SSH; without it, an agent and the usual files."),
]
HostKey = Annotated[
    str, typer.Option(metavar="SHA256:...", help="The terminal's SSH host key, where it was never seen here.")
]
KnownHosts = Annotated[Path, typer.Option(help="The list of known SSH hosts.")]
KNOWN_HOSTS = Path("~/.ssh/known_hosts")
Root = Annotated[Path, typer.Option(help="Where the terminal's files are: / but for a virtual one.")]
ROOT = Path("/")
Sale = Annotated[bool, typer.Option("--sale/--no-sale", help="Whether a card is charged 0.01 at last.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nobody: what a machine can check is enough.")]
Technician = Annotated[str, typer.Option("--by", help="Who does it. By default the user's name.")]
Why = Annotated[str, typer.Option(help="Why, for the audit trail.")]
Out = Annotated[Path, typer.Option(help="Where the hand-over sheet goes.", file_okay=False, exists=True)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object for each thing told.")]


class Way:
    """How a command reaches its terminal."""

    def __init__(self, over: str, root: Path, identity: list[Path] | None, known_hosts: Path, host_key: str) -> None:
        self.reach = _reach(over, root, identity or [], known_hosts)
        self.host_key = host_key


@contextlib.contextmanager
def told_plainly(screen: Screen) -> Iterator[None]:
    """Say what went wrong in the words of its remedy, and end the screen whatever happens."""
    with said_plainly():
        try:
            yield
        except InstallError as error:
            raise InstallError(error.code, "\n".join(filter(None, explained(error.code, str(error))))) from error
        finally:
            screen.stop()


def run(attempt: Attempt, way: Way, screen: Screen, *, ask: bool, as_json: bool) -> None:
    """Do `attempt`, and show it as it goes.

    Ctrl-C, a closed window, SIGTERM and the end of what is typed call it off (exit code 130).
    """
    try:
        asyncio.run(_run(attempt, way, screen, ask=ask, as_json=as_json))
    except (KeyboardInterrupt, EOFError, asyncio.CancelledError):
        screen.stop()
        typer.echo(f"\n{attempt.failure.text()}" if attempt.failure else "", err=True)
        raise typer.Exit(INTERRUPTED) from None


def hand_over(done: Installed, screen: Screen, out: Path, *, as_json: bool) -> None:
    """Save the facts first: a sheet can be made of them at any time (`jumpguard provision handover`)."""
    saved = facts.save(done.facts, out)
    if as_json:
        print(json.dumps({"installed": msgspec.to_builtins(done), "facts": str(saved)}, ensure_ascii=False))
    else:
        screen.installed(done)
    for file in (saved, *sheet.write(done.facts, out)):
        if not as_json:
            screen.written(file)


async def _run(attempt: Attempt, way: Way, screen: Screen, *, ask: bool, as_json: bool) -> None:
    _call_off_by_signals(attempt)
    if not isinstance(way.reach, Here):
        await _know_host(way, screen, ask=ask)
    async with contextlib.aclosing(attempt.run()) as told:
        async for progress in told:
            if as_json:
                print(json.dumps(asdict(progress), ensure_ascii=False), flush=True)
            else:
                screen.show(progress)


def _call_off_by_signals(attempt: Attempt) -> None:
    """SIGHUP, which a closed window sends, and SIGTERM call `attempt` off once; `nohup` has the first ignored."""
    loop, doing = asyncio.get_running_loop(), asyncio.current_task()
    assert doing is not None

    def call_off(number: int) -> None:
        if number == signal.SIGHUP:
            nobody_looks_on()
        if not attempt.failing:
            doing.cancel()

    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, call_off, number)


def _reach(over: str, root: Path, identity: list[Path], known_hosts: Path) -> Reach:
    if not over:
        return Here(root)
    # Here and not above: a terminal that installs itself has no asyncssh.
    from provisioning.install.over_ssh import OverSsh, address

    return OverSsh(address(over), root, identity, known_hosts)


async def _know_host(way: Way, screen: Screen, *, ask: bool) -> None:
    """See to it that the terminal's host key is known, or refuse."""
    from provisioning.install.over_ssh import OverSsh

    reach = way.reach
    assert isinstance(reach, OverSsh)
    shown = await reach.unknown_host_key()
    if not shown:
        return
    if way.host_key:
        reach.trust(way.host_key)
        return
    question = _("The terminal at {address} shows a host key that was never seen here: {key}. Is that the terminal's?")
    if not (ask and sys.stdin.isatty() and await screen.confirms(question.format(address=reach.address, key=shown))):
        raise InstallError("HOST_KEY_UNKNOWN", f"{reach.address}: {shown}")
    reach.trust(shown)
