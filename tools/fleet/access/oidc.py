"""Log-in at an identity provider: OpenID Connect Core 1.0, the authorization code flow, with PKCE (RFC 7636).

Nothing that the provider says is believed but an ID token that it signed for this client and for this very log-in.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tools.fleet.access.actor import Role
from tools.fleet.access.oidc_settings import OidcSettings, load
from tools.fleet.errors import StrangerError

# Signatures with a key of the provider's own; never `none`, nor one with a secret that this client has as well.
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
_WAIT_S = 10.0
# How far the two clocks may be apart, in seconds.
_LEEWAY_S = 60
_DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in that waits for the browser to come back: what it was sent out with."""

    address: str
    state: str
    nonce: str
    verifier: str
    back: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is by the provider's word: `subject` never changes, `name` may."""

    subject: str
    name: str
    role: Role


class Provider:
    """The provider that `settings` name, which knows this client's `secret`."""

    def __init__(self, settings: OidcSettings, secret: str) -> None:
        self._settings = settings
        self._secret = secret

    def begin(self, back: str) -> Begun:
        """Where to send a browser that the provider shall send `back`. Raises StrangerError when it is not there."""
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        with self._client(back) as client:
            endpoint = self._told(client)["authorization_endpoint"]
            address, state = client.create_authorization_url(endpoint, code_verifier=verifier, nonce=nonce)
        return Begun(address, state, nonce, verifier, back)

    def finish(self, begun: Begun, code: str) -> Identity:
        """Who came back with `code`. Raises StrangerError that says what was wrong, for the log."""
        try:
            with self._client(begun.back) as client:
                told = self._told(client)
                given = client.fetch_token(told["token_endpoint"], code=code, code_verifier=begun.verifier)
                jwks = _object(client.request("GET", told["jwks_uri"], withhold_token=True))
            keys = KeySet.import_key_set({"keys": jwks["keys"]})
            token = jwt.decode(given["id_token"], keys, algorithms=ALGORITHMS)
            self._claims(token.claims, token.header, given, begun).validate(leeway=_LEEWAY_S)
        except (AuthlibBaseError, JoseError, httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            raise StrangerError(f"identity provider: the log-in does not count: {_cause(error)}") from error
        return self._identity(token.claims)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        subject, name = claims["sub"], claims.get(self._settings.name_claim) or claims["sub"]
        if not isinstance(subject, str) or not subject or not isinstance(name, str):
            raise StrangerError("identity provider: sub or name is no text")
        role = self._settings.role_of(claims.get(self._settings.role_claim))
        if role is None:
            raise StrangerError(f"identity provider: nothing in {self._settings.role_claim} gives a role here")
        return Identity(f"{self._settings.issuer} {subject}", name, role)

    def _claims(
        self, claims: dict[str, Any], header: dict[str, Any], given: dict[str, Any], begun: Begun
    ) -> CodeIDToken:
        wanted = {"iss": self._settings.issuer, "aud": self._settings.client_id}
        options = {name: {"essential": True, "value": value} for name, value in wanted.items()}
        known = {"nonce": begun.nonce, "client_id": self._settings.client_id, "access_token": given.get("access_token")}
        return CodeIDToken(claims, header, options, known)

    def _told(self, client: OAuth2Client) -> dict[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0, 4). Raises StrangerError."""
        try:
            told = _object(client.request("GET", self._settings.issuer.rstrip("/") + _DISCOVERY, withhold_token=True))
            ends = [told["authorization_endpoint"], told["token_endpoint"], told["jwks_uri"]]
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            raise StrangerError(f"identity provider: it does not say where to log in: {_cause(error)}") from error
        # What is asked over TLS is not sent on in the clear.
        scheme = self._settings.issuer.partition(":")[0]
        if told.get("issuer") != self._settings.issuer or not all(
            isinstance(end, str) and end.startswith(("https:", f"{scheme}:")) for end in ends
        ):
            raise StrangerError("identity provider: it says that it is another one")
        return told

    def _client(self, back: str) -> OAuth2Client:
        return OAuth2Client(
            self._settings.client_id,
            self._secret,
            scope=self._settings.scopes,
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=_WAIT_S,
        )


def provider_of(directory: Path) -> Provider | None:
    """The provider that `oidc.toml` in the fleet's `directory` names. Raises SettingsError."""
    found = load(directory)
    return None if found is None else Provider(*found)


def _object(answer: httpx2.Response) -> dict[str, Any]:
    answer.raise_for_status()
    found: object = answer.json()
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _cause(error: Exception) -> str:
    return f"{type(error).__name__} {error}"[:200]
