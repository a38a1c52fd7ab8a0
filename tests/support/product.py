"""What drives the running product from outside: the command line, a mail server, a webhook receiver, waiting.

Nothing of ours is imported here. `HUIYING_TEST_COMMAND` names another way to call `huiying` (words as in a shell).
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import pytest
from aiosmtpd.controller import Controller

ROOT = Path(__file__).parents[2]
HUIYING = shlex.split(os.environ.get("HUIYING_TEST_COMMAND", "")) or [str(Path(sys.executable).with_name("huiying"))]


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that are free, each with a free neighbour (an engine takes two), none of them twice."""
    found: list[int] = []
    for _ in range(1000):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
        if not {port, port + 1} & {taken + n for taken in found for n in (0, 1)}:
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


def wait_for(what: Callable[[], Any], seconds: float = 60, *, why: str = "", every: float = 0.2) -> Any:
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
        time.sleep(every)  # bounded polling of another process
    pytest.fail(f"not in {seconds:.0f} s: {why or what}; last seen: {last!r}")


@dataclass(frozen=True)
class Told:
    """One notice as somebody outside got it: of which alert (the start of its id), its subject, its text."""

    alert: str
    subject: str
    text: str

    @classmethod
    def of(cls, subject: str, text: str) -> Told:
        """Read the alert's number from the text."""
        number = re.search(r"预警编号 (\w+)", text)
        return cls(number[1] if number else "", subject, text)


class Letters:
    """A real mail server that keeps what it receives."""

    def __init__(self) -> None:
        self.received: list[Told] = []
        self.ids: list[str] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_ports(1)[0])

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(("plain",))
        self.ids.append(str(message["Message-ID"]))
        self.received.append(Told.of(str(message["Subject"]), body.get_content() if body else ""))
        return "250 OK"

    def about(self, alert: str) -> list[Told]:
        """Return the letters about an alert."""
        return [one for one in self.received if one.alert and alert.startswith(one.alert)]


@dataclass
class Robot:
    """A group robot that always answers HTTP 200, and to every card at first with an errcode that is not 0.

    The first card of all is over its rate, for which the channel rests a minute; the others only find it busy, or the
    cards of a whole run would wait a minute each.
    """

    refused: list[Told] = field(default_factory=list)
    taken: list[Told] = field(default_factory=list)
    url: str = ""

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """Refuse a card that was never seen, take it when it comes again."""
        content = str(body["markdown"]["content"])
        card = Told.of(content.splitlines()[0].strip("*"), content)
        if card in self.refused:
            self.taken.append(card)
            return {"errcode": 0, "errmsg": "ok"}
        self.refused.append(card)
        if len(self.refused) == 1:
            return {"errcode": 45009, "errmsg": "api freq out of limit"}
        return {"errcode": -1, "errmsg": "system busy"}

    def about(self, alert: str) -> list[Told]:
        """Return the cards about an alert that the robot took."""
        return [one for one in self.taken if one.alert and alert.startswith(one.alert)]


