"""One entry judges a page: one analysis for each text, in order, whatever the text is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.analysis import analyze
from analyzers.labels import INTENTS, OTHER, SENTIMENTS, TOPICS


def test_a_plain_complaint_is_judged_in_every_respect() -> None:
    (one,) = analyze(["静宁县城关镇停水三天了，老人没水吃，电话13800138000，请尽快解决"])
    assert one.sentiment == "neg"
    assert one.topic == "城乡建设"
    assert one.county == "620826"
    assert one.place == "静宁县/城关镇"
    assert one.intent == "complaint"
    assert one.urgent
    assert "停水" in one.urgent_terms
    assert one.masks == ("phone",)
    assert "138" not in one.masked + one.normal
    assert {reason.label for reason in one.why} >= {"neg", "城乡建设"}


def test_an_empty_page_is_an_empty_answer() -> None:
    assert analyze([]) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet=st.characters(), max_size=60), max_size=4))
def test_any_text_gets_labels_that_exist(texts: list[str]) -> None:
    answers = analyze(texts)
    assert len(answers) == len(texts)
    for one in answers:
        assert one.sentiment in SENTIMENTS
        assert one.topic in {*TOPICS, OTHER}
        assert one.intent in INTENTS
        assert 0 <= one.sentiment_p <= 1
