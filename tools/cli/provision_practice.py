"""`jumpguard provision practice`: a desk and a blank virtual terminal to try an installation on."""

import shlex
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import ended_by_signals, said_plainly
from tools.errors import ToolError


class PracticeError(ToolError):
    """There is something in the folder already."""


def practice(
    directory: Annotated[
        Path, typer.Option("--dir", help="An empty folder with a short path; made if it is not there.", file_okay=False)
    ],
    ssh: Annotated[bool, typer.Option("--ssh", help="The terminal is reached over SSH, on loopback.")] = False,
    language: Tongue = None,
) -> None:
    """Start broker, backend, acquirer simulator and a blank virtual terminal, and say how to install it.

    Nothing leaves this machine. Ctrl-C ends it; the folder stays, to be looked at.
    """
    speak(language)
    from tools.rig.practice import Practice

    folder = directory.absolute()
    with said_plainly(), ended_by_signals():
        if folder.exists() and any(folder.iterdir()):
            raise PracticeError(f"{folder}: not empty; name another folder, or remove it")
        with Practice(folder, with_ssh=ssh) as made:
            terminal = made.terminal()
            terminal.start()
            program = shlex.quote(str(Path(sys.argv[0]).absolute()))
            over = ""
            if made.sshd:
                over = f" --over {made.sshd.address} --identity {made.sshd.identity} --host-key {made.sshd.fingerprint}"
                over += f" --known-hosts {folder / 'known_hosts'}"
            typer.echo(_("A desk and a blank terminal are up; Ctrl-C ends them. Install it, in another window:"))
            files = f"{made.binding()} --desk {made.desk_file} --root {terminal.root}"
            typer.echo(f"  {program} provision install {files} --yes{over}")
            typer.echo(_("and hold a card to its reader when it asks for one:"))
            typer.echo(f"  {program} board tap unionpay --dir {terminal.folder / 'board'}")
            typer.echo(_("The card stays there until `board remove` takes it away."))
            typer.echo(_("Without --yes it also asks for lights and case. To open the case, and `closed` to close it:"))
            typer.echo(f"  {program} board tamper open --dir {terminal.folder / 'board'}")
            sys.stdout.flush()
            with suppress(KeyboardInterrupt):
                threading.Event().wait()
