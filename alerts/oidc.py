"""Signing in by a city's own identity provider: OpenID Connect, authorization code with PKCE, for people already here.

A `Trip` is what one browser carries there and back: one random value in its cookie, from which state, nonce and PKCE's
verifier are derived, so nothing is kept here. The provider says who it was in one claim; whom that is here, `Accounts`
says. Nobody is made a user by signing in, and no role comes from outside.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from streams.clock import ms
from streams.errors import Misconfigured, Rejected, Unavailable

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures that are believed: none by a shared secret, and not `none`."""
SECONDS = 10.0
LEEWAY = 60
"""Seconds by which the provider's clock may differ."""
KEPT_MS = 3_600_000
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
FAILED = "身份认证系统的答复无法核实，没有登录。请重试；若反复出现，请联系系统管理员。"


@dataclass(frozen=True)
class OidcConfig:
    """How to reach the provider, and who we are there.

    issuer: its address, exactly as it calls itself; claim: which claim names the person; back: where it sends browsers
    back to; ca: file with its CA's certificate, "" for the machine's own.
    """

    issuer: str
    client_id: str
    client_secret: str
    claim: str
    back: str
    ca: str = ""


@dataclass(frozen=True)
class Trip:
    """One browser's way to the provider and back, from the random value in its cookie."""

    value: str

    def _derived(self, what: str) -> str:
        digest = hmac.new(self.value.encode(), what.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def state(self) -> str:
        """What must come back with the code: the browser that left is the one that returns."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What must stand in the signed token: it was made for this trip."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What the code is redeemed with (RFC 7636): who steals the code can't use it."""
        return self._derived("verifier")


def checked(config: OidcConfig) -> OidcConfig:
    """Return the configuration if it can work; Misconfigured if an address isn't https or something lacks."""
    for name, url in (("OIDC_ISSUER", config.issuer), ("CONSOLE_URL", config.back)):
        parts = urlsplit(url)
        if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOCAL):
            raise Misconfigured(f"HUIYING_{name} must be an https:// address, not {url or 'empty'}")
    if not config.client_id or not config.claim:
        raise Misconfigured("HUIYING_OIDC_CLIENT_ID and HUIYING_OIDC_CLAIM must be set beside HUIYING_OIDC_ISSUER")
    return config


