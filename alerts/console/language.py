"""The words of judgement as the console needs them: topics, intents, counties, and how texts are normalised."""

from __future__ import annotations

from functools import lru_cache

from analyzers import labels, places, text


def topics() -> tuple[str, ...]:
    """Return the names of all topics, in their order."""
    return (*labels.TOPICS, "其他")


def intents() -> dict[str, str]:
    """Return what a text wants, by key: 投诉, 求助 and so on."""
    return dict(labels.INTENTS)


def county_name(code: str) -> str:
    """Return a county's name by its code; the code itself if it is not known, 全市 for none."""
    if not code:
        return "全市"
    return places.county_name(code) or code


def counties() -> dict[str, str]:
    """Return the names of the city's counties by their codes."""
    return places.counties()


def normal(phrase: str) -> str:
    """Return a phrase as the index has texts: NFKC, lower case, simplified."""
    return text.normal(phrase)


@lru_cache(maxsize=8192)
def same(char: str) -> str:
    """Return one character as it is compared when found words are marked."""
    return normal(char)
