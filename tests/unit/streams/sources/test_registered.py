"""The file of own accounts: registered ones only, unknown names refused, secrets shown to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.collecting import found_sources
from streams.errors import Misconfigured
from streams.settings import SourceSettings
from streams.sources.base import Denied
from streams.sources.registered import named, read, sources

EXAMPLE = Path(__file__).parents[4] / "deploy" / "sources.example.toml"


def changed(folder: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text("utf-8")
    assert old in text
    path = folder / "sources.toml"
    path.write_text(text.replace(old, new), "utf-8")
    return path


def test_the_example_is_read_and_its_secrets_show_themselves_to_nobody() -> None:
    found = read(EXAMPLE)
    assert "put-the" not in repr((found.weibo[0].token, found.wechat[0].app_secret))
    assert found.weibo[0].token.value == "put-the-token-here"
    assert list(named(sources(EXAMPLE))) == [
        "weibo:fabu:comments_to_me", "weibo:fabu:comments_mentions", "weibo:fabu:statuses_mentions",
        "wechat:fabu:comments",
    ]  # fmt: skip


def test_without_a_file_nothing_is_polled() -> None:
    assert found_sources(SourceSettings()) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('registered = "备案号-示例-1"', 'registered = ""', "registered accounts"),
        ('registered = "备案号-示例-1"', "", "registered"),
        ('uid = "1234567890"', "", "uid"),
        ("every = 60.0", "every = 1.0", "at least 10"),
        ("every = 60.0", "evry = 60.0", "evry"),
        ("comments_mentions", "timeline", "timeline"),
        ('account = "fabu"                #', 'account = "a b" #', "label"),
        ('token = "put-the-token-here"', "token = 12", "str"),
        ("2247483650:0", "all", "msg_data_id"),
        ("# client_id, client", 'client_id = "1" # client', "together"),
        ("[[wechat]]", "[[wechat]", "TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words) as caught:
        read(changed(tmp_path, old, new))
    assert "put-the-secret" not in str(caught.value)


def test_an_account_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(EXAMPLE.read_text("utf-8") * 2, "utf-8")
    with pytest.raises(Misconfigured, match="twice"):
        read(path)


def test_a_file_without_an_account_or_no_file_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("", "utf-8")
    for path in (empty, tmp_path / "gone.toml"):
        with pytest.raises(Misconfigured, match="HUIYING_SOURCES"):
            found_sources(SourceSettings(sources=str(path)))


def test_the_list_of_articles_is_read_again_each_time(tmp_path: Path) -> None:
    path = changed(tmp_path, "# articles_file", "articles_file")
    source = named(sources(path))["wechat:fabu:comments"]
    with pytest.raises(Denied, match=r"articles\.txt"):
        source.articles()  # type: ignore[attr-defined]
    (tmp_path / "articles.txt").write_text("# of May\n2247483651\n2247483652:1\n", "utf-8")
    assert source.articles() == ("2247483650:0", "2247483651:0", "2247483652:1")  # type: ignore[attr-defined]
    (tmp_path / "articles.txt").write_text("2247483651\nhello\n", "utf-8")
    with pytest.raises(Denied, match="line 2"):
        source.articles()  # type: ignore[attr-defined]
