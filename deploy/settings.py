"""Settings of what runs on this machine: where data lies, which Java, how much memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.settings import setting


def is_root() -> bool:
    """Say whether this process may act as any user."""
    return os.name == "posix" and os.geteuid() == 0


def platform_folder(kind: str, environ: Mapping[str, str], *, root: bool, platform: str = sys.platform) -> Path:
    """Return this platform's folder for our `data` or `cache`.

    Root gets a system folder, since Elasticsearch then runs as another user, who can't enter root's own home.
    """
    if root:
        return Path("/var/lib/huiying" if kind == "data" else "/var/cache/huiying")
    home = Path(environ.get("HOME") or Path.home())
    if platform == "darwin":
        return home / "Library" / ("Application Support" if kind == "data" else "Caches") / "huiying"
    variable, fallback = ("XDG_DATA_HOME", ".local/share") if kind == "data" else ("XDG_CACHE_HOME", ".cache")
    return Path(environ.get(variable) or home / fallback) / "huiying"


@dataclass(frozen=True)
class HomeSettings:
    """Where Huiying keeps its things on this machine."""

    home: str = setting("", "folder of all data; empty: /var/lib/huiying for root, else the user's data folder")
    cache: str = setting("", "folder of what is fetched once; empty: /var/cache/huiying for root, else the user's")

    @property
    def folder(self) -> Path:
        """The folder of all data, absolute."""
        return self._absolute(self.home, "data")

    @property
    def cache_folder(self) -> Path:
        """The folder of fetched engines, absolute; any number of data folders share it."""
        return self._absolute(self.cache, "cache")

    @staticmethod
    def _absolute(given: str, kind: str) -> Path:
        path = Path(given).expanduser() if given else platform_folder(kind, os.environ, root=is_root())
        return path.absolute()


@dataclass(frozen=True)
class PlacesSettings:
    """Which city is served."""

    places: str = setting("", "file with the city's places, made by `huiying places build`; empty: 平凉's")


@dataclass(frozen=True)
class EngineSettings:
    """The local Kafka and Elasticsearch, and the processes beside them."""

    java: str = setting("", "folder of a Java 21 or newer; empty: one of this machine, else the one that came with us")
    kafka_heap: str = setting("256m", "memory of the local Kafka's heap, as Java writes it")
    elasticsearch_heap: str = setting("512m", "memory of the local Elasticsearch's heap, as Java writes it")
    stop_grace: float = setting(15.0, "seconds that a part may take to stop before it is killed")
