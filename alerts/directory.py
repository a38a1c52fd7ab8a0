"""By which channel each officer of the rota is reached himself: mail, SMS, WeCom app, webhook; plain look-ups.

A notice keeps who it is for (the rota's key, or a mail address), and a channel looks up here where that is when it
sends: so a number is stored nowhere but in the rota's file, and a channel that takes another's place reaches the same
people. A key is the username in the rota, or in a plain one the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from alerts.addresses import ADDRESSES
from alerts.duty import Shift
from alerts.rota import Rota, Staff


class Directory:
    """The officers of a rota and their addresses."""

    def __init__(self, rota: tuple[Shift, ...] | Rota = ()) -> None:
        """Keep the people; in a plain rota somebody's rows add up, the first address of a kind holds."""
        plain = rota if isinstance(rota, tuple) else rota.shifts
        people: dict[str, dict[str, str]] = {}
        for shift in plain:
            there = people.setdefault(shift.name, {"name": shift.name})
            for field in ADDRESSES.values():
                there[field] = there.get(field, "") or getattr(shift, field)
        self._people: dict[str, Staff] = {key: Staff(**given) for key, given in people.items()}
        if not isinstance(rota, tuple):
            self._people |= rota.people
        self._by_mail = {one.mail: key for key, one in self._people.items() if one.mail}

    @property
    def names(self) -> Mapping[str, str]:
        """People's names, by key and by mail address."""
        return {
            **{mail: self._people[key].name for mail, key in self._by_mail.items()},
            **{key: one.name for key, one in self._people.items()},
        }

    def address(self, channel: str, key: str) -> str:
        """Return where a channel reaches somebody, empty for nowhere. key: his key or mail address."""
        person = self._people.get(self._by_mail.get(key, key))
        return str(getattr(person, ADDRESSES[channel])) if person else ""

    def reached(self, channel: str, to: Iterable[str]) -> tuple[str, ...]:
        """Return the keys of those whom a channel reaches, each address once. to: keys or mail addresses."""
        found = {self.address(channel, one): self._by_mail.get(one, one) for one in reversed(tuple(to))}
        return tuple(key for address, key in reversed(found.items()) if address)

    def without(self, channel: str) -> tuple[str, ...]:
        """Return the names of those whom a channel can't reach."""
        return tuple(one.name for one in self._people.values() if not getattr(one, ADDRESSES[channel]))

    def anybody(self, channel: str) -> bool:
        """Say whether a channel reaches anybody."""
        return bool(self.reached(channel, self._people))

    def keys_of(self, name: str) -> tuple[str, ...]:
        """Return the keys of whoever goes by a name, or by a username."""
        return tuple(key for key, one in self._people.items() if name in {key, one.name})


@lru_cache(maxsize=8)
def directory(rota: tuple[Shift, ...] | Rota) -> Directory:
    """Return a rota's directory; a rota is made anew when anything changes."""
    return Directory(rota)
