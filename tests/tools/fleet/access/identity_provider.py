"""A small OpenID Connect provider: it lets everybody in at once as `claims` say, and lies as it is told to.

It shares no code with what the backend checks ID tokens with: the signature is made with `cryptography` alone.
"""

import base64
import hashlib
import json
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlencode

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "jumpguard", "the client's secret"


class IdentityProvider:
    """Serve `app`, then tell it its `issuer`."""

    def __init__(self) -> None:
        self.issuer = ""
        self.claims: dict[str, Any] = {
            "sub": "0a1b",
            "preferred_username": "olga",
            "groups": ["staff", "shop-operators"],
        }
        # What of an ID token is other than it should be; None takes a claim out.
        self.lies: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.key = rsa.generate_private_key(65537, 2048)
        self.published = self.key.public_key()
        self._codes: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._told),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
            ]
        )

    async def _told(self, _request: Request) -> Response:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        named = {name: f"{self.issuer}/{path}" for name, path in ends.items()}
        return JSONResponse({"issuer": self.issuer} | named)

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT and asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self._codes.pop(form["code"], None)
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = _text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {known}"
            or proof != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        given = {"access_token": "x", "token_type": "Bearer", "id_token": self._id_token(asked["nonce"])}
        return JSONResponse(given)

    async def _keys(self, _request: Request) -> Response:
        numbers = self.published.public_numbers()
        key = {"kty": "RSA", "kid": "1", "use": "sig", "n": _number(numbers.n), "e": _number(numbers.e)}
        return JSONResponse({"keys": [key]})

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        named = {"iss": self.issuer, "aud": CLIENT, "nonce": nonce, "iat": now, "exp": now + 300}
        claims = {name: value for name, value in (named | self.claims | self.lies).items() if value is not None}
        header = {"alg": self.algorithm, "kid": "1", "typ": "JWT"}
        text = ".".join(_text(json.dumps(part).encode()) for part in (header, claims))
        return f"{text}.{_text(self._signature(text.encode()))}"

    def _signature(self, text: bytes) -> bytes:
        if self.algorithm == "none":
            return b""
        if self.algorithm == "HS256":
            code = hmac.HMAC(SECRET.encode(), hashes.SHA256())
            code.update(text)
            return code.finalize()
        return self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))
