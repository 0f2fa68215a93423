"""`jumpguard release`: publish releases for terminals, in a repository of static files that any web server serves."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from tuf.api.metadata import Root, Targets

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import files_named, said_plainly
from tools.cli.shown import AsJson, print_table
from tools.release import keys as release_keys
from tools.release.keys import ROLES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from tools.release.repository import DAYS, Repository

app = typer.Typer(
    add_completion=False,
    help="Publish releases for terminals: static files (The Update Framework) that any web server serves.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(metavar="REPOSITORY", help="The folder of the repository.", file_okay=False)]
Keys = Annotated[
    list[Path], typer.Option("--keys", metavar="FOLDER", help="A folder of keys; may be given again.", file_okay=False)
]
Count = Annotated[int, typer.Option(min=1, max=9)]
Days = Annotated[int, typer.Option(min=1, max=3_650, help="How long it counts.")]


@app.command()
def keys(
    folder: Annotated[Path, typer.Argument(help="The folder to make them in.", file_okay=False)],
    roots: Annotated[int, typer.Option(min=0, max=9, help="How many of the root; they belong offline.")] = 1,
    targets: Annotated[int, typer.Option(min=0, max=9, help="How many that sign releases.")] = 1,
    online: Annotated[bool, typer.Option(help="Also those of snapshot and timestamp, which sign every day.")] = True,
) -> None:
    """Make the keys of a repository, each in a file that its owner alone may read."""
    with said_plainly(), files_named():
        counts = {ROOT: roots, TARGETS: targets} | ({SNAPSHOT: 1, TIMESTAMP: 1} if online else {})
        for file in release_keys.make(folder, counts):
            typer.echo(file)


@app.command()
def create(
    repository: Folder,
    keys: Keys,
    root_threshold: Annotated[int, typer.Option(min=1, max=9, help="How many root keys have to sign.")] = 1,
    targets_threshold: Annotated[int, typer.Option(min=1, max=9, help="How many keys have to sign a release.")] = 1,
    days: Days = DAYS[ROOT],
) -> None:
    """Begin a repository. What it prints is the root of trust: the file for /etc/jumpguard/update/root.json."""
    with said_plainly(), files_named():
        thresholds = {ROOT: root_threshold, TARGETS: targets_threshold}
        typer.echo(Repository(repository, release_keys.load(keys)).create(thresholds, days))


@app.command()
def add(
    repository: Folder,
    package: Annotated[Path, typer.Argument(help="The Debian package of the release.", dir_okay=False, exists=True)],
    keys: Keys,
    days: Days = DAYS[TARGETS],
) -> None:
    """Publish PACKAGE, the release that it holds: terminals of its architecture and Python may take it from then on."""
    with said_plainly(), files_named():
        target = Repository(repository, release_keys.load(keys)).add(package, days)
    print(json.dumps({"target": target.path, **target.custom}))


@app.command()
def refresh(
    repository: Folder,
    keys: Keys,
    snapshot_days: Days = DAYS[SNAPSHOT],
    timestamp_days: Days = DAYS[TIMESTAMP],
) -> None:
    """Sign snapshot and timestamp anew. Once a day is enough; what has expired no terminal takes."""
    with said_plainly(), files_named():
        days = {SNAPSHOT: snapshot_days, TIMESTAMP: timestamp_days}
        Repository(repository, release_keys.load(keys)).refresh(days)
    _show(repository)


@app.command()
def root(
    repository: Folder,
    keys: Keys,
    old_keys: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="Where the root keys from before are, if others follow.")
    ] = None,
    days: Days = DAYS[ROOT],
) -> None:
    """Sign the root of trust anew, for another year or other keys: those in --keys take the place of their role's."""
    with said_plainly(), files_named():
        given = release_keys.load(keys)
        old = release_keys.load(old_keys) if old_keys else given
        typer.echo(Repository(repository, given).renew_root(old, {}, days))


@app.command()
def show(repository: Folder, as_json: AsJson = False, language: Tongue = None) -> None:
    """List what is published, and when each part expires."""
    speak(language)
    _show(repository, as_json)


def _show(folder: Path, as_json: bool = False) -> None:
    with said_plainly():
        standing = Repository(folder, {role: [] for role in ROLES}).standing()
    signed_by, targets = standing[ROOT], standing[TARGETS]
    assert isinstance(signed_by, Root) and isinstance(targets, Targets)
    parts = [
        {
            "role": role,
            "version": part.version,
            "expires": f"{part.expires:%Y-%m-%dT%H:%M:%SZ}",
            "expired": part.is_expired(datetime.now(UTC)),
            "keys": f"{signed_by.roles[role].threshold} of {len(signed_by.roles[role].keyids)}",
        }
        for role, part in standing.items()
    ]
    releases = [{"target": name, "bytes": target.length} for name, target in sorted(targets.targets.items())]
    if as_json:
        print(json.dumps({"roles": parts, "releases": releases}))
        return
    print_table(
        (_("part"), _("version"), _("expires"), _("signed by")),
        [
            (str(p["role"]), str(p["version"]), f"{p['expires']}{' !' if p['expired'] else ''}", str(p["keys"]))
            for p in parts
        ],
    )
    print_table((_("release"), _("bytes")), [(str(r["target"]), str(r["bytes"])) for r in releases])
