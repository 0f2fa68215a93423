"""Made-up releases: Debian packages whose environment runs this checkout under another version number."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import board.version
from agent.adapters import journal_schema
from provisioning.update.places import PACKAGE
from tests.structure.places import ROOT

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
# What a release's `bin/python` does. GOOD runs the agent.
GOOD = 'exec {python} "$@"'
ENDS = "exit 1"
HANGS = "exec sleep 1000"

# The next release's journal has another form.
_MIGRATIONS = "MIGRATIONS: tuple[Migration, ...] = ()"
_NEXT = """MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        ("ALTER TABLE entries ADD COLUMN day TEXT NOT NULL DEFAULT ''", "CREATE INDEX by_day ON entries (day)"),
        ("DROP INDEX by_day", "ALTER TABLE entries DROP COLUMN day"),
    ),
)"""


def architecture() -> str:
    """Debian's name of this machine's."""
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()


def package(
    folder: Path,
    version: str,
    does: str = GOOD,
    *,
    new_form: bool = False,
    python: str = PYTHON,
    made_for: str = "",
    mode: int = 0o755,
    zeros: int = 0,
) -> Path:
    """A package of release `version` in `folder`, whose `bin/python` `does` that.

    With `new_form` it has an `agent` of its own, whose journal has another form. So many `zeros`, in bytes, take
    little in the package and as much as they are where it is unpacked.
    """
    tree = folder / f"tree-{version}"
    shutil.rmtree(tree, ignore_errors=True)
    home = tree / PACKAGE
    site = home / "lib" / python / "site-packages"
    told = site / f"jumpguard-{version}.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: jumpguard\nVersion: {version}\n")
    _with_version(site, version)
    if new_form:
        _with_new_form(site)
    if zeros:
        with (home / "zeros").open("wb") as stream:
            stream.truncate(zeros)
    _write_program(home / "bin" / "python", site.relative_to(home), does, mode)
    control = tree / "DEBIAN" / "control"
    control.parent.mkdir()
    control.write_text(
        f"Package: jumpguard\nVersion: {version}\nArchitecture: {made_for or architecture()}\n"
        "Maintainer: Nobody <nobody@example.org>\nDescription: a made-up release\n"
    )
    made = folder / f"jumpguard_{version}.deb"
    build = ["dpkg-deb", "--root-owner-group", "-Zgzip" if zeros else "-Znone", "-z1", "--build", str(tree), str(made)]
    subprocess.run(build, check=True, capture_output=True)
    return made


def _write_program(program: Path, site: Path, does: str, mode: int) -> None:
    program.parent.mkdir()
    lines = [
        "#!/bin/sh",
        f'PYTHONPATH="$(dirname "$0")/../{site}:$PYTHONPATH:{ROOT}"',  # the virtual board's own is in it
        "export PYTHONPATH",
        does.format(python=sys.executable),
    ]
    program.write_text("\n".join(lines) + "\n")
    program.chmod(mode)


def _with_version(site: Path, version: str) -> None:
    _changed_copy(site, board.version, f'VERSION = "{board.version.VERSION}"', f'VERSION = "{version}"')


def _with_new_form(site: Path) -> None:
    _changed_copy(site, journal_schema, _MIGRATIONS, _NEXT)


def _changed_copy(site: Path, module: ModuleType, before: str, after: str) -> None:
    """A copy of the package that `module` is in, with `after` in it instead of `before`."""
    package = module.__name__.split(".")[0]
    shutil.copytree(ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    file = site / Path(str(module.__file__)).relative_to(ROOT)
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def damaged(file: Path) -> None:
    """One byte in the middle of `file` becomes another one."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def changed(metadata: Path, **fields: object) -> None:
    """`fields` of what was signed in `metadata` become others; its signatures stay."""
    document = json.loads(metadata.read_bytes())
    document["signed"].update(fields)
    metadata.write_text(json.dumps(document))
