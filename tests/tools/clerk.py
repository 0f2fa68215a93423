"""Types the till's commands, as a clerk does, at a real counter."""

from pathlib import Path

from typer.testing import CliRunner, Result

from tools.cli.app import app
from tools.rig.rig import Rig


def typed(rig: Rig, *words: str, token: Path | None = None) -> Result:
    """Run `jumpguard` with `words`, aimed at the rig."""
    options = ["--api", rig.agent.ready["api"], "--token-file", str(token or rig.files.token_file)]
    return CliRunner().invoke(app, [words[0], *options, *words[1:]], env={"LANG": "C", "COLUMNS": "120"})
