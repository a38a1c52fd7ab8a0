"""A name is a place of ours only where the words around it let it be."""

from __future__ import annotations

import pytest

from analyzers import places
from analyzers.analysis import analyze


@pytest.mark.parametrize(
    ("sentence", "county", "place"),
    [
        ("静宁县城关镇停水", "620826", "静宁县/城关镇"),
        ("崆峒区柳湖镇道路积水", "620802", "崆峒区/柳湖镇"),
        ("华亭市东华镇黎明村没有路灯", "620881", "华亭市/东华镇/黎明村"),
        ("平凉市泾川县停电", "620821", "泾川县"),
        ("崆峒山景区停车难", "620802", "崆峒区"),
        ("华亭县安口镇吴家堡村停水", "620881", "华亭市/安口镇/吴家堡村"),
    ],
)
def test_the_finest_place_is_found(sentence: str, county: str, place: str) -> None:
    (one,) = analyze([sentence])
    assert (one.county, one.place) == (county, place)


@pytest.mark.parametrize(
    "sentence",
    [
        "蔡崇信发表讲话",
        "上海华亭宾馆开业",
        "静宁苹果又甜又脆",
        "兰州市静宁路堵车",
        "南关社区停水",
        "崆峒派武功高强",
        "",
    ],
)
def test_a_person_a_product_or_another_city_is_no_place_of_ours(sentence: str) -> None:
    (one,) = analyze([sentence])
    assert one.county == ""


def test_names_that_several_places_share_are_candidates_only() -> None:
    city = places.default()
    place, candidates = city.locate("东大街社区停水", [(0, "东大街社区")])
    assert place.path == ""
    assert len(candidates) > 1


def test_a_code_has_a_name() -> None:
    assert places.county_name("620826") == "静宁县"
    assert places.county_name("000000") == ""
    assert len(places.counties()) == 7
