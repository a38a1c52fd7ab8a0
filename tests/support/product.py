"""What drives the running product from outside: ports, waiting, a mail server, a webhook receiver, the command line."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller

ROOT = Path(__file__).parents[2]
HUIYING = Path(sys.executable).with_name("huiying")


def free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago, each with a free neighbour."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(what: Callable[[], Any], seconds: float = 60, *, why: str = "") -> Any:
    """Ask until the answer is true, and return it; fail with `why` when the time is over."""
    end = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < end:
        try:
            last = what()
        except (OSError, httpx.HTTPError) as error:
            last = error
        else:
            if last:
                return last
        time.sleep(0.2)  # bounded polling of another process
    pytest.fail(f"not in {seconds:.0f} s: {why or what}; last seen: {last!r}")


class Letters:
    """A real mail server that keeps what it receives."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_ports(1)[0])

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.received.append(envelope.content.decode("utf-8"))
        return "250 OK"


@dataclass
class Hook:
    """A webhook receiver that answers every second call with HTTP 200 and an errcode that is not 0."""

    received: list[dict[str, Any]] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    url: str = ""


def serve(hook: Hook) -> ThreadingHTTPServer:
    """Start the receiver on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            code = 45009 if len(hook.answered) % 2 == 0 else 0
            hook.received.append(body)
            hook.answered.append(code)
            answer = json.dumps({"errcode": code, "errmsg": "ok" if code == 0 else "api freq out of limit"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@dataclass
class Product:
    """One running Huiying: its address, its first sign-in, and its command line."""

    process: subprocess.Popen[str]
    env: dict[str, str]
    url: str
    kafka: str
    letters: Letters
    hook: Hook
    lines: list[str]
    username: str = ""
    password: str = ""

    def huiying(self, *args: str, check: bool = True, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run the command line beside the running product."""
        done = subprocess.run(
            [str(HUIYING), *args], env=self.env, capture_output=True, text=True, timeout=timeout, check=False
        )
        if check and done.returncode != 0:
            pytest.fail(f"huiying {' '.join(args)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def books(self) -> dict[str, Any]:
        """Return what `huiying books --json` says, whatever its exit code."""
        answer: dict[str, Any] = json.loads(self.huiying("books", "--json", check=False).stdout)
        return answer

    def settled_books(self, received: int) -> dict[str, Any]:
        """Return the books once so many posts were received and none is waiting."""

        def settled() -> dict[str, Any] | None:
            books = self.books()
            return books if books["all"]["received"] >= received and books["waiting"] == 0 else None

        found: dict[str, Any] = wait_for(settled, 90, why=f"{received} posts received, none waiting")
        return found

    def child(self, name: str) -> int:
        """Return the process id of the child that runs `huiying NAME`."""
        import psutil

        def find() -> int | None:
            for process in psutil.Process(self.process.pid).children(recursive=True):
                words = process.cmdline()
                if "deploy" in words and words[-1] == name:
                    return process.pid
            return None

        pid: int = wait_for(find, 30, why=f"a child {name}")
        return pid
