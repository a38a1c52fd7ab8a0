"""A small identity provider on a port of its own: discovery, authorization, token and keys as OpenID Connect has them.

It holds its clients to the standard (PKCE, one use of a code, the secret, the address to return to), and can be told to
sign or say something wrong.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "huiying", "a secret of the test"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _part(value: dict[str, Any]) -> str:
    return _encoded(json.dumps(value).encode())


@dataclass
class Provider:
    """The provider's state. who: the claims of whoever signs in; wrong: what to do wrong, by name; now: seconds UTC."""

    back: str
    now: int
    issuer: str = ""
    who: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "preferred_username": "zhao"})
    wrong: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))

    async def discovery(self, _: Request) -> Response:
        self.asked.append("discovery")
        found = {
            "issuer": self.wrong.get("calls_itself", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": self.wrong.get("token_endpoint", f"{self.issuer}/token"),
            "jwks_uri": f"{self.issuer}/keys", "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": [self.wrong.get("auth", "client_secret_basic")],
            "code_challenge_methods_supported": ["S256"],
        }  # fmt: skip
        return JSONResponse(found)

    async def keys(self, _: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        given = dict(request.query_params)
        assert given["response_type"] == "code"
        assert given["client_id"] == CLIENT
        assert given["redirect_uri"] == self.back
        assert "openid" in given["scope"].split()
        assert given["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = given
        return RedirectResponse(f"{self.back}?{urlencode({'code': code, 'state': given['state']})}", 302)

    async def token(self, request: Request) -> Response:
        given = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        asked = self.codes.pop(given.get("code", ""), None)
        hashed = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        right = (
            asked is not None
            and self._known(request, given)
            and given["grant_type"] == "authorization_code"
            and given["redirect_uri"] == asked["redirect_uri"]
            and _encoded(hashed) == asked["code_challenge"]
        )
        if asked is None or not right:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access = secrets.token_urlsafe(16)
        claims = {
            "iss": self.issuer, "aud": CLIENT, "exp": self.now + 300, "iat": self.now, "nonce": asked["nonce"],
            "at_hash": self._half_hash(access), **self.who, **self.wrong.get("claims", {}),
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return JSONResponse({"access_token": access, "token_type": "Bearer", "id_token": self._signed(claims)})

    def _known(self, request: Request, given: dict[str, str]) -> bool:
        if self.wrong.get("auth") == "client_secret_post":
            return (given.get("client_id"), given.get("client_secret")) == (CLIENT, SECRET)
        pair = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {pair}"

    def _signed(self, claims: dict[str, Any]) -> str:
        how = self.wrong.get("signature", "")
        if how == "none":
            return f"{_part({'alg': 'none'})}.{_part(claims)}."
        if how == "shared":  # the public key taken for a shared secret: the old trick
            said = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
            mac = hmac.new(self.key.as_pem(private=False), said.encode(), hashlib.sha256).digest()
            return f"{said}.{_encoded(mac)}"
        if how == "other":
            return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048, {"kid": "one"}))
        alg = "ES256" if isinstance(self.key, ECKey) else "RS256"
        return jwt.encode({"alg": alg, "kid": self.key.kid}, claims, self.key)

    @staticmethod
    def _half_hash(access: str) -> str:
        return _encoded(hashlib.sha256(access.encode()).digest()[:16])

    def new_key(self) -> None:
        """Sign with another key from now on."""
        self.key = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})


@contextmanager
def serving(back: str, now: int) -> Iterator[Provider]:
    """Serve a provider on a free port until the block ends."""
    given = Provider(back=back, now=now)
    app = Starlette(routes=[
        Route("/.well-known/openid-configuration", given.discovery), Route("/keys", given.keys),
        Route("/authorize", given.authorize), Route("/token", given.token, methods=["POST"]),
    ])  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 10
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    given.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield given
    finally:
        server.should_exit = True
        thread.join(10)
