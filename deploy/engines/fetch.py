"""Fetching, once: every file by its pinned checksum, into a cache that is never left half-written.

A download goes to a folder of its own (`.part-…`), is verified there, and only then moved to its place in one step; so
a kill, a full disk or a broken line leaves the cache as it was. What lies in the cache is verified again on every use.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from deploy.engines.artifacts import Artifact
from streams.errors import Misconfigured

TRIES = 3
Progress = Callable[[int], None]
Download = Callable[[Artifact, Path, Progress], Path]


def sha256(path: Path) -> str:
    """Return a file's SHA-256 as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def whole(artifact: Artifact, path: Path) -> bool:
    """Say whether the file is there, with the pinned size and checksum."""
    return path.is_file() and path.stat().st_size == artifact.size and sha256(path) == artifact.sha256


def open_to_all(folder: Path) -> None:
    """Let every user read this folder: Elasticsearch, started by root, runs as another user."""
    for root, _folders, files in os.walk(folder):
        Path(root).chmod(0o755)
        for name in files:
            path = Path(root, name)
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


@contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Hold the cache: two processes never fetch or unpack the same thing at once. The second one waits."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        cache.chmod(0o755)
        lock = (cache / "lock").open("w")
    except OSError as error:
        raise Misconfigured(f"the cache {cache} can't be written ({error.strerror}); set HUIYING_CACHE") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def by_jgo(artifact: Artifact, folder: Path, progress: Progress) -> Path:
    """Download one artifact into `folder` with jgo, and return its path; `progress` is told the bytes as they come.

    Raises OSError (requests' errors are) or RuntimeError when the repository can't be reached or lacks the file.
    """
    from jgo.maven import MavenContext, PythonResolver  # slow to import, and needed once in a machine's life

    @contextmanager
    def meter(_name: str, _total: int) -> Iterator[Progress]:
        yield progress

    context = MavenContext(PythonResolver(progress_callback=meter), repo_cache=folder, timeout=60)
    component = context.project(artifact.group, artifact.name).at_version(artifact.version)
    return Path(component.artifact(packaging=artifact.packaging).resolve())


def _fetch_one(artifact: Artifact, cache: Path, download: Download, progress: Progress) -> None:
    problem = ""
    for _ in range(TRIES):
        done = 0

        def count(size: int) -> None:
            nonlocal done
            done += size
            progress(size)

        folder = Path(tempfile.mkdtemp(prefix=".part-", dir=cache))
        try:
            path = download(artifact, folder, count)
            if whole(artifact, path):
                path.chmod(0o644)
                path.replace(cache / artifact.filename)
                return
            problem = (
                f"what came has sha256 {sha256(path)[:16]}… and {path.stat().st_size} bytes, "
                f"pinned are {artifact.sha256[:16]}… and {artifact.size}; a proxy changes it, or the line broke"
            )
        except (OSError, RuntimeError) as error:
            said = (str(error).splitlines() or [type(error).__name__])[0]
            problem = f"it can't be fetched ({said.rpartition('Caused by ')[2][:200]})"  # requests wraps the cause
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        progress(-done)
    raise Misconfigured(
        f"{artifact.coordinates}: {problem}. Nothing was kept; check the network and start again, "
        f"or put {artifact.filename} into {cache} yourself"
    )


def fetch(artifacts: Sequence[Artifact], cache: Path, *, title: str, download: Download = by_jgo) -> list[Path]:
    """Return the verified paths of all artifacts in `cache`, downloading what is missing or damaged, with a bar.

    Raises Misconfigured if one can't be fetched or hasn't the pinned checksum, or the disk lacks room for it.
    """
    with locked(cache):
        for rubbish in cache.glob(".part-*"):
            shutil.rmtree(rubbish, ignore_errors=True)
        missing = [artifact for artifact in artifacts if not whole(artifact, cache / artifact.filename)]
        if missing:
            _fetch_all(missing, cache, title, download)
    return [cache / artifact.filename for artifact in artifacts]


def _fetch_all(missing: Sequence[Artifact], cache: Path, title: str, download: Download) -> None:
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    total = sum(artifact.size for artifact in missing)
    free = shutil.disk_usage(cache).free
    if free < 2 * total:
        raise Misconfigured(
            f"{cache} has {free >> 20} MiB free, {title} needs {2 * total >> 20}; "
            "free some, or set HUIYING_CACHE to a folder on another disk"
        )
    columns = TextColumn("fetching {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Bar(*columns) as bar, ThreadPoolExecutor(4) as pool:
        task = bar.add_task(title, total=total)
        jobs = [
            pool.submit(_fetch_one, artifact, cache, download, lambda size: bar.advance(task, size))
            for artifact in missing
        ]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
