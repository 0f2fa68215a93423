"""`jumpguard provision desk`: a desk file to start from."""

import typer

from provisioning.install.desk_example import example
from tools.cli.language import Tongue, speak


def desk(language: Tongue = None) -> None:
    """Print a desk file to fill in, for `install --desk`, every key explained."""
    speak(language)
    typer.echo(example(), nl=False)
