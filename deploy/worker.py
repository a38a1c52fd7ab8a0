"""A Python process of ours as a part: `huiying work`, `watch`, `desk`, `clock`, with a thinned, bounded log."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from deploy.part import Part
from deploy.thinning import Thinner
from streams.clock import monotonic

LARGEST = 5 * 1024 * 1024  # bytes of a log before it becomes NAME.1.log
NOTABLE = re.compile(r"\b(WARN|WARNING|ERROR|CRITICAL)\b")
LONGEST = 2000


class Journal:
    """A log file that stays bounded: at LARGEST it becomes `NAME.1.log`, in place of the one before."""

    def __init__(self, path: Path) -> None:
        """Open the file for more lines."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.file = path.open("a", encoding="utf-8")

    def write(self, line: str) -> None:
        """Add a line at once."""
        if self.file.tell() > LARGEST:
            self.file.close()
            self.path.replace(self.path.with_suffix(".1.log"))
            self.file = self.path.open("a", encoding="utf-8")
        self.file.write(line + "\n")
        self.file.flush()

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class Worker(Part):
    """One `huiying NAME` process. What it says goes to its log, thinned; warnings and errors also to `notable`."""

    def __init__(
        self,
        name: str,
        *,
        folder: Path,
        environ: Mapping[str, str],
        notable: Callable[[str], None],
        command: tuple[str, ...] = (),
        once: bool = False,
    ) -> None:
        """`folder` is that of all logs; an empty `command` runs `huiying NAME` with this very Python."""
        super().__init__()
        self.name = self.words = name
        # -P: a folder called `deploy` where the user happens to stand is not ours
        self.command = command or (sys.executable, "-P", "-m", "deploy", name)
        self.environ = {**environ, "PYTHONUNBUFFERED": "1"}
        self.folder, self.notable, self.once = folder, notable, once
        self.last = ""
        self.reader: threading.Thread | None = None

    @property
    def log(self) -> Path:
        """The file with what the process says."""
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        """Spawn the process, and a thread that reads what it says."""
        journal = Journal(self.log)
        self.spawn(self.command, self.environ, None, subprocess.PIPE)
        assert self.process is not None
        assert self.process.stdout is not None
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout, journal), daemon=True)
        self.reader.start()

    def finish(self, grace: float) -> bool:
        """Wait for the end as every part does, and for the last lines."""
        gentle = super().finish(grace)
        if self.reader is not None:
            self.reader.join(5.0)
            self.reader = None
        return gentle

    def last_words(self) -> str:
        """Return the last line that the process wrote."""
        if self.reader is not None and not self.running:
            self.reader.join(1.0)
        return self.last or "it said nothing"

    def _read(self, pipe: IO[bytes], journal: Journal) -> None:
        every, shown = Thinner(first=20), Thinner(first=2)
        with pipe:
            for raw in pipe:
                line = raw[:LONGEST].decode("utf-8", "replace").rstrip()
                if not line:
                    continue
                self.last = line
                with contextlib.suppress(OSError):  # a full disk must not stop the reading, or the worker would block
                    for text in every.feed(line, monotonic()):
                        journal.write(text)
                if NOTABLE.search(line):
                    for text in shown.feed(line, monotonic()):
                        self.notable(f"{self.name}: {text[:400]}")
        with contextlib.suppress(OSError):
            for text in every.end():
                journal.write(text)
            journal.close()
