"""Configuring the engines, without running them."""

from __future__ import annotations

import os
import socket
import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from deploy.engines.artifacts import ELASTICSEARCH_VERSION, pinned
from deploy.engines.base import Node
from deploy.engines.elasticsearch import Elasticsearch, relax_modules, unpack
from deploy.engines.fetch import whole
from deploy.engines.java import TOOL_MODULES, Java, bundled
from deploy.engines.kafka import Kafka, keeps_groups, serves
from deploy.settings import HomeSettings
from streams.errors import Misconfigured, Unavailable

NO_JAVA = Java(Path("/nowhere"), 25, full=True)
NAME = f"elasticsearch-{ELASTICSEARCH_VERSION}"


def archive(folder: Path) -> Path:
    """Make what looks like the distribution."""
    path = folder / "es.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(f"{NAME}/bin/elasticsearch", "#!/bin/sh\n")
        out.writestr(f"{NAME}/lib/elasticsearch-entitlement-{ELASTICSEARCH_VERSION}.jar", b"no jar")
    return path


@pytest.mark.parametrize("heap", ["", "512", "512mb", "-1m", "a lot", "1m -XX:OnError=x"])
@pytest.mark.parametrize("kind", [Kafka, Elasticsearch])
def test_a_heap_that_java_would_not_understand_is_refused(kind: type[Node], heap: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="_HEAP must be such as 512m or 2g"):
        kind(tmp_path, 1, java=NO_JAVA, cache=tmp_path, heap=heap)


def test_kafka_refuses_a_folder_whose_name_its_settings_cannot_hold(tmp_path: Path) -> None:
    node = Kafka(tmp_path / "a,b", 1, java=NO_JAVA, cache=tmp_path, heap="256m")
    with pytest.raises(Misconfigured, match="a comma or backslash"):
        node.prepare()


def test_the_distribution_is_unpacked_once_and_whole(tmp_path: Path) -> None:
    target = unpack(archive(tmp_path), tmp_path / "cache", relaxed=False)
    assert (target / "bin" / "elasticsearch").stat().st_mode & 0o004
    (target / "marker").touch()
    assert unpack(archive(tmp_path), tmp_path / "cache", relaxed=False) == target
    assert (target / "marker").exists()


def test_a_distribution_that_cannot_be_finished_is_not_there(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(Misconfigured, match="can't be unpacked"):  # the library in it is no jar to relax
        unpack(archive(tmp_path), cache, relaxed=True)
    assert [path.name for path in cache.iterdir()] == ["lock"]


def test_every_setting_of_elasticsearch_is_one_yaml_value_even_with_odd_folders(tmp_path: Path) -> None:
    import yaml

    node = Elasticsearch(tmp_path / "a: [b] # c", 9999, java=NO_JAVA, cache=tmp_path, heap="512m")
    settings = yaml.safe_load(node.settings_file())
    assert settings["path.data"] == str(tmp_path / "a: [b] # c" / "data")
    assert settings["network.host"] == "127.0.0.1"
    assert settings["http.port"] == 9999


def test_nothing_of_our_environment_reaches_the_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYING_MAIL_PASSWORD", "secret")
    for kind in (Kafka, Elasticsearch):
        environ = kind(tmp_path, 1, java=NO_JAVA, cache=tmp_path, heap="1g").environment()
        assert not set(environ) & {"HUIYING_MAIL_PASSWORD", "JAVA_TOOL_OPTIONS", "JAVA_HOME"}


def test_the_relaxed_modules_are_all_that_our_java_lacks() -> None:
    ours = bundled()
    assert ours is not None
    modules = (ours / "release").read_text()
    assert all(name not in modules.split('MODULES="')[1] for name in TOOL_MODULES)


def test_relaxing_twice_is_relaxing_once() -> None:
    jar = _entitlement_jar()
    if jar is None:
        pytest.skip("Elasticsearch was not fetched yet; tests/contract/test_engines.py does")
    with zipfile.ZipFile(jar) as content:
        before = content.read("module-info.class")
    after = relax_modules(before)
    assert after != before
    assert len(after) == len(before)
    assert relax_modules(after) == after
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [(0, 0x40), (0, 0x40)]


def _entitlement_jar() -> Path | None:
    cache = HomeSettings(cache=os.environ.get("HUIYING_TEST_CACHE", "")).cache_folder
    jar = cache / NAME / "lib" / f"elasticsearch-entitlement-{ELASTICSEARCH_VERSION}.jar"
    return jar if jar.exists() else None


def test_a_port_where_nobody_listens_serves_nothing(new_port: Callable[[], int]) -> None:
    port = new_port()
    assert not serves(port, timeout=0.2)
    assert not keeps_groups(port, timeout=0.2)


def test_a_port_that_says_nothing_or_closes_serves_nothing() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert not serves(server.getsockname()[1], timeout=0.1)

        def hang_up() -> None:
            for _ in range(2):
                server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert not serves(server.getsockname()[1], timeout=0.5)
        thread.join()


class Failing(Node):
    """An engine that ends at once with a word."""

    name, words = "failing", "The engine"

    def prepare(self) -> Sequence[str]:
        return ["sh", "-c", "echo it broke; exit 3"]

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin"}

    def answers(self) -> bool:
        return False


@pytest.fixture
def open_folder(engine_home: HomeSettings) -> Path:
    """A folder that an engine's user can enter, also for root."""
    return engine_home.folder


def test_an_engine_that_ends_while_starting_gives_its_words_and_the_log(open_folder: Path) -> None:
    node = Failing(open_folder / "failing", 1, java=NO_JAVA, cache=open_folder, heap="1g")
    node.start()
    with pytest.raises(Unavailable, match=r"The engine ended while starting: it broke \(all of it: .*console\.log\)"):
        node.wait()
    node.stop()
    node.start()
    node.stop()
    assert node.log.with_suffix(".1.log").read_text() == "it broke\n"


def test_a_folder_that_the_engines_user_cannot_enter_is_said(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root changes to another user")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    node = Failing(closed / "failing", 1, java=NO_JAVA, cache=tmp_path, heap="1g")
    with pytest.raises(Misconfigured, match="can't be entered by other users"):
        node.start()


def test_a_pinned_size_alone_is_not_enough(tmp_path: Path) -> None:
    small = min(pinned("kafka"), key=lambda one: one.size)
    (tmp_path / small.filename).write_bytes(bytes(small.size))
    assert not whole(small, tmp_path / small.filename)
