"""The error tree, split by what the caller must do.

HuiyingError
├── Retryable          wait and try again; nothing is wrong with the input
│   ├── Unavailable    the other side can't be reached, or is overloaded
│   └── Conflict       somebody else wrote first; read again, then decide
├── Rejected           this input will never be good; it goes to the dead letters with its reason
└── Misconfigured      a person must change something; say what, and stop
    └── Refused        the other side refused us: wrong key, no right, disk full
"""

from __future__ import annotations


class HuiyingError(Exception):
    """Any failure that Huiying raises on purpose; its text is one line that says what is wrong and what to do."""


class Retryable(HuiyingError):
    """Wait and try again."""


class Unavailable(Retryable):
    """The other side can't be reached, timed out or is overloaded."""


class Conflict(Retryable):
    """Somebody else wrote first."""


class Rejected(HuiyingError):
    """An input that will never be good.

    reason: a word from `streams.records.REASONS`; detail: one line for a person, without any of the input's text.
    """

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the reason apart from its detail, so that reasons can be counted."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Misconfigured(HuiyingError):
    """A person must change a setting, a file or the machine."""


class Refused(Misconfigured):
    """The other side answered, and refused: wrong key, no right, disk full."""
