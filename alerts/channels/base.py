"""What a channel is: one verb. *Sent means delivered*: the receiver's answer is checked, not only that it came."""

from __future__ import annotations

from typing import Protocol

from alerts.notices import Notice


class Channel(Protocol):
    """A way a notice reaches a person."""

    @property
    def name(self) -> str:
        """A key of `alerts.notices.CHANNELS`."""
        ...

    @property
    def per_minute(self) -> int:
        """How many messages the receiver takes in a minute; 0 for any number."""
        ...

    async def send(self, notice: Notice) -> None:
        """Deliver a notice.

        Raises Unavailable when trying again may help, Refused when it will not.
        """
        ...


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
