"""`jumpguard provision account-key` and `token-key`; how the commands that sign are told of the signer's key."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from provisioning import keys
from provisioning.application.account import create_key
from provisioning.errors import SigningError
from provisioning.keys import Signer
from tools.cli.plainly import said_plainly

KeyFile = Annotated[
    Path | None, typer.Option("--key", help="The binding signer's key file (`jumpguard keys make binding FILE`).")
]
Module = Annotated[
    Path | None, typer.Option(help="Instead of --key: the token's PKCS#11 library, such as libsofthsm2.so.")
]
TokenLabel = Annotated[str, typer.Option("--token", help="The token's label.")]
TokenKeyLabel = Annotated[str, typer.Option("--token-key", help="The key's label in the token.")]
PinFile = Annotated[
    Path | None, typer.Option(help="A file with the token's PIN that its owner alone may read.", dir_okay=False)
]

LABEL = "binding"


def account_key(
    file: Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")],
) -> None:
    """Make the acquirer desk's key for hashes of settlement accounts. Once: hashes of another key compare with nothing.

    Keep a copy where the binding signer's is. Without it no account can be told from its hash.
    """
    with said_plainly():
        create_key(file)
    typer.echo(str(file))


def token_key(
    module: Annotated[Path, typer.Option(help="The token's PKCS#11 library, such as libsofthsm2.so.")],
    token: TokenLabel,
    pin_file: Annotated[Path, typer.Option(help="A file with the token's PIN that its owner alone may read.")],
    label: TokenKeyLabel = LABEL,
) -> None:
    """Make a binding signer's key (Ed25519) inside a PKCS#11 token, which never gives it away.

    Prints its id and public half, which `jumpguard keys sign --add` takes from a file.
    """
    from provisioning.token import Token

    with said_plainly():
        made = Token(module, token, pin_file).create(label)
    typer.echo(json.dumps({"id": made.id, "role": keys.BINDING, "public": made.public_hex}))


@contextmanager
def signer(
    key: Path | None, module: Path | None, token: str, token_key: str, pin_file: Path | None
) -> Iterator[Signer]:
    """The signer that the options name, usable until the end of the block. Raises KeyFileError, SigningError."""
    if (key is None) == (module is None):
        raise SigningError(
            "name the binding signer's key: --key FILE, or --module LIBRARY --token LABEL --pin-file FILE"
        )
    if key is not None:
        loaded = keys.load(key)
        if not loaded.id.startswith(f"{keys.BINDING}-"):
            raise SigningError(
                f"key file {key}: it holds {loaded.id}; terminals take bindings of a binding signer alone"
            )
        yield loaded
        return
    if not token or pin_file is None:
        raise SigningError("a PKCS#11 token needs --token LABEL and --pin-file FILE")
    from provisioning.token import Token

    assert module is not None
    with Token(module, token, pin_file).key(token_key) as found:
        yield found
