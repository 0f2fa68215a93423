"""`jumpguard fleet tokens`: what programs show to use the REST API."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_table
from tools.cli.store import me, opened
from tools.fleet.access import tokens
from tools.fleet.access.actor import Role
from tools.fleet.words import said


def listed(
    directory: Directory,
    user: Annotated[str | None, typer.Option(help="Only this user's.")] = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List the tokens; what a token is itself, nobody can tell any more."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        found = store.ask(tokens.listed, user)
    if as_json:
        for token in found:
            print(json.dumps(asdict(token) | {"role": token.role.value}, ensure_ascii=False))
        return
    print_table(
        (_("number"), _("name"), _("user"), _("role"), _("since"), _("until"), _("revoked")),
        [
            (str(t.id), t.name, t.user, said(t.role.value), t.created_at, t.expires_at, t.revoked_at or "")
            for t in found
        ],
    )


def make(
    directory: Directory,
    user: Annotated[str, typer.Argument(help="Whose it is: it ends with the user, and can do no more than the user.")],
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.VIEWER,
    days: Annotated[int, typer.Option(min=1, max=tokens.MOST_DAYS, help="How long it counts.")] = 90,
) -> None:
    """Make a token and print it, this once."""
    with said_plainly(), opened(directory) as store:
        number, token = store.change(tokens.make, me(), user, name, role, days)
    print(json.dumps({"id": number, "token": token}))


def revoke(
    directory: Directory, number: Annotated[int, typer.Argument(metavar="ID", min=1, max=2**31 - 1, help="As listed.")]
) -> None:
    """Let a token count no more, at once."""
    with said_plainly(), opened(directory) as store:
        store.change(tokens.revoke, me(), number)
    print(json.dumps({"revoked": number}))
