"""The door of the console: headers, cookies, form tokens, and the guard that stands before every route."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.accounts import Accounts, User, csrf_token
from streams.clock import ms

if TYPE_CHECKING:
    from alerts.console.parts import ConsoleParts

COOKIE = "huiying_session"
FORM_COOKIE = "huiying_form"
"""Holds a random value for people who are not signed in yet, so that the sign-in form has a token too."""
CSRF_FIELD = "csrf"
FORM_BYTES = 256 * 1024
FORM_FIELDS = 400

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
HEADERS: dict[str, str] = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cache-control": "no-store",
}


class SafeHeaders:
    """Puts the safe headers on every answer that has not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        """Keep the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                there = {name.lower() for name, _ in headers}
                headers += [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in there]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, sending)


class Form(dict[str, str]):
    """A form's fields as single values; `all` has every value of a field."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        """Keep the pairs, with line ends as one character."""
        self.pairs = [(key, value.replace("\r\n", "\n").replace("\0", "").strip()) for key, value in pairs]
        super().__init__(self.pairs)

    def all(self, name: str) -> list[str]:
        """Return every value given for a field, empty ones left out."""
        return [value for key, value in self.pairs if key == name and value]


class BadForm(Exception):
    """A form that is too large, unreadable or without its token; the text is Chinese."""


async def read_form(request: Request) -> Form:
    """Read an url-encoded form, up to a limit; BadForm past it."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise BadForm("提交的内容太大，请缩短后再试。")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FORM_FIELDS)
    except (ValueError, UnicodeDecodeError) as error:
        raise BadForm("提交的内容无法读取，请返回重试。") from error
    return Form(pairs)


def same_origin(request: Request) -> bool:
    """Say whether a POST comes from a page of ours, by the browser's own word; older browsers say nothing."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin", "")
    return not origin or (origin != "null" and urlsplit(origin).netloc == request.headers.get("host", ""))


def local_path(text: str) -> str:
    """Return a path of ours to go on to after signing in, or the desk if the text is anything else."""
    if not text.startswith("/") or text.startswith("//") or "\\" in text or any(ord(char) < 32 for char in text):
        return "/"
    return text


def login_path(request: Request) -> str:
    """Return where to sign in, remembering the page that was asked for."""
    if request.method != "GET" or request.url.path == "/":
        return "/login"
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/login?next={quote(asked, safe='')}"


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie that scripts can't read and other sites can't send; only over https where we are on https."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )


@dataclass(frozen=True)
class Asked:
    """A request that passed the guard: who asks, when (ms UTC, the city's time), the form of a POST, names of staff."""

    request: Request
    parts: ConsoleParts
    user: User | None
    now: int
    form: Form
    names: Mapping[str, str]

    @property
    def who(self) -> User:
        """Who asks; only pages for signed-in people may ask for it."""
        assert self.user is not None
        return self.user

    @property
    def fragment(self) -> bool:
        """Whether only the live parts of the page are wanted, by the page itself."""
        return self.request.headers.get("x-fragment") == "1"

    @property
    def csrf(self) -> str:
        """The token that forms of this answer must carry."""
        return csrf_token(self.request.cookies.get(COOKIE if self.user else FORM_COOKIE, ""))

    def arg(self, name: str, most: int = 200) -> str:
        """Return one value of the query, cut to a length."""
        return self.request.query_params.get(name, "").strip()[:most]

    def path(self, name: str) -> str:
        """Return one part of the path."""
        return str(self.request.path_params[name])

    async def note(self, kind: str, subject: str, data: dict[str, Any] | None = None) -> None:
        """Write to the history what this person did or saw; what can't be written is not shown."""
        by = self.user.username if self.user else ""
        await self.parts.audit.append(kind, subject, by, self.parts.clock.now(), data or {})

    async def saw(self, kind: str, subject: str, ids: Sequence[str]) -> None:
        """Write to the history that this person sees these texts, once for a page that refreshes itself."""
        looks: Looks = self.request.app.state.looks
        key, wall = (self.who.username, kind, subject, *ids), ms(self.parts.wall.now())
        if not looks.again(key, wall):
            await self.note(kind, subject, {"ids": list(ids)})
            looks.keep(key, wall)


def token_holds(request: Request, form: Form, user: User | None) -> bool:
    """Say whether a POST carries the token that belongs to its cookie."""
    cookie = request.cookies.get(COOKIE if user else FORM_COOKIE, "")
    given = form.get(CSRF_FIELD, "")
    return bool(cookie) and hmac.compare_digest(given.encode(), csrf_token(cookie).encode())


LOOKS = 4096


class Looks:
    """Remembers who has just looked at what, so that a page that refreshes itself is one look, not hundreds."""

    def __init__(self, window_ms: int = 600_000) -> None:
        """Keep the span (ms of the machine's clock) within which a look again is the same look."""
        self._window = window_ms
        self._last: dict[tuple[str, ...], int] = {}

    def again(self, key: tuple[str, ...], at: int) -> bool:
        """Say whether the same look was noted within the window."""
        last = self._last.get(key)
        return last is not None and at - last < self._window

    def keep(self, key: tuple[str, ...], at: int) -> None:
        """Remember a look that was noted."""
        if len(self._last) >= LOOKS:
            self._last.clear()
        self._last[key] = at


class Names:
    """Names of staff by username, asked for again after a while."""

    def __init__(self, accounts: Accounts, window_ms: int = 60_000) -> None:
        """Keep the accounts and how long names are good (ms of the machine's clock)."""
        self._accounts, self._window = accounts, window_ms
        self._names: dict[str, str] = {}
        self._asked = 0

    async def at(self, now: int, username: str) -> Mapping[str, str]:
        """Return the names, surely that of `username`, who may be new; raises Unavailable."""
        if username not in self._names or now - self._asked > self._window:
            self._names = {user.username: user.name for user in await self._accounts.users()}
            self._asked = now
        return self._names


async def form_of(request: Request, user: User | None) -> Form:
    """Return the form of a POST, empty for a GET; BadForm if it is not from a page of ours."""
    if request.method != "POST":
        return Form([])
    if not same_origin(request):
        raise BadForm("这次提交不是从本系统页面发出的，已拒绝。")
    form = await read_form(request)
    if not token_holds(request, form, user):
        raise BadForm("页面已过期，请返回刷新页面后重新提交。")
    return form
