"""Grouping: which texts speak of one matter, by the rare words they share, the place and the time between them.

`Grouper.add` puts each text at once where it fits best; `Grouper.settle` groups all texts that are remembered anew,
from single texts upwards, always joining the two groups that are most alike. What `settle` gives depends on which
texts there are and not on their order. Copies (`analyzers.copies`) count once. Pure; no I/O after the first call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from msgspec import Struct

from analyzers import places
from analyzers.copies import copies, sketch
from analyzers.rarity import Rarity, terms

DAY = 86_400_000


class Settings(Struct, frozen=True, kw_only=True):
    """When texts are one matter. Chosen on `portal_stream_hot_issues_silver`; figures in models/events.md.

    threshold: least likeness, 0 to 1; softening: how far large groups may be more varied (1: not less alike than pairs
    on average; lower: stricter); half_life: days between two groups that halve their likeness; noise: likeness of two
    texts below which it is taken for chance; most: texts remembered, the newest by event time.
    """

    threshold: float = 0.3
    softening: float = 0.7
    half_life: float = 180.0
    noise: float = 0.02
    most: int = 20_000


class Text(Struct, frozen=True, kw_only=True):
    """A text to group: its content id, normal form, event time (ms UTC) and county ("" if it names none)."""

    id: str
    normal: str
    at: int = 0
    county: str = ""


class Why(NamedTuple):
    """What makes a text or a group belong: likeness, shared terms with their part of it, the place, days between."""

    likeness: float
    shared: tuple[tuple[str, float], ...]
    place: str
    days: float


class Group(Struct, frozen=True, kw_only=True):
    """One matter: id (its earliest text's), texts by time, how many are no copies, terms with weights, place, stretch.

    terms: what the texts share, the share of the likeness that each term makes, heaviest first.
    """

    id: str
    texts: tuple[str, ...]
    distinct: int
    terms: tuple[tuple[str, float], ...]
    county: str
    first: int
    last: int


Vector = dict[str, float]


class Pile:
    """Texts taken together, as sums: enough to know the mean likeness to any other pile exactly."""

    __slots__ = ("counties", "first", "last", "members", "size", "weights")

    def __init__(self, member: int, weights: Vector, at: int, county: str) -> None:
        self.members = [member]
        self.weights = weights
        self.size = 1
        self.first = self.last = at
        self.counties = Counter([county] if county else [])

    def take(self, other: Pile) -> None:
        """Take in all of another pile."""
        weights = dict(self.weights)
        for term, weight in other.weights.items():
            weights[term] = weights.get(term, 0.0) + weight
        self.weights = weights
        self.members += other.members
        self.size += other.size
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.counties += other.counties

    @property
    def county(self) -> str:
        """The county most texts name, the first by code of equals; "" if none names one."""
        return min(self.counties, key=lambda code: (-self.counties[code], code), default="")


def days_between(one: Pile, other: Pile) -> float:
    """Return the days from the end of one pile to the beginning of the other, 0 if they overlap."""
    return max(0, one.first - other.last, other.first - one.last) / DAY


def likeness(dot: float, one: Pile, other: Pile, settings: Settings) -> float:
    """Return how alike two piles are, from the sum of their texts' likenesses: less by time, and by other places."""
    alike: float = dot / (one.size * other.size) ** settings.softening
    alike *= 0.5 ** (days_between(one, other) / settings.half_life)
    named = one.counties.total() * other.counties.total()
    if named:
        same = sum(count * other.counties[code] for code, count in one.counties.items())
        alike *= same / named
    return alike


def explain(one: Pile, other: Pile, dot: float, settings: Settings) -> Why:
    """Return why two piles belong together."""
    parts = {term: weight * other.weights[term] for term, weight in one.weights.items() if term in other.weights}
    total = sum(parts.values()) or 1.0
    heaviest = sorted(parts.items(), key=lambda item: (-item[1], item[0]))[:8]
    place = one.county if one.county == other.county else ""
    shared = tuple((term, round(part / total, 3)) for term, part in heaviest)
    return Why(likeness(dot, one, other, settings), shared, place, days_between(one, other))


class Grouper:
    """Texts and the groups they are in; at most `Settings.most` texts are remembered."""

    def __init__(self, settings: Settings | None = None, rarity: Rarity | None = None) -> None:
        self.settings = settings or Settings()
        self.rarity = rarity or Rarity(places.default().areas)
        self._texts: dict[str, Text] = {}
        self._terms: dict[str, Mapping[str, float]] = {}
        self._sketches: dict[str, tuple[int, ...]] = {}
        self._piles: dict[int, Pile] = {}
        self._names: list[str] = []
        self._holders: dict[str, set[int]] = {}
        self._home: dict[str, int] = {}

    def add(self, text: Text) -> Why | None:
        """Put a text to the group it is most like and return why; nothing if it begins one. Twice is once."""
        if text.id in self._texts:
            return None
        self.remember(text)
        weights = self.rarity.weigh(self._terms[text.id])
        number = len(self._names)
        self._names.append(text.id)
        mine = Pile(number, weights, text.at, text.county)
        dots = self._dots(weights)
        alike = {pile: likeness(dot, mine, self._piles[pile], self.settings) for pile, dot in dots.items()}
        home = max(alike, key=lambda pile: (alike[pile], -pile), default=number)
        if alike.get(home, 0.0) < self.settings.threshold:
            home = number
        self._home[text.id] = home
        for term in weights:
            self._holders.setdefault(term, set()).add(home)
        if home == number:
            self._piles[number] = mine
            return None
        why = explain(mine, self._piles[home], dots[home], self.settings)
        self._piles[home].take(mine)
        return why

    def remember(self, text: Text) -> None:
        """Remember a text for `settle`, without looking where it fits now."""
        self._texts[text.id] = text
        self._terms[text.id] = terms(text.normal)
        self._sketches[text.id] = sketch(text.normal)
        self.rarity.learn(self._terms[text.id])

    def _dots(self, weights: Vector) -> dict[int, float]:
        dots: dict[int, float] = {}
        for term, weight in weights.items():
            for pile in self._holders.get(term, ()):
                dots[pile] = dots.get(pile, 0.0) + weight * self._piles[pile].weights[term]
        return dots

    def settle(self) -> list[Group]:
        """Forget the oldest texts above the limit, group all others anew and return the groups, the first first."""
        kept = sorted(self._texts.values(), key=lambda text: (text.at, text.id))
        for text in kept[: -self.settings.most]:
            self.rarity.forget(self._terms.pop(text.id))
            del self._texts[text.id], self._sketches[text.id]
        kept = kept[-self.settings.most :]
        same = copies([self._sketches[text.id] for text in kept])
        piles = {
            at: Pile(at, self.rarity.weigh(self._terms[text.id], least=2), text.at, text.county)
            for at, text in enumerate(kept)
            if same[at] == at
        }
        agglomerate(piles, self.settings)
        self._take_over(kept, same, piles)
        return self._groups(kept)

    def _take_over(self, kept: list[Text], same: list[int], piles: dict[int, Pile]) -> None:
        """Let what `settle` found be what `add` compares with."""
        self._names = [text.id for text in kept]
        self._piles = piles
        self._holders = {}
        for number, pile in piles.items():
            for term in pile.weights:
                self._holders.setdefault(term, set()).add(number)
        of = {member: number for number, pile in piles.items() for member in pile.members}
        self._home = {text.id: of[same[at]] for at, text in enumerate(kept)}

    def groups(self) -> list[Group]:
        """Return the groups as they are now, the first first."""
        return self._groups(sorted(self._texts.values(), key=lambda text: (text.at, text.id)))

    def _groups(self, texts: Iterable[Text]) -> list[Group]:
        inside: dict[int, list[Text]] = {}
        for text in texts:
            inside.setdefault(self._home[text.id], []).append(text)
        return [self.described(members) for members in inside.values()]

    def described(self, members: list[Text]) -> Group:
        """Return a group of these texts (remembered ones, by time), whoever put them together."""
        same = copies([self._sketches[text.id] for text in members])
        sums: Vector = {}
        squares: Vector = {}
        for at, text in enumerate(members):
            if same[at] == at:
                for term, weight in self.rarity.weigh(self._terms[text.id], least=2).items():
                    sums[term] = sums.get(term, 0.0) + weight
                    squares[term] = squares.get(term, 0.0) + weight * weight
        distinct = len(set(same))
        held = {term: sums[term] ** 2 - (squares[term] if distinct > 1 else 0.0) for term in sums}
        total = sum(held.values()) or 1.0
        heaviest = sorted(held.items(), key=lambda item: (-item[1], item[0]))[:12]
        counties = Counter(text.county for text in members if text.county)
        return Group(
            id=members[0].id,
            texts=tuple(text.id for text in members),
            distinct=distinct,
            terms=tuple((term, round(part / total, 3)) for term, part in heaviest if part > 0),
            county=min(counties, key=lambda code: (-counties[code], code), default=""),
            first=members[0].at,
            last=max(text.at for text in members),
        )


def agglomerate(piles: dict[int, Pile], settings: Settings) -> None:
    """Join the two piles that are most alike, again and again, while they are alike enough; changes `piles`."""
    near = _neighbours(piles, settings.noise)

    def offers(one: int, others: Mapping[int, float]) -> Iterator[tuple[float, int, int, int]]:
        for other, dot in others.items():
            alike = likeness(dot, piles[one], piles[other], settings)
            if alike >= settings.threshold:
                yield -alike, min(one, other), max(one, other), piles[one].size + piles[other].size

    heap = [offer for one, others in near.items() for offer in offers(one, others) if offer[1] == one]
    heapify(heap)
    while heap:
        _, one, other, size = heappop(heap)
        if one not in piles or other not in piles or piles[one].size + piles[other].size != size:
            continue  # one of them has grown since: there is a newer entry for it
        gone = piles.pop(other)
        piles[one].take(gone)
        mine = near[one]
        for third, dot in near.pop(other).items():
            near[third].pop(other, None)
            if third != one:
                mine[third] = near[third][one] = mine.get(third, 0.0) + dot
        for offer in offers(one, mine):
            heappush(heap, offer)


def _neighbours(piles: Mapping[int, Pile], noise: float) -> dict[int, dict[int, float]]:
    near: dict[int, dict[int, float]] = {number: {} for number in piles}
    holders: dict[str, list[tuple[int, float]]] = {}
    for number, pile in piles.items():
        dots: dict[int, float] = {}
        for term, weight in sorted(pile.weights.items()):
            for other, theirs in holders.get(term, ()):
                dots[other] = dots.get(other, 0.0) + weight * theirs
            holders.setdefault(term, []).append((number, weight))
        for other, dot in dots.items():
            if dot >= noise:
                near[number][other] = near[other][number] = dot
    return near
