"""`jumpguard fleet keys`: hands the operator's key set to the backend, and says which terminals have it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from provisioning import key_set
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_table
from tools.fleet.desk import Desk
from tools.fleet.store import Reader

BEHIND = 3


def keys(
    directory: Directory,
    given: Annotated[
        Path | None,
        typer.Argument(metavar="[SET]", help="The newer set, as the operator root signed it.", dir_okay=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have every terminal take the key set SET; say which set each terminal has.

    Exit code 3 while a terminal that was ever heard does not have the newest set that the backend was given.
    """
    with said_plainly():
        if given is not None:
            signed, found = key_set.load(given)
            document = signed["document"]
            assert isinstance(document, dict)
            Desk(directory).give_key_set(str(document["fleet"]), found)
        reader = Reader(directory)
        sets, told = reader.key_sets(), {each.terminal: each for each in reader.terminal_keys()}
        heard = [each.terminal for each in reader.terminals()]
    newest = sets[-1] if sets else None
    # One that tells of no set has older software, or was only heard in passing.
    versions = {name: told[name].version if name in told else 0 for name in heard}
    behind = [name for name in heard if newest is not None and versions[name] < newest.version]
    if as_json:
        for name in heard:
            print(json.dumps({"terminal": name, "version": versions[name], "behind": name in behind}))
    else:
        title = "no set was given" if newest is None else f"of {newest.version}, for fleet {newest.fleet}"
        rows = [(name, str(versions[name] or "?"), "behind" if name in behind else "") for name in heard]
        print_table(("terminal", "set", title), rows)
    raise typer.Exit(BEHIND if behind else 0)
