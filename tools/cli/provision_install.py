"""`jumpguard provision install`: from a signed binding and a blank terminal to a first verified sale."""

import asyncio
import contextlib
import getpass
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from provisioning.errors import InstallError
from provisioning.handover import facts, sheet
from provisioning.install.here import Here
from provisioning.install.installation import Installation
from provisioning.install.proof import read
from provisioning.install.reach import Reach
from provisioning.install.remedies import explained
from provisioning.install.work import Order
from provisioning.texts import _
from tools.cli.install_screen import Screen
from tools.cli.language import Tongue, speak
from tools.cli.plainly import INTERRUPTED, said_plainly
from tools.desk import desk as desk_of


def install(
    binding: Annotated[
        Path, typer.Argument(metavar="BINDING", help="What `jumpguard provision sign` handed out.", dir_okay=False)
    ],
    desk: Annotated[Path, typer.Option(help="The desk file: broker, acquirers, keys, authority.", dir_okay=False)],
    over: Annotated[
        str, typer.Option(metavar="[USER@]HOST[:PORT]", help="Reach the terminal over SSH; without it, this machine.")
    ] = "",
    identity: Annotated[
        list[Path] | None, typer.Option(help="Private key for SSH; without it, an agent and the usual files.")
    ] = None,
    host_key: Annotated[
        str, typer.Option(metavar="SHA256:...", help="The terminal's SSH host key, where it was never seen here.")
    ] = "",
    known_hosts: Annotated[Path, typer.Option(help="The list of known SSH hosts.")] = Path("~/.ssh/known_hosts"),
    root: Annotated[Path, typer.Option(help="Where the terminal's files are: / but for a virtual one.")] = Path("/"),
    sale: Annotated[bool, typer.Option("--sale/--no-sale", help="Whether a card is charged 0.01 at last.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nobody: what a machine can check is enough.")] = False,
    by: Annotated[str, typer.Option(help="Who installs it. By default the user's name.")] = "",
    out: Annotated[Path, typer.Option(help="Where the hand-over sheet goes.", file_okay=False, exists=True)] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each thing told.")] = False,
    language: Tongue = None,
) -> None:
    """Install a blank terminal for the merchant of BINDING, and prove it by a sale.

    Whatever fails or is called off, the terminal is put back as it was. Exit code 0 installed, 1 not, 130 called off.
    """
    speak(language)
    screen = Screen()
    with said_plainly():
        try:
            order = Order(signed=read(binding), technician=by or getpass.getuser(), sale=sale, by_person=not yes)
            reach = _reach(over, root, identity or [], known_hosts)
            installation = Installation(order, desk_of(desk), reach, screen)
            asyncio.run(_run(installation, reach, screen, host_key, ask=not yes, as_json=as_json))
            _hand_over(installation, screen, out, as_json=as_json)
        except InstallError as error:
            raise InstallError(error.code, "\n".join(filter(None, explained(error.code, str(error))))) from error
        except (KeyboardInterrupt, EOFError):
            screen.stop()
            typer.echo(f"\n{installation.failure.text()}" if installation.failure else "", err=True)
            raise typer.Exit(INTERRUPTED) from None
        finally:
            screen.stop()


def _reach(over: str, root: Path, identity: list[Path], known_hosts: Path) -> Reach:
    if not over:
        return Here(root)
    # Here and not above: a terminal that installs itself has no asyncssh.
    from provisioning.install.over_ssh import OverSsh, address

    return OverSsh(address(over), root, identity, known_hosts)


async def _run(
    installation: Installation, reach: Reach, screen: Screen, host_key: str, *, ask: bool, as_json: bool
) -> None:
    if not isinstance(reach, Here):
        await _know_host(reach, screen, host_key, ask=ask)
    async with contextlib.aclosing(installation.run()) as told:
        async for progress in told:
            if as_json:
                print(json.dumps(asdict(progress), ensure_ascii=False), flush=True)
            else:
                screen.show(progress)


def _hand_over(installation: Installation, screen: Screen, out: Path, *, as_json: bool) -> None:
    """Save the facts first: a sheet can be made of them at any time (`jumpguard provision handover`)."""
    done = installation.installed
    assert done is not None
    saved = facts.save(done.facts, out)
    if as_json:
        print(json.dumps({"installed": msgspec.to_builtins(done), "facts": str(saved)}, ensure_ascii=False))
    else:
        screen.installed(done)
    for file in (saved, *sheet.write(done.facts, out)):
        if not as_json:
            screen.written(file)


async def _know_host(reach: Reach, screen: Screen, host_key: str, *, ask: bool) -> None:
    """See to it that the terminal's host key is known, or refuse."""
    from provisioning.install.over_ssh import OverSsh

    assert isinstance(reach, OverSsh)
    shown = await reach.unknown_host_key()
    if not shown:
        return
    if host_key:
        reach.trust(host_key)
        return
    question = _("The terminal at {address} shows a host key that was never seen here: {key}. Is that the terminal's?")
    if not (
        ask
        and sys.stdin.isatty()
        and await screen.confirms(question.format(address=reach.address, key=shown), default=False)
    ):
        raise InstallError("HOST_KEY_UNKNOWN", f"{reach.address}: {shown}")
    reach.trust(shown)