class Provider:
    """The identity provider. Every verb raises Unavailable if it can't be reached or talks nonsense."""

    def __init__(self, config: OidcConfig) -> None:
        """Keep how to reach it; nothing is asked yet. Raises Misconfigured."""
        self.config = checked(config)
        try:
            self._tls = ssl.create_default_context(cafile=config.ca or None)
        except OSError as error:
            raise Misconfigured(f"HUIYING_OIDC_CA={config.ca}: {error}") from error
        self._found: tuple[int, Mapping[str, Any]] | None = None
        self._keys: tuple[int, KeySet] | None = None

    async def _ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        try:
            async with asyncio.timeout(SECONDS), httpx.AsyncClient(verify=self._tls, timeout=SECONDS) as client:
                return await client.request(method, url, **more)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Unavailable(f"no answer from the identity provider: {type(error).__name__}") from error

    async def _json(self, url: str) -> dict[str, Any]:
        answer = await self._ask("GET", url, headers={"accept": "application/json"})
        try:
            found = answer.json() if answer.is_success else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unavailable(f"{url} answered {answer.status_code}, not a JSON object")
        return found

    async def metadata(self, now: datetime) -> Mapping[str, Any]:
        """Return what the provider says of itself, asked once an hour; Misconfigured if it is another one."""
        if self._found is None or not 0 <= ms(now) - self._found[0] < KEPT_MS:
            said = await self._json(self.config.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if said.get("issuer") != self.config.issuer:
                raise Misconfigured(f"the identity provider calls itself {said.get('issuer')}, not HUIYING_OIDC_ISSUER")
            for name in NEEDED:
                parts = urlsplit(str(said.get(name, "")))
                if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOCAL):
                    raise Misconfigured(f"the identity provider's {name} is no https:// address")
            self._found = (ms(now), said)
        return self._found[1]

    async def look(self, now: datetime) -> int:
        """Ask for everything that a sign-in needs; return how many keys there are. Raises Misconfigured too."""
        await self.metadata(now)
        return len((await self._key_set(now, fresh=True)).keys)

    async def way_there(self, trip: Trip, now: datetime) -> str:
        """Return the address to which a browser is sent."""
        said = await self.metadata(now)
        return str(prepare_grant_uri(
            str(said["authorization_endpoint"]), client_id=self.config.client_id, response_type="code",
            redirect_uri=self.config.back, scope="openid profile", state=trip.state, nonce=trip.nonce,
            code_challenge=create_s256_code_challenge(trip.verifier), code_challenge_method="S256",
        ))  # fmt: skip

    async def who(self, trip: Trip, answer: Mapping[str, str], now: datetime) -> str:
        """Return the claim that names who came back; Rejected, in Chinese, if anything about the answer is not right.

        answer: the query with which the provider sent the browser back.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), trip.state.encode()):
            raise Rejected("field_type", "这次登录不是从本页开始的，或已过期，请重新登录。")
        if answer.get("iss", self.config.issuer) != self.config.issuer:  # RFC 9207
            raise Rejected("field_type", FAILED)
        if not answer.get("code"):
            raise Rejected("field_missing", "身份认证系统没有完成登录，请重试。")
        tokens = await self._redeemed(trip, answer["code"], now)
        claims = await self._verified(trip, tokens, now)
        name = claims.get(self.config.claim)
        if self.config.claim == "email" and claims.get("email_verified") is not True:
            name = None  # whoever may type an address of his own could be anybody
        if not isinstance(name, str) or not 0 < len(name) <= 200:
            raise Rejected("field_missing", "身份认证系统没有给出可用的用户标识，请联系系统管理员。")
        return name

    async def _redeemed(self, trip: Trip, code: str, now: datetime) -> dict[str, Any]:
        said, config = await self.metadata(now), self.config
        ways = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        body = urlencode({
            "grant_type": "authorization_code", "code": code, "redirect_uri": config.back,
            "code_verifier": trip.verifier,
        })  # fmt: skip
        url = str(said["token_endpoint"])
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        auth = ClientAuth(config.client_id, config.client_secret, way if config.client_secret else "none")
        url, headers, body = auth.prepare("POST", url, headers, body)
        answer = await self._ask("POST", url, headers=headers, content=body)
        try:
            found = answer.json() if answer.is_success else None
        except ValueError:
            found = None
        if answer.status_code >= 500:
            raise Unavailable(f"the identity provider answered {answer.status_code}")
        if not isinstance(found, dict) or not isinstance(found.get("id_token"), str):
            raise Rejected("field_type", FAILED)
        return found

    async def _verified(self, trip: Trip, tokens: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
        try:
            try:
                token = jwt.decode(tokens["id_token"], await self._key_set(now), algorithms=ALGORITHMS)
            except (InvalidKeyIdError, ValueError):  # the provider may have changed its keys
                token = jwt.decode(tokens["id_token"], await self._key_set(now, fresh=True), algorithms=ALGORITHMS)
            options = {
                "iss": {"essential": True, "value": self.config.issuer},
                "aud": {"essential": True, "value": self.config.client_id},
            }
            known = {"nonce": trip.nonce, "client_id": self.config.client_id}
            params = {**known, "access_token": tokens.get("access_token")}
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(now=ms(now) // 1000, leeway=LEEWAY)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
            raise Rejected("field_type", FAILED) from error
        return dict(token.claims)

    async def _key_set(self, now: datetime, *, fresh: bool = False) -> KeySet:
        old = self._keys is None or not 0 <= ms(now) - self._keys[0] < KEPT_MS
        if self._keys is None or old or (fresh and ms(now) - self._keys[0] > 10_000):
            said = await self.metadata(now)
            found = await self._json(str(said["jwks_uri"]))
            try:
                self._keys = (ms(now), KeySet.import_key_set(found))  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise Unavailable("the identity provider's keys can't be read") from error
        return self._keys[1]
