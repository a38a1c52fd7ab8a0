"""A real HTTP proxy to Elasticsearch that behaves as a cluster does on a bad day."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Mood = Callable[[str, str], str]
"""(method, path) → "pass", "busy" (429), "broken" (503), "mute" (done, but the answer is lost) or "cut" (not done)."""


class Proxy:
    """Passes requests on; `mood` says what becomes of each, and `seen` counts what became of them."""

    def __init__(self, target: str) -> None:
        """Listen on a free port of this machine."""
        self.target = urlsplit(target)
        self.mood: Mood = lambda _method, _path: "pass"
        self.seen: dict[str, int] = {}
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kind = proxy.mood(self.command, self.path)
                proxy.seen[kind] = proxy.seen.get(kind, 0) + 1
                if kind in {"busy", "broken"}:
                    self.say(429 if kind == "busy" else 503, b'{"error":{"type":"es_rejected_execution_exception"}}')
                    return
                if kind == "cut":
                    self.close()
                    return
                status, found = proxy.forward(self.command, self.path, dict(self.headers), body)
                if kind == "mute":
                    self.close()
                    return
                self.say(status, found)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - http.server's names

            def say(self, status: int, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9")
                self.send_header("X-Elastic-Product", "Elasticsearch")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def close(self) -> None:
                self.close_connection = True
                self.connection.close()

            def log_message(self, *_args: object) -> None:
                """Stay quiet."""

            def finish(self) -> None:
                with suppress(OSError, ValueError):
                    super().finish()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Ask the real one."""
        wire = http.client.HTTPConnection(self.target.hostname or "", self.target.port or 9200, timeout=30)
        try:
            kept = {k: v for k, v in headers.items() if k.lower() not in {"host", "connection", "content-length"}}
            wire.request(method, path, body, kept)
            answer = wire.getresponse()
            return answer.status, answer.read()
        finally:
            wire.close()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
