"""Resolves the dependencies of `pyproject.toml` into `locks/`: names, versions and hashes, for every Python of ours."""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_GROUPS = {
    "terminal": (),
    "device": ("device",),
    "desk": ("desk",),
    "fleet": ("fleet",),
    "develop": ("fleet", "develop"),
}


def main() -> int:
    """Write each lock file; returns the exit code of the resolver."""
    for name, extras in _GROUPS.items():
        chosen = [argument for extra in extras for argument in ("--extra", extra)]
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *chosen, "--universal"]
        command += ["--python-version", "3.11", "--generate-hashes", "--upgrade", "--no-header", "--no-annotate"]
        command += ["--no-emit-index-url", "--no-emit-find-links", "--output-file", f"locks/{name}.txt", "--quiet"]
        done = subprocess.run(command, cwd=_ROOT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
