"""Weibo and WeChat as local HTTP servers that answer in the documented shapes, on good days and bad ones.

Every field about a person holds CANARY. `faults` are answers given first, one a call; `asked` is what came.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CANARY = "canary7391"
TOKEN = "token-5512"
SECRET = "secret-8823"
UID = "2000000001"
BIG = 2**53
Fault = Callable[[BaseHTTPRequestHandler], None]


def says(body: Any, status: int = 200, **headers: str) -> Fault:
    """Answer with JSON, or with bytes as they are."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Begin to answer, and cut the connection."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"comments":[')
    handler.close_connection = True


def huge(handler: BaseHTTPRequestHandler) -> None:
    """Answer without end."""
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b"[" * 65536)


def weibo_error(code: int, status: int = 400) -> Fault:
    """Answer a code of Weibo's, with words that hold what must not be kept."""
    return says({"error": f"of {CANARY}", "error_code": code, "request": f"/2/x?access_token={TOKEN}"}, status)


def wechat_error(code: int) -> Fault:
    """Answer an errcode of WeChat's: with HTTP 200, as it does."""
    return says({"errcode": code, "errmsg": f"of {CANARY} rid: 1"})


def weibo_user() -> dict[str, Any]:
    """Everything that Weibo says of who wrote."""
    words = "screen_name name location description url profile_image_url domain remark avatar_large verified_reason"
    return {"id": 1, "idstr": CANARY, "province": "62", "gender": "n", **dict.fromkeys(words.split(), CANARY)}


def weibo_item(number: int, words: str = "", **more: Any) -> dict[str, Any]:
    """A comment or post as Weibo gives it, with U+200B at its end and HTML in its source."""
    return {
        "created_at": "Wed Jun 01 00:50:25 +0800 2011",
        "id": number, "idstr": str(number), "mid": str(number),
        "text": words or f"第{number}条：请问路灯什么时候修？\u200b",
        "source": f'<a href="http://weibo.com/{CANARY}" rel="nofollow">{CANARY}</a>',
        "user": weibo_user(),
        "geo": {"type": "Point", "coordinates": [35.5, CANARY]},
        "annotations": [{"place": CANARY, "client_mblogid": CANARY}],
        "thumbnail_pic": CANARY, "pic_urls": [{"thumbnail_pic": CANARY}], "in_reply_to_screen_name": CANARY,
        "reply_comment": {"id": 5, "text": CANARY, "user": weibo_user()},
        "retweeted_status": {"id": 6, "text": CANARY, "user": weibo_user()},
        "status": {"id": BIG + 7, "idstr": str(BIG + 7), "text": CANARY, "user": weibo_user()},
        "something_new": CANARY,
        **more,
    }  # fmt: skip


def wechat_item(number: int, text: str = "") -> dict[str, Any]:
    """A comment as WeChat gives it."""
    return {
        "user_comment_id": number, "openid": CANARY, "create_time": 1_700_000_000 + number % 1000, "comment_type": 0,
        "content": text or f"第{number}条：医保缴费截止到哪天？", "reply": {"content": CANARY, "create_time": 1},
        "nickname": CANARY,
    }  # fmt: skip


@dataclass
class Platform:
    """One server for both platforms: their lists, the faults to give first, and what was asked."""

    items: list[dict[str, Any]] = field(default_factory=list)
    articles: dict[tuple[int, int], list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[dict[str, Any]] = field(default_factory=list)
    token: str = TOKEN
    uid: str = UID
    deaf_to_max: bool = False
    count: int = 50
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                platform.answer(self, b"")

            def do_POST(self) -> None:
                platform.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_args: Any) -> None:
                """Stay quiet."""

            def handle(self) -> None:
                with suppress(OSError):
                    super().handle()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Answer one call."""
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append((handler.command, parts.path))
        fault = self.faults.pop(0) if self.faults and "token" not in parts.path and "uid" not in parts.path else None
        if fault is not None:
            fault(handler)
        elif parts.path.endswith("token"):
            self.tokens.append(query or {"body": body.decode()})
            says({"access_token": self.token, "expires_in": 7200})(handler)
        elif query.get("access_token") != self.token:
            (weibo_error(21327) if "/2/" in parts.path else wechat_error(42001))(handler)
        elif parts.path == "/2/account/get_uid.json":
            says({"uid": int(self.uid)})(handler)
        elif parts.path.startswith("/2/"):
            self._weibo(handler, "statuses" if "/statuses/" in parts.path else "comments", query)
        else:
            self._wechat(handler, json.loads(body))

    def _weibo(self, handler: BaseHTTPRequestHandler, what: str, query: dict[str, str]) -> None:
        most = 0 if self.deaf_to_max else int(query.get("max_id", "0"))
        found = sorted(self.items, key=lambda item: -int(item["id"]))
        found = [one for one in found if int(one["id"]) > int(query["since_id"]) and (not most or one["id"] <= most)]
        page = found[: min(self.count, int(query["count"]))]
        says({what: page, "previous_cursor": 0, "next_cursor": 0, "total_number": len(self.items)})(handler)

    def _wechat(self, handler: BaseHTTPRequestHandler, body: dict[str, int]) -> None:
        if body["count"] >= 50:
            wechat_error(88010)(handler)
            return
        found = self.articles.get((body["msg_data_id"], body["index"]))
        if found is None:
            wechat_error(88001)(handler)
            return
        page = found[body["begin"] : body["begin"] + body["count"]]
        says({"errcode": 0, "errmsg": "ok", "total": 1, "comment": page})(handler)

    def hang(self, _handler: BaseHTTPRequestHandler) -> None:
        """Say nothing until the test is over."""
        self.hold.wait(30)

    def stop(self) -> None:
        """Let hanging answers go, and close."""
        self.hold.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
