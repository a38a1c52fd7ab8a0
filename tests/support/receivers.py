"""Receivers for tests: a real HTTP server and a real mail server that answer as real ones do on a bad day."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from streams.clock import SystemClock, ms

HOUR_MS = 3_600_000
Answer = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


def says(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with JSON (or a plain text)."""

    def answer(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def robot(errcode: int) -> Answer:
    """Answer as a WeCom robot does: HTTP 200, whatever became of the message."""
    return says({"errcode": errcode, "errmsg": "ok" if not errcode else "refused, hint: [1234]"})


def cut(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    """Receive all, then cut the connection."""
    handler.close_connection = True
    handler.connection.close()


def strict_robot(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    """Take markdown up to 4,096 bytes, as the robot's documentation says."""
    long = len(body["markdown"]["content"].encode()) > 4096
    robot(40058 if long else 0)(handler, body)


@dataclass(frozen=True)
class Request:
    """What came, as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes


@dataclass
class Hook:
    """A local webhook receiver: it keeps what came, and gives the next answer it was told (the last one stays)."""

    answers: list[Answer] = field(default_factory=lambda: [robot(0)])
    received: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                parts = urlsplit(self.path)
                query, headers = dict(parse_qsl(parts.query)), dict(self.headers.items())
                hook.requests.append(Request(parts.path, query, headers, raw))
                form = "form" in headers.get("Content-Type", "")
                body = dict(parse_qsl(raw.decode())) if form else json.loads(raw or b"{}")
                hook.received.append(body)
                answer = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
                with suppress(OSError):
                    answer(self, body)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_args: Any) -> None:
                """Stay quiet."""

            def finish(self) -> None:
                with suppress(OSError, ValueError):
                    super().finish()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/send?key=secret-key"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def hang(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        """Receive all and say nothing until the test is over."""
        del handler, body
        self.hold.wait(30)

    def stop(self) -> None:
        """Let hanging answers go, and close."""
        self.hold.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def dingtalk(secret: str) -> Answer:
    """Answer as a signed DingTalk robot does: 310000 for a sign that is not of this secret and the last hour."""

    def answer(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        query = dict(parse_qsl(urlsplit(handler.path).query))
        given = query.get("timestamp", "")
        right = _sign(secret.encode(), f"{given}\n{secret}".encode())
        fresh = given.isdigit() and abs(int(given) - ms(SystemClock().now())) < HOUR_MS
        if query.get("access_token") != "secret-key" or not fresh or query.get("sign") != right:
            return says({"errcode": 310000, "errmsg": "sign not match"})(handler, body)
        long = len(json.dumps(body, ensure_ascii=False).encode()) > 20_000
        return says({"errcode": 460101 if long else 0, "errmsg": "ok"})(handler, body)

    return answer


def feishu(secret: str) -> Answer:
    """Answer as a signed Feishu robot does: 19021 for a sign that is not of this secret and the last hour."""

    def answer(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        given = str(body.get("timestamp", ""))
        fresh = given.isdigit() and abs(int(given) * 1000 - ms(SystemClock().now())) < HOUR_MS
        if not fresh or body.get("sign") != _sign(f"{given}\n{secret}".encode(), b""):
            return says({"code": 19021, "msg": "sign match fail or timestamp is not within one hour"})(handler, body)
        long = len(json.dumps(body, ensure_ascii=False).encode()) > 20 * 1024
        return says({"code": 9499 if long else 0, "msg": "success", "data": {}})(handler, body)

    return answer


def _sign(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


@dataclass
class WeComOffice:
    """WeCom's interface for apps: tokens that can be made worthless, members, and text that it cuts at 2,048 bytes."""

    members: tuple[str, ...] = ("wang", "li")
    tokens: int = 0
    got: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        parts = urlsplit(handler.path)
        query = dict(parse_qsl(parts.query))
        if parts.path == "/cgi-bin/gettoken":
            if query != {"corpid": "corp", "corpsecret": "app-secret"}:
                return says({"errcode": 40001, "errmsg": "invalid credential"})(handler, body)
            self.tokens += 1
            said = {"errcode": 0, "errmsg": "ok", "access_token": f"token-{self.tokens}", "expires_in": 7200}
            return says(said)(handler, body)
        if query.get("access_token") != f"token-{self.tokens}":
            return says({"errcode": 42001, "errmsg": "access_token expired"})(handler, body)
        people = body["touser"].split("|")
        known = [one for one in people if one in self.members]
        if not known:
            return says({"errcode": 81013, "errmsg": "user & party & tag all invalid"})(handler, body)
        text = body["text"]["content"].encode()[:2048].decode("utf-8", "ignore")
        self.got += [(one, text) for one in known]
        unknown = "|".join(one for one in people if one not in known)
        return says({"errcode": 0, "errmsg": "ok", "invaliduser": unknown, "msgid": "m"})(handler, body)


class MailServer:
    """A real SMTP server: it keeps the messages, and refuses whom it was told to refuse with a code."""

    def __init__(self, *, password: str = "", port: int) -> None:
        self.messages: list[EmailMessage] = []
        self.refused: dict[str, str] = {}
        self.on_data = "250 OK"
        auth: dict[str, Any] = {}
        if password:
            auth = {"authenticator": self._knows(password), "auth_required": True, "auth_require_tls": False}
        self.controller = Controller(self, hostname="127.0.0.1", port=port, **auth)
        self.port = port

    def _knows(self, password: str) -> Callable[..., AuthResult]:
        def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
            right = isinstance(data, LoginPassword) and data.password == password.encode()
            return AuthResult(success=right, handled=False)

        return check

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.on_data.startswith("250"):
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
        return self.on_data
