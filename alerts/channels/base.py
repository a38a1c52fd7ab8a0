"""What a channel is: one verb. *Sent means delivered*: the receiver's answer is checked, not only that it came."""

from __future__ import annotations

from typing import Protocol

from alerts.notices import Notice
from streams.errors import Refused, Unavailable

WHOLE = ("1/1",)
"""The pieces of a notice that goes out in one message."""


class Busy(Unavailable):
    """The receiver takes nothing more for a while: the whole channel rests, not this notice alone."""

    def __init__(self, text: str, *, rest: float) -> None:
        """Keep for how many seconds it takes nothing more."""
        super().__init__(text)
        self.rest = rest


class NoReceiver(Refused):
    """One receiver is none; the others are still told."""


class Channel(Protocol):
    """A way a notice reaches a person, in one piece or several: parts of a long text, or one for each receiver.

    What was delivered of it is remembered piece by piece, so that trying again repeats nothing.
    """

    @property
    def name(self) -> str:
        """A key of `alerts.notices.CHANNELS`."""
        ...

    @property
    def per_minute(self) -> int:
        """How many messages (pieces) the receiver takes in a minute; 0 for any number."""
        ...

    def pieces(self, notice: Notice) -> tuple[str, ...]:
        """Return the keys of a notice's pieces, the same ones each time it is asked. Raises Refused if there is none.

        A key is a part's number with how many there are ("1/3"), or a receiver.
        """
        del notice
        return WHOLE

    async def send(self, notice: Notice, piece: str) -> None:
        """Deliver one piece.

        Raises Unavailable when trying again may help, Busy when the channel must rest first, NoReceiver when the
        piece's receiver is none, Refused when nothing helps.
        """
        ...


MARKS = str.maketrans("[]<>*`_#@", "［］＜＞＊｀＿＃＠")
"""Characters that a robot's markdown reads as links, mentions or headings, and the wide ones shown in their place."""


def plain(text: str) -> str:
    """Return a text that no robot reads as markdown: what a stranger wrote must not become a link or call a person."""
    return text if text.startswith(("http://", "https://")) else text.translate(MARKS)


def numbers(count: int) -> tuple[str, ...]:
    """Return the keys of so many parts."""
    return tuple(f"{number}/{count}" for number in range(1, count + 1))


def part(parts: list[str], piece: str) -> str:
    """Return the part that a key names."""
    return parts[int(piece.partition("/")[0]) - 1]


def parts_of(text: str, most: int) -> list[str]:
    """Return a text in parts of at most `most` bytes (UTF-8), split at line ends if that fits, else at characters.

    More than one part are numbered `（1/3）`; nothing is lost.
    """
    if len(text.encode()) <= most:
        return [text]
    room = most - len("（99/99）".encode())
    parts: list[str] = []
    part = ""
    for line in text.splitlines(keepends=True):
        for piece in _pieces(line, room):
            if len((part + piece).encode()) > room:
                parts.append(part)
                part = ""
            part += piece
    parts = [one for one in (*parts, part) if one.strip()]
    return [f"{one.rstrip()}（{number}/{len(parts)}）" for number, one in enumerate(parts, start=1)]


def _pieces(line: str, room: int) -> list[str]:
    pieces, piece, size = [], "", 0
    for character in line:
        width = len(character.encode("utf-8", "replace"))
        if size + width > room:
            pieces.append(piece)
            piece, size = "", 0
        piece += character
        size += width
    return [*pieces, piece]
