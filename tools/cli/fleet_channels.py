"""`jumpguard fleet channels`: who is told of alerts by mail, web address, WeCom or DingTalk."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from provisioning.texts import CHINESE, _
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_table
from tools.cli.store import me, opened
from tools.errors import FileError
from tools.fleet.alerts import channels
from tools.fleet.alerts.address import masked, send
from tools.fleet.alerts.words import WARNING
from tools.fleet.errors import LinkError
from tools.fleet.times import utc_now

app = typer.Typer(help="Who is told of alerts: list, add, test, remove.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="One of `jumpguard fleet channels list`.")]


@app.command("list")
def listed(directory: Directory, as_json: AsJson = False) -> None:
    """List the channels; of an address only what is no secret."""
    with said_plainly(), opened(directory) as store:
        found = store.ask(channels.every)
    rows = [
        {"name": c.name, "address": masked(c.address), "severity": c.severity, "language": c.language}
        | {"per_hour": c.per_hour}
        for c in found
    ]
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        columns = (_("name"), _("address"), _("severity"), _("language"), _("an hour at most"))
        print_table(columns, [[str(value) for value in row.values()] for row in rows])


@app.command(
    epilog="Example: jumpguard fleet channels add night --address-file night.url --severity critical --dir fleet"
)
def add(
    directory: Directory,
    name: Annotated[str, typer.Argument(help="What it is called here.")],
    address_file: Annotated[
        Path,
        typer.Option(
            help="File with the address, `-` for standard input: mailtos://USER:PASSWORD@HOST?to=..., jsons://HOST/PATH,"
            " wecombot://KEY or dingtalk://TOKEN.",
            allow_dash=True,
        ),
    ],
    severity: Annotated[str, typer.Option(help="The least that it is told: critical, warning or info.")] = WARNING,
    language: Annotated[str, typer.Option(help="en or zh_CN.")] = CHINESE,
    per_hour: Annotated[int, typer.Option(help="The most messages in an hour; more are summed up.")] = 30,
) -> None:
    """Have alerts told. The address may hold a password, so it stands in a file and not on the command line."""
    with said_plainly(), opened(directory) as store:
        address = _read(address_file)
        store.change(channels.add, me(), name, address, severity, language, per_hour)
    print(json.dumps({"added": name, "address": masked(address)}, ensure_ascii=False))


@app.command()
def test(directory: Directory, name: Name) -> None:
    """Send a message now, and say whether the other side took it."""
    with said_plainly(), opened(directory) as store:
        channel = store.ask(channels.named, name)
        why = send(channel.address, "JumpGuard", f"JumpGuard: {channel.name}")
        if why:
            raise LinkError(f"channel {name}: not sent: {why}")
    print(json.dumps({"sent": name}))


@app.command()
def remove(directory: Directory, name: Name) -> None:
    """Tell it nothing more."""
    with said_plainly(), opened(directory) as store:
        store.change(channels.remove, me(), name, utc_now())
    print(json.dumps({"removed": name}))


def _read(file: Path) -> str:
    try:
        return (sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{file}: cannot be read ({type(error).__name__}); write the address into it") from None
