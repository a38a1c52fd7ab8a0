"""A name is a place of ours only where the words around it let it be."""

from __future__ import annotations

from pathlib import Path

import pytest
from another_city import write_places
from place_cases import Case, candidates, cases, figures

from analyzers import places
from analyzers.analysis import analyze
from analyzers.explain import as_text, explain


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


def test_each_sentence_of_the_table_speaks_of_its_place() -> None:
    table = cases()
    found = analyze([case.text for case in table])
    pairs = zip(table, found, strict=True)
    wrong = [(case.text, case.place, one.place) for case, one in pairs if case.place != one.place]
    assert len(table) >= 150
    assert not wrong
    assert figures(table, found) == (1, 1, 1, 1)


@pytest.mark.parametrize("case", [case for case in cases() if case.candidate], ids=lambda case: str(case.text))
def test_what_a_name_may_mean_is_shown_as_a_candidate(case: Case) -> None:
    assert case.candidate in candidates(case.text)
    assert case.candidate in as_text(explain(case.text))


def test_a_wrong_answer_lowers_the_figures() -> None:
    table = [Case("", "静宁县/城关镇", ""), Case("", "", ""), Case("", "庄浪县", "")]
    found = analyze(["静宁县停水", "庄浪县停水", "停水"])
    assert figures(table, found) == (0, 0, 0.5, 0.5)


def test_a_city_whose_county_bears_its_name_is_not_taken_for_the_county(tmp_path: Path) -> None:
    city = places.Gazetteer.read(write_places(tmp_path, tree=False))
    texts = ["云溪停水", "云溪县停水", "云溪市区停水", "青岩县停水", "青禾停水", "石桥市青禾镇停水"]
    assert [one.county for one in analyze(texts, city)] == ["", "990122", "990102", "", "990121", ""]


def test_a_table_whose_landmark_lies_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="none of the counties"):
        places.Gazetteer(places.Table(code="990100", name="云溪市", city="云溪", counties=[], landmarks={"塔": "1"}))
