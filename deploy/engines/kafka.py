"""Apache Kafka: one node, broker and controller in one (KRaft), on loopback."""

from __future__ import annotations

import base64
import os
import socket
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.engines.artifacts import pinned
from deploy.engines.base import Node
from deploy.engines.fetch import fetch
from streams.errors import Misconfigured
from streams.topics import TOPICS

METADATA = 3  # the request that asks for brokers and topics
FIND_COORDINATOR = 10  # the request that asks who keeps a consumer group

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
num.partitions=1
# a misspelt topic is an error, not a new topic
auto.create.topics.enable=false
message.max.bytes={largest}
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
# one machine, few clients: no waiting for more members, few threads, little memory
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
num.replica.fetchers=1
log.cleaner.dedupe.buffer.size=4194304
# after a kill the node waits out its own registration: 5 s instead of 12
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""


def serves(port: int, *, timeout: float = 1.0) -> bool:
    """Ask the broker on loopback for its metadata; True if it names a broker. The port opens before that is so."""
    request = struct.pack(">hhihi", METADATA, 1, 1, -1, 0)  # version 1, no client id, no topics
    answer = _ask(port, request, 12, timeout)
    return len(answer) == 12 and struct.unpack(">iii", answer)[2] > 0


def keeps_groups(port: int, *, timeout: float = 1.0) -> bool:
    """Ask the broker on loopback who keeps a group; True if it knows. The very first question makes it get ready.

    Consumers would otherwise begin with an error or two on a new broker.
    """
    group = b"huiying-ready"
    request = struct.pack(">hhihh", FIND_COORDINATOR, 0, 1, -1, len(group)) + group  # version 0, no client id
    answer = _ask(port, request, 10, timeout)
    return len(answer) == 10 and struct.unpack(">iih", answer)[2] == 0


def _ask(port: int, request: bytes, size: int, timeout: float) -> bytes:
    """Return the first `size` bytes of an answer, or fewer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as wire:
            wire.settimeout(timeout)
            wire.sendall(struct.pack(">i", len(request)) + request)
            return wire.recv(size, socket.MSG_WAITALL)
    except OSError:
        return b""


class Kafka(Node):
    """The local broker. `port` is the clients', the next one is the controller's."""

    name = "kafka"
    words = "Kafka"

    def prepare(self) -> Sequence[str]:
        """Fetch the pinned jars, write the configuration, format the folder once. Raises Misconfigured."""
        if any(character in str(self.run) for character in ",\\\n"):
            raise Misconfigured(f"Kafka can't keep data in {self.run} (a comma or backslash); set HUIYING_HOME")
        jars = fetch(pinned("kafka"), self.cache, title="Kafka")
        config = self.run / "server.properties"
        largest = max(topic.max_message_bytes for topic in TOPICS)
        text = PROPERTIES.format(port=self.port, controller=self.port + 1, data=self.run / "data", largest=largest)
        config.write_text(text, "utf-8")
        options = ["-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        java = [str(self.java.binary), "-cp", os.pathsep.join(map(str, jars)), *options]
        if not (self.run / "data" / "meta.properties").exists():
            self._format([*java, "-Xmx128m", "-XX:TieredStopAtLevel=1"], config)
        # Java keeps its loaded classes for the next start, which then takes half the work (2.3 for 4.3 s of processor)
        if (self.java.home / "lib" / "server" / "classes.jsa").exists():  # a trimmed Java can't
            options += ["-XX:+AutoCreateSharedArchive", f"-XX:SharedArchiveFile={self.run / 'tmp' / 'classes.jsa'}"]
        # the class path is no argument here: 45 jars would drown every list of processes
        return [str(self.java.binary), f"-Xms{self.heap}", f"-Xmx{self.heap}", *options, "kafka.Kafka", str(config)]

    def environment(self) -> dict[str, str]:
        """Return the child's environment: its class path, and nothing of ours."""
        jars = (self.cache / artifact.filename for artifact in pinned("kafka"))
        return {"CLASSPATH": os.pathsep.join(map(str, jars)), "LANG": "C.UTF-8", "HOME": str(self.run)}

    def _format(self, java: Sequence[str], config: Path) -> None:
        cluster = base64.b64encode(os.urandom(16), b"AB").decode().rstrip("=")
        self.hand_over()
        try:
            done = subprocess.run(  # noqa: S603 - a fixed command of ours
                [*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(config)],
                cwd=self.run,
                env=self.environment(),
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
                **self.other_user(),
            )
        except OSError as error:
            raise Misconfigured(f"{self.java.binary} can't be run ({error.strerror}); set HUIYING_JAVA") from error
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip().splitlines()
            raise Misconfigured(f"Kafka can't set up {self.run / 'data'}: {said[0] if said else 'it said nothing'}")

    def answers(self) -> bool:
        """Ask the broker once for its metadata and for who keeps consumer groups."""
        return serves(self.port) and keeps_groups(self.port)
