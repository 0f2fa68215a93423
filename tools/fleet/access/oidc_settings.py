"""What `oidc.toml` in the fleet's directory says: which identity provider lets users in, and as what."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from board import private_file
from board.endpoint import is_loopback
from board.errors import SettingsError
from board.settings.file import document
from tools.fleet.access.actor import Role

NAME = "oidc.toml"

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class OidcSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The provider `issuer`, and what it knows this backend as.

    `secret_file` lies in the same directory unless it is a whole path. `role_claim` is the claim of the ID token whose
    value, or one of whose values, is named in `roles`; the greatest role counts, and who has none is not let in.
    """

    issuer: _Text
    client_id: _Text
    secret_file: _Text
    roles: dict[str, Literal["viewer", "operator", "administrator"]]
    role_claim: _Text = "groups"
    name_claim: _Text = "preferred_username"
    scopes: _Text = "openid profile"

    def role_of(self, value: object) -> Role | None:
        """The role of who has `value` as that claim."""
        values = value if isinstance(value, list) else [value]
        return max(
            (Role(self.roles[each]) for each in values if isinstance(each, str) and each in self.roles), default=None
        )


def load(directory: Path) -> tuple[OidcSettings, str] | None:
    """The settings in `directory` and the client's secret; None where there are none. Raises SettingsError."""
    path = directory / NAME
    if not path.exists():
        return None
    try:
        settings = msgspec.convert(document(path), OidcSettings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {error}") from error
    scheme, _, rest = settings.issuer.partition("://")
    host = rest.partition("/")[0].rpartition(":")[0] or rest.partition("/")[0]
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise SettingsError(f"{path}: issuer {settings.issuer!r} is not https://..., so that nobody can pose as it")
    if "openid" not in settings.scopes.split():
        raise SettingsError(f"{path}: scopes lack openid")
    return settings, private_file.secret(directory / settings.secret_file, "client's secret")
