"""The package's copyright file: whose work is in it, under which licence, in their own words."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from tools.package.errors import PackageError

_OURS = "jumpguard"
_TEXT = re.compile(r"licen[cs]e|copying|notice|authors", re.IGNORECASE)
_HEAD = """\
JumpGuard comes with Python packages of others in /usr/lib/jumpguard, unaltered, as their authors publish them.
Each follows with its licence as it states it, and with the texts that come with it.
"""


def copyright_text(site: Path) -> str:
    """The text for all that is in `site`. Raises PackageError for a package that states no licence."""
    others = (one for one in distributions(path=[str(site)]) if one.name != _OURS)
    return "\n".join([_HEAD, *(_said_of(one) for one in sorted(others, key=lambda one: one.name.lower()))])


def _said_of(distribution: Distribution) -> str:
    title = f"{distribution.name} {distribution.version}: {licence(distribution)}"
    texts = list(_texts(distribution)) or ["It comes without the text of its licence."]
    return "\n\n".join([f"{'=' * len(title)}\n{title}\n{'=' * len(title)}", *texts]) + "\n"


def licence(distribution: Distribution) -> str:
    """The licence that a package states, as an expression or in words. Raises PackageError when it states none."""
    stated = distribution.metadata.json
    first = str(stated.get("license_expression") or stated.get("license") or "").partition("\n")[0]
    classified = [line.rpartition(" :: ")[2] for line in stated.get("classifier", ()) if line.startswith("License")]
    if not (first or classified):
        raise PackageError(f"{distribution.name} {distribution.version} states no licence: it cannot be passed on")
    return first or ", ".join(classified)


def _texts(distribution: Distribution) -> Iterator[str]:
    for file in sorted(distribution.files or ()):
        if ".dist-info" in file.parts[0] and ("licenses" in file.parts or _TEXT.search(file.name)):
            yield file.read_text(encoding="utf-8").strip()
