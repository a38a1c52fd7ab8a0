"""The pinned table of what is fetched: `artifacts.txt`, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("artifacts.txt")
KAFKA_VERSION = "4.4.0"
ELASTICSEARCH_VERSION = "9.5.3"


@dataclass(frozen=True)
class Artifact:
    """One file of a Maven repository, with the checksum and size (bytes) it must have."""

    group: str
    name: str
    version: str
    packaging: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        """Return the file's name, as `kafka_2.13-4.4.0.jar`."""
        return f"{self.name}-{self.version}.{self.packaging}"

    @property
    def coordinates(self) -> str:
        """Return the Maven coordinates, as `org.apache.kafka:kafka_2.13:4.4.0`."""
        return f"{self.group}:{self.name}:{self.version}"


def parse(text: str) -> dict[str, tuple[Artifact, ...]]:
    """Return the artifacts of each engine; raises ValueError for a line without coordinates, checksum and size."""
    sections: dict[str, list[Artifact]] = {}
    engine = ""
    for line in text.splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if line.startswith("["):
            engine = line.strip("[]")
            sections[engine] = []
            continue
        coordinates, sha256, size = words
        group, name, version, packaging = coordinates.split(":")
        if len(bytes.fromhex(sha256)) != 32:
            raise ValueError(f"{coordinates}: not a sha256")
        sections[engine].append(Artifact(group, name, version, packaging, sha256, int(size)))
    return {engine: tuple(rows) for engine, rows in sections.items()}


def pinned(engine: str) -> tuple[Artifact, ...]:
    """Return what `kafka` or `elasticsearch` is made of."""
    return parse(TABLE.read_text("utf-8"))[engine]
