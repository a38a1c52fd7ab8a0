"""Another city is a file away, and a wrong file is refused in one clear line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from another_city import ADCODES, write_places, write_sources

from alerts.alert import LEVELS, name_levels
from alerts.console.language import county_name
from alerts.evaluate import title
from alerts.reports.settings import ReportSettings
from analyzers import places
from analyzers.analysis import analyze
from deploy.city import read_city, run_places_build, serve
from deploy.offline import run_analyze
from deploy.parts import Settings
from streams.errors import Misconfigured


@pytest.fixture(autouse=True)
def _shipped_again() -> Iterator[None]:
    yield
    places.serve(None)
    name_levels("words")


def settings(tmp_path: Path, **given: str) -> Settings:
    return Settings({"HUIYING_HOME": str(tmp_path / "home"), **given})


def test_the_named_city_is_served_everywhere_in_the_process(tmp_path: Path) -> None:
    serve(settings(tmp_path, HUIYING_PLACES=str(write_places(tmp_path))))
    (found,) = analyze(["望岚区松口镇河湾村路灯不亮"])
    assert (found.county, found.place) == ("990102", "望岚区/松口镇/河湾村")
    assert county_name("990121") == "青禾县"
    assert places.default().name == "云溪市"
    serve(settings(tmp_path))
    assert places.default().name == "平凉市"


def test_levels_are_called_by_colours_where_the_city_does(tmp_path: Path) -> None:
    serve(settings(tmp_path, HUIYING_ALERT_LEVELS="colours"))
    assert LEVELS == {"general": "蓝色", "larger": "黄色", "major": "橙色"}
    serve(settings(tmp_path))
    assert LEVELS == {"general": "一般", "larger": "较大", "major": "重大"}
    with pytest.raises(Misconfigured, match="words or colours"):
        serve(settings(tmp_path, HUIYING_ALERT_LEVELS="red"))


def test_a_file_is_analysed_for_the_city_given_and_for_no_other(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\n青禾县停水\n静宁县停水\n", encoding="utf-8")
    run_analyze(source, out, read_city(write_places(tmp_path), "--places"))
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [row["county"] for row in rows] == ["990121", ""]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        ("no json", "is no file of places"),
        ('{"city": 5}', "is no file of places"),
        ("{}", "huiying places build"),
    ],
)
def test_a_missing_or_wrong_file_is_refused_with_what_to_do(tmp_path: Path, content: str | None, says: str) -> None:
    path = tmp_path / "places.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(Misconfigured, match=says) as error:
        serve(settings(tmp_path, HUIYING_PLACES=str(path)))
    assert "HUIYING_PLACES" in str(error.value)


@pytest.mark.parametrize(
    ("code", "tree", "says"),
    [
        ("990300", None, "990300 is no city with counties"),
        ("990000", None, "six digits"),
        ("9901", None, "six digits"),
        ("990121", None, "six digits"),
        ("990100", "\t云溪市\n\t\t青禾县\n", "line 2: a county has name, code"),
        ("990100", "\t云溪市\n\t\t青岩县\t990221\t青岩\n", "code of this city"),
        ("990100", "\t\t\t松口镇\n", "line 1: a town without a county"),
        ("990100", "云溪市\n", "line 1: one to four tabs"),
        ("990100", "", "has no county"),
    ],
)
def test_what_no_city_can_be_built_from_is_said(tmp_path: Path, code: str, tree: str | None, says: str) -> None:
    adcodes, path = write_sources(tmp_path)
    if tree is not None:
        path.write_text(tree, encoding="utf-8")
    with pytest.raises(Misconfigured, match=says):
        run_places_build(adcodes, code, None if tree is None else path, tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_a_list_without_codes_or_in_another_encoding_is_said(tmp_path: Path) -> None:
    adcodes = tmp_path / "codes.csv"
    for raw, says in ((b"code,name\n1,x\n", "no column adcode"), (ADCODES.encode("gb18030"), "UTF-8")):
        adcodes.write_bytes(raw)
        with pytest.raises(Misconfigured, match=says):
            run_places_build(adcodes, "990100", None, tmp_path / "out.json")
    with pytest.raises(Misconfigured, match="nowhere"):
        run_places_build(tmp_path / "nowhere", "990100", None, tmp_path / "out.json")


def test_a_city_without_a_tree_knows_its_counties(tmp_path: Path) -> None:
    adcodes, _ = write_sources(tmp_path)
    run_places_build(adcodes, "990100", None, tmp_path / "out.json")
    city = read_city(tmp_path / "out.json", "--places")
    assert city.counties == {"990102": "望岚区", "990121": "青禾县", "990122": "云溪县"}


def test_titles_and_reports_name_the_served_city(tmp_path: Path) -> None:
    from alerts.alert import Key
    from deploy.parts import rulebook

    serve(settings(tmp_path, HUIYING_PLACES=str(write_places(tmp_path))))
    assert title(rulebook()[0], Key(county="990121")).startswith("青禾县")
    assert not ReportSettings().report_unit
