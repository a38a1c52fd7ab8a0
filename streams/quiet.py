"""Less noise in the log: libraries may say the same thing once in a while, not 75 times a second."""

from __future__ import annotations

import logging

OURS = "huiying"
EVERY = 30.0
"""Seconds between two lines of one kind. Faust writes 75 a second while its broker is away (notes/engines.md)."""
KINDS = 500


class Thin(logging.Filter):
    """Lets every line of ours through, and of a library's kind one in EVERY seconds, with how many it held back."""

    def __init__(self) -> None:
        """Nothing has been said yet."""
        super().__init__()
        self.said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is shown; times are the record's own."""
        if record.name.startswith(OURS):
            return True
        kind = (record.name, str(record.msg))
        last, held = self.said.get(kind, (0.0, 0))
        if record.created - last < EVERY:
            self.said[kind] = (last, held + 1)
            return False
        if len(self.said) >= KINDS:
            self.said.clear()
        self.said[kind] = (record.created, 0)
        if held:
            record.msg = f"{record.msg} (and {held} times more before)"
        return True


def set_up(noisy: tuple[str, ...]) -> None:
    """Log to stderr, ours from INFO, libraries from WARNING and thinned."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(Thin())
    for name in noisy:
        logging.getLogger(name).setLevel(logging.WARNING)
