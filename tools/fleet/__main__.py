"""`python -m tools.fleet`: the same as `jumpguard fleet ingest`."""

import typer

from tools.cli.fleet import ingest

if __name__ == "__main__":
    typer.run(ingest)
