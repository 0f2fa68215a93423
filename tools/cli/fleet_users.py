"""`jumpguard fleet users`: who may log in at the dashboard, and as what."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_table
from tools.cli.store import me, opened
from tools.fleet.access import passwords
from tools.fleet.access import users as people
from tools.fleet.access.actor import Role
from tools.fleet.words import said

Name = Annotated[str, typer.Argument(help="The user's name.")]
ARole = Annotated[Role, typer.Option(help="What the user may do: look; give orders as well; see to users as well.")]
Drawn = Annotated[bool, typer.Option("--draw", help="Draw a random password and print it, instead of asking for one.")]


def listed(directory: Directory, as_json: AsJson = False, language: Tongue = None) -> None:
    """List the users."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        found = store.ask(people.listed)
    if as_json:
        for user in found:
            print(json.dumps(asdict(user) | {"role": user.role.value}, ensure_ascii=False))
        return
    print_table(
        (_("name"), _("role"), _("since"), _("disabled"), _("logs in by")),
        [
            (
                user.name,
                said(user.role.value),
                user.created_at,
                user.disabled_at or "",
                _("identity provider") if user.subject else _("password"),
            )
            for user in found
        ],
    )


def add(directory: Directory, name: Name, role: ARole, draw: Drawn = False, language: Tongue = None) -> None:
    """Make a user, and ask for the password."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        given = _password(draw)
        store.change(people.add, me(), name, role, passwords.hashed(given))
    _tell(name, given, draw)


def password(directory: Directory, name: Name, draw: Drawn = False, language: Tongue = None) -> None:
    """Give a user another password; the user's sessions end."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        given = _password(draw)
        store.change(people.set_password, me(), name, passwords.hashed(given))
    _tell(name, given, draw)


def role(directory: Directory, name: Name, new: Annotated[Role, typer.Argument(metavar="ROLE")]) -> None:
    """Give a user another role; the user's sessions end. There is always one administrator at least."""
    with said_plainly(), opened(directory) as store:
        store.change(people.set_role, me(), name, new)
    print(json.dumps({"user": name, "role": new.value}, ensure_ascii=False))


def disable(directory: Directory, name: Name) -> None:
    """Let a user in no more; sessions and tokens end at once."""
    with said_plainly(), opened(directory) as store:
        store.change(people.disable, me(), name)
    print(json.dumps({"user": name, "disabled": True}, ensure_ascii=False))


def enable(directory: Directory, name: Name) -> None:
    """Let a disabled user in again; revoked tokens stay so."""
    with said_plainly(), opened(directory) as store:
        store.change(people.enable, me(), name)
    print(json.dumps({"user": name, "disabled": False}, ensure_ascii=False))


def _password(draw: bool) -> str:
    if draw:
        return passwords.drawn()
    given: str = typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True, err=True)
    return given


def _tell(name: str, given: str, draw: bool) -> None:
    print(json.dumps({"user": name} | ({"password": given} if draw else {}), ensure_ascii=False))