def serve(robot: Robot) -> ThreadingHTTPServer:
    """Start the robot on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps(robot.answer(body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    robot.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def huiying(
    env: dict[str, str], *args: str, check: bool = True, timeout: float = 240
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    done = subprocess.run(
        [*HUIYING, *args], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
        check=False,
    )  # fmt: skip
    if check and done.returncode != 0:
        pytest.fail(f"huiying {' '.join(args)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


@dataclass
class Product:
    """One running Huiying: its addresses, what it has said so far, its command line, and the engines' own doors."""

    process: subprocess.Popen[str]
    env: dict[str, str]
    home: Path
    lines: list[str]

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.env['HUIYING_CONSOLE_PORT']}"

    @property
    def intake(self) -> str:
        """Where the HTTP intake is."""
        return f"http://127.0.0.1:{self.env['HUIYING_GATEWAY_PORT']}"

    @property
    def kafka(self) -> str:
        """Where Kafka is."""
        return f"127.0.0.1:{self.env['HUIYING_KAFKA_PORT']}"

    @property
    def said(self) -> str:
        """All that it wrote to its terminal."""
        return "".join(self.lines)

    @property
    def first_sign_in(self) -> tuple[str, str]:
        """Name and password that it printed once."""
        found = re.search(r"first sign-in, shown this once: (\S+) / (\S+)", self.said)
        assert found, self.said
        return found[1], found[2]

    def huiying(self, *args: str, check: bool = True, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run the command line beside the running product."""
        return huiying(self.env, *args, check=check, timeout=timeout)

    def books(self) -> dict[str, Any]:
        """Return what `huiying books --json` says, whatever its exit code."""
        done = self.huiying("books", "--json", check=False)
        answer: dict[str, Any] = json.loads(done.stdout)
        assert "all" in answer, done.stdout + done.stderr
        return answer

    def received(self) -> int:
        """Return how many posts the books' lines count, by asking Elasticsearch itself: cheaper than the command."""
        body = {"size": 0, "aggs": {"n": {"sum": {"field": "received"}}}}
        url = f"http://127.0.0.1:{self.env['HUIYING_ELASTICSEARCH_PORT']}/huiying-pages-*"
        httpx.post(f"{url}/_refresh", timeout=10)
        answer = httpx.post(f"{url}/_search", json=body, timeout=10)
        answer.raise_for_status()
        return int(answer.json().get("aggregations", {"n": {"value": 0}})["n"]["value"])

    def settled_books(self, received: int) -> dict[str, Any]:
        """Return the books once so many posts were received and no page waits; they must balance then."""
        wait_for(lambda: self.received() >= received, 240, why=f"{received} posts received")

        def settled() -> dict[str, Any] | None:
            books = self.books()
            return books if books["waiting"] == 0 else None

        found: dict[str, Any] = wait_for(settled, 120, why="no page waits")
        assert found["balanced"], found
        assert found["all"]["received"] == received, found
        return found

    def child(self, name: str) -> psutil.Process:
        """Return the child that runs `huiying NAME`."""

        def find() -> psutil.Process | None:
            for process in psutil.Process(self.process.pid).children():
                if process.status() != psutil.STATUS_ZOMBIE and process.cmdline()[-2:] == ["deploy", name]:
                    return process
            return None

        found: psutil.Process = wait_for(find, 60, why=f"a child {name}")
        return found

    def engine(self, word: str) -> psutil.Process:
        """Return the Java process whose main class holds `word`."""

        def find() -> psutil.Process | None:
            for process in psutil.Process(self.process.pid).children(recursive=True):
                words = process.cmdline()
                if process.status() != psutil.STATUS_ZOMBIE and words and word in words[-1] + words[-2]:
                    return process
            return None

        found: psutil.Process = wait_for(find, 60, why=f"an engine {word}")
        return found

    def log(self, name: str) -> str:
        """Return a child's log."""
        path = self.home / "logs" / f"{name}.log"
        return path.read_text("utf-8") if path.exists() else ""


def clean_environment(**own: str) -> dict[str, str]:
    """Return this environment without settings of Huiying but those given here, and the shared cache of engines."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("HUIYING_")}
    if "HUIYING_TEST_CACHE" in os.environ:
        env["HUIYING_CACHE"] = os.environ["HUIYING_TEST_CACHE"]
    return env | {f"HUIYING_{key.upper()}": value for key, value in own.items()}


@contextmanager
def data_folder(name: str) -> Iterator[Path]:
    """Give a folder of its own that every user can enter, as Elasticsearch refuses root; it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"huiying-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(command: str, home: Path, **settings: str) -> Iterator[Product]:
    """Start `huiying COMMAND`, wait until its console answers, give it, and stop it as a person would: with Ctrl-C."""
    kafka, elastic, console, gateway = free_ports(4)
    env = clean_environment(
        home=str(home), kafka_port=str(kafka), elasticsearch_port=str(elastic), console_port=str(console),
        gateway_port=str(gateway), **settings,
    )  # fmt: skip
    process = subprocess.Popen(
        [*HUIYING, command], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    lines: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda pipe: lines.extend(iter(pipe.readline, "")), args=(process.stdout,))
    reader.start()
    product = Product(process, env, home / "demo" if command == "demo" else home, lines)

    def answers() -> bool:
        if process.poll() is not None:
            pytest.fail(f"huiying {command} ended:\n{product.said}")
        return httpx.get(f"{product.url}/login", timeout=5).status_code == 200

    try:
        wait_for(answers, 400, why="the console answers")
        wait_for(lambda: "first sign-in" in product.said, 30, why="a first sign-in")
        yield product
    finally:
        stop(process)
        reader.join(10)
        process.stdout.close()
        keep = ROOT / ".pytest_cache" / f"system-{command}"
        shutil.rmtree(keep, ignore_errors=True)
        if (product.home / "logs").is_dir():
            shutil.copytree(product.home / "logs", keep)
            (keep / "terminal.log").write_text(product.said, "utf-8")


def stop(process: subprocess.Popen[str]) -> int:
    """Press Ctrl-C, and kill the whole session if that does not end it; return its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(90)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
    return int(process.returncode)


class Session:
    """A person at the console without a screen: cookies, and the form token of the page that was opened last."""

    def __init__(self, product: Product, username: str, first_password: str) -> None:
        """Sign in for the first time: nothing opens before the password is changed."""
        self.http = httpx.Client(base_url=product.url, follow_redirects=True, timeout=60)
        self.username, self.password = username, f"my own {first_password}"
        page = self.sign_in(first_password)
        assert "请先改为自己的密码" in page
        assert self.get("/").url.path == "/password", "no other page opens before the password is changed"
        page = self.post("/password", old=first_password, new=self.password, again=self.password, on="/password")
        assert "密码已修改" in page
        assert "值班台" in self.sign_in(self.password)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign_in(self, password: str) -> str:
        """Fill in the sign-in form."""
        return self.post("/login", username=self.username, password=password, on="/login")

    def get(self, path: str, status: int = 200) -> httpx.Response:
        """Open a page."""
        answer = self.http.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code}\n{answer.text}"
        return answer

    def post(self, path: str, *, on: str, status: int = 200, **fields: str) -> str:
        """Send a form that stands on the page `on`, with that page's hidden fields, and return the page after it."""
        page = self.get(on).text
        hidden = {
            name: found[1]
            for name in ("csrf", "revision")
            if (found := re.search(rf'name="{name}" value="([^"]*)"', page))
        }
        answer = self.http.post(path, data={**hidden, **fields})
        assert answer.status_code == status, f"{path}: {answer.status_code}\n{answer.text}"
        return answer.text

    def alerts(self, *words: str, query: str = "") -> dict[str, str]:
        """Return the listed alerts whose row has all the words: id → the row."""
        page = self.get(f"/alerts{query}").text
        rows = re.findall(r'<tr data-key="([^"]+)">(.*?)</tr>', page, re.DOTALL)
        return {key: row for key, row in rows if all(word in row for word in words)}


def add_person(product: Product, username: str, name: str, role: str) -> tuple[str, str]:
    """Add a person by the command line, and return the name and the first password."""
    said = product.huiying("user", "add", username, "--name", name, "--role", role).stdout
    found = re.search(r"^(\S+) / (\S+)$", said, re.MULTILINE)
    assert found, said
    return found[1], found[2]


def subjects(told: Sequence[Told]) -> list[str]:
    """Return the subjects of notices, sorted, each as often as it came."""
    return sorted(one.subject for one in told)
