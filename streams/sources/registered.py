"""The file of own, registered accounts (`HUIYING_SOURCES`): the only things that are ever polled.

TOML, as in `deploy/sources.example.toml`. An entry without its registration, or with a name that we don't know, is
refused; secrets show themselves to nobody.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import Struct

from streams.errors import Misconfigured
from streams.sources.base import Denied, Source
from streams.sources.calls import Reader
from streams.sources.wechat import AppToken, WeChat
from streams.sources.weibo import Access, Read, Weibo

LABEL = re.compile(r"[\w.-]{1,40}")
ARTICLE = re.compile(r"[0-9]{1,19}(:[0-9]{1,2})?")


class Secret:
    """A value that shows itself to nobody who does not ask for it by name."""

    def __init__(self, value: str) -> None:
        """Keep the value."""
        self.value = value

    def __repr__(self) -> str:
        return "***" if self.value else "''"


NONE = Secret("")


class _Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    every: float


class WeiboEntry(_Entry, frozen=True, kw_only=True):
    """An own Weibo account; `every` is in seconds.

    The three last are for applications to which the platform gave a refresh token.
    """

    account: str
    registered: str
    uid: str
    token: Secret
    reads: tuple[Read, ...] = ("comments_to_me", "comments_mentions", "statuses_mentions")
    every: float = 60.0
    client_id: str = ""
    client_secret: Secret = NONE
    refresh_token: Secret = NONE


class WeChatEntry(_Entry, frozen=True, kw_only=True):
    """An own WeChat official account and the articles whose comments are read."""

    account: str
    registered: str
    app_id: str
    app_secret: Secret
    articles: tuple[str, ...] = ()
    articles_file: str = ""
    every: float = 300.0


class Registered(Struct, frozen=True, forbid_unknown_fields=True):
    """All that the file names."""

    weibo: tuple[WeiboEntry, ...] = ()
    wechat: tuple[WeChatEntry, ...] = ()


class Polled(Struct, frozen=True):
    """A source and the seconds between two readings."""

    source: Any
    every: float


def read(path: Path) -> Registered:
    """Read the file. Raises Misconfigured: it can't be read, an unknown name, a missing registration."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Misconfigured(f"HUIYING_SOURCES={path}: {error.strerror}") from error
    except ValueError:
        raise Misconfigured(f"HUIYING_SOURCES={path} is no TOML in UTF-8") from None  # its words could hold a secret
    try:
        found = msgspec.convert(values, Registered, dec_hook=_secret)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"HUIYING_SOURCES={path}: {error}") from None
    for weibo in found.weibo:
        _check(path, weibo)
    for wechat in found.wechat:
        _check(path, wechat)
    names = [each.source.name for each in made(found, path.parent)]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise Misconfigured(f"HUIYING_SOURCES={path}: {twice} is there twice")
    return found


def _check(path: Path, entry: WeiboEntry | WeChatEntry) -> None:
    where = f"HUIYING_SOURCES={path}"
    if not LABEL.fullmatch(entry.account):
        raise Misconfigured(f"{where}: account must be a label of up to 40 letters, digits, . _ -")
    if not entry.registered.strip():
        raise Misconfigured(f"{where}: {entry.account} has no registration; only own, registered accounts are read")
    if entry.every < 10:
        raise Misconfigured(f"{where}: every of {entry.account} must be at least 10 seconds")
    if isinstance(entry, WeiboEntry):
        renewal = (entry.client_id, entry.client_secret.value, entry.refresh_token.value)
        if any(renewal) and not all(renewal):
            raise Misconfigured(f"{where}: {entry.account} needs client_id, client_secret and refresh_token together")
        return
    wrong = next((article for article in entry.articles if not ARTICLE.fullmatch(article)), "")
    if wrong:
        raise Misconfigured(f"{where}: {wrong!r} of {entry.account} is not msg_data_id:index")


def made(found: Registered, folder: Path, *, bases: dict[str, str] | None = None) -> list[Polled]:
    """Return the sources of a file. bases: relays by platform; folder: where names of files start. Asks nobody."""
    bases = bases or {}
    out: list[Polled] = []
    for one in found.weibo:
        renewal = None
        if one.client_id:
            renewal = {
                "client_id": one.client_id, "client_secret": one.client_secret.value,
                "refresh_token": one.refresh_token.value,
            }  # fmt: skip
        for which in one.reads:
            access = Access(Reader("weibo", bases.get("weibo", "")), one.uid, one.token.value, renewal=renewal)
            out.append(Polled(Weibo(one.account, which, access), one.every))
    for each in found.wechat:
        token = AppToken(Reader("wechat", bases.get("wechat", "")), each.app_id, each.app_secret.value)
        out.append(Polled(WeChat(each.account, token, _Articles(each, folder)), each.every))
    return out


class _Articles:
    """The articles of an account as they are named now."""

    def __init__(self, entry: WeChatEntry, folder: Path) -> None:
        self.entry, self.folder = entry, folder

    def __call__(self) -> tuple[str, ...]:
        """Return them as `msg_data_id:index`. Raises Denied (file)."""
        lines: list[str] = []
        if self.entry.articles_file:
            path = self.folder / Path(self.entry.articles_file).expanduser()
            try:
                lines = [line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
            except (OSError, ValueError) as error:
                raise Denied("file", f"{path} can't be read: {type(error).__name__}") from None
            wrong = next((n for n, line in enumerate(lines, 1) if line and not ARTICLE.fullmatch(line)), 0)
            if wrong:
                raise Denied("file", f"{path}, line {wrong}: not msg_data_id:index")
        given = [*self.entry.articles, *filter(None, lines)]
        return tuple(dict.fromkeys(one if ":" in one else f"{one}:0" for one in given))


def _secret(kind: type[Any], value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError("Expected `str`")


def sources(path: Path, *, bases: dict[str, str] | None = None) -> list[Polled]:
    """Return what a file names, ready to be polled. Raises Misconfigured."""
    return made(read(path), path.parent, bases=bases)


def named(found: list[Polled]) -> dict[str, Source]:
    """Return sources by name."""
    return {each.source.name: cast("Source", each.source) for each in found}
