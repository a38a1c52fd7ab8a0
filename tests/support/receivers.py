"""Receivers for tests: a real HTTP server and a real mail server that answer as real ones do on a bad day."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

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


@dataclass
class Hook:
    """A local webhook receiver: it keeps what came, and gives the next answer it was told (the last one stays)."""

    answers: list[Answer] = field(default_factory=lambda: [robot(0)])
    received: list[dict[str, Any]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.received.append(body)
                answer = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
                with suppress(OSError):
                    answer(self, body)

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
