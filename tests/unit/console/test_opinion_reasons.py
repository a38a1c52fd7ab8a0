"""Beside a text stand the terms that decided its stored labels, and never its feeling."""

from __future__ import annotations

from typing import Any

from alerts.console.opinion_reasons import reasons
from analyzers.analysis import analyze
from analyzers.labels import INTENTS, SENTIMENTS

POSTED = 1_795_422_600_000


def stored(text: str, **changes: Any) -> dict[str, Any]:
    (one,) = analyze([text])
    labels = {"topic": one.topic, "place": one.place, "intent": one.intent, "sentiment": one.sentiment}
    return {"text": one.masked, "posted_at": POSTED, **labels, **changes}


def test_each_label_is_shown_with_its_terms_and_weights() -> None:
    (shown,) = reasons([stored("静宁县威戎镇停水三天,请三天内答复")])
    lines = "\n".join(shown["why"])
    assert "地点“静宁县/威戎镇”：" in lines
    assert f"诉求“{INTENTS['complaint']}”：停水（" in lines
    assert "主题“" in lines
    assert shown["deadlines"][0].startswith("三天内（至")


def test_feeling_is_not_shown_on_a_single_text() -> None:
    document = stored("气死我了,静宁县停水没人管,太差劲了")
    (shown,) = reasons([document])
    assert shown["why"]
    assert not any(word in line for line in shown["why"] for word in (*SENTIMENTS, *SENTIMENTS.values()))


def test_a_label_that_the_models_of_today_would_not_give_has_no_reason() -> None:
    (shown,) = reasons([stored("静宁县停水", place="庄浪县", intent="thanks")])
    assert not any(line.startswith(("地点", "诉求")) for line in shown["why"])


def test_no_texts_have_no_reasons() -> None:
    assert reasons([]) == []
