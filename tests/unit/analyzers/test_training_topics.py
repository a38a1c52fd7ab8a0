"""The topics are trained on what production reads, alone if asked, and the title counts more than the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from analyzers import analysis, linear, text
from analyzers.analysis import analyze
from analyzers.labels import OTHER, TOPICS
from analyzers.terms import pairs
from analyzers.training import data, features, fit, topics

TEXTS = ["", "停", "小区停水三天没人管", "医院挂号排队要一整天。" * 30]


def _bank() -> linear.Bank:
    bank = analysis.bank()
    return bank._replace(tables=tuple(t.copy() for t in bank.tables), scale=bank.scale.copy(), bias=bank.bias.copy())


def _weights(bank: linear.Bank, head: linear.Head) -> NDArray[np.float64]:
    whole: NDArray[np.float64] = np.vstack([table[:, head.columns] for table in bank.tables]).astype(np.float64)
    return whole * bank.scale[head.columns]


@pytest.mark.parametrize("name", ["topic", "sentiment"])
def test_training_counts_what_production_scores(name: str) -> None:
    bank = _bank()
    head, page = bank.head(name), text.fold_page(TEXTS)
    scored = linear.score(bank, page, pairs(page.codes)).values[:, head.columns]
    counted = features.counts(TEXTS, linear.OPENING_WEIGHT.get(name, 0.0))
    assert np.allclose(scored, counted @ _weights(bank, head) + bank.bias[head.columns], atol=1e-3)


def test_what_stands_in_the_title_weighs_more_than_the_same_words_at_the_end() -> None:
    filler = "今天我想说一件事请各位看一看谢谢你们。" * 4
    first, last = analyze([f"医院医生收费太高\n{filler}", f"{filler}\n医院医生收费太高"])
    assert first.topic == "卫生计生"
    assert last.topic != "卫生计生" or first.topic_p > last.topic_p


def test_retraining_one_head_leaves_every_other_column_as_it_was() -> None:
    before, bank = _bank(), _bank()
    head = bank.head("topic")
    weights = np.random.default_rng(1).normal(size=(sum(len(t) for t in bank.tables), len(head.labels)))
    after = fit.replaced(bank, "topic", fit.Fitted(weights, np.arange(7.0), 2.0))
    others = np.ones(len(before.scale), dtype=np.bool_)
    others[head.columns] = False
    for old, new in zip(before.tables, after.tables, strict=True):
        assert (old[:, others] == new[:, others]).all()
    assert (before.bias[others] == after.bias[others]).all()
    assert np.allclose(_weights(after, head), weights * 2, atol=1e-3)
    assert after.bias[head.columns].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]


def test_a_piece_of_one_topic_tells_more_than_a_piece_of_all() -> None:
    texts = [f"{word}请问" for word in ("楼", "薪", "学", "店", "烟", "药", "车")]
    matrix = features.counts(texts)
    tells = fit.ratios(matrix, np.arange(7), 7)
    texts_with = matrix.getnnz(axis=0)
    assert tells[texts_with == 1].min() > tells[texts_with == 7].max()
    assert (tells[texts_with == 0] == 0).all()


def test_a_path_of_the_taxonomy_becomes_a_text_of_its_topic(tmp_path: Path) -> None:
    (tmp_path / "civic_taxonomy.csv").write_text(
        "level1,level2,level3\n教育文体,体育,体育场馆\n政法,诉讼,立案\n", encoding="utf-8"
    )
    assert data.taxonomy(tmp_path, topics.TRAINED)[:2] == (["体育场馆 体育 体育场馆"], ["教育文体"])


def test_seeds_and_unsure_answers_are_part_of_what_is_measured() -> None:
    sure, likely, even = np.eye(7)[:1] * 9, np.eye(7)[:1] * 2, np.zeros((1, 7))
    scores = np.concatenate([sure, likely, sure, even])
    bribes = "贪污 受贿 行贿 索贿 挪用公款 以权谋私 滥用职权"
    texts = ["楼道没有灯", bribes, bribes, "嗯"]
    labels, p = topics.labelled(topics.Scored(texts, np.zeros(4, dtype=np.int64), scores), 1.0)
    assert labels == [TOPICS[0], "纪检监察", TOPICS[0], OTHER], "the surer the model is, the more terms it takes"
    assert ((p > 0) & (p <= 1)).all()


def test_a_term_tells_more_of_a_text_that_looks_like_no_trained_topic() -> None:
    doubt = np.array([[-2.0, -2.2, -2.4, -3.0, -3.0, -3.0, -3.0], [1.0, -2.0, -2.0, -2.0, -2.0, -2.0, -2.0]])
    texts = ["请问护照丢了在哪里办出入境"] * 2
    labels, _ = topics.labelled(topics.Scored(texts, np.zeros(2, dtype=np.int64), doubt), 1.0)
    assert labels == ["政法", TOPICS[0]]


def test_a_greeting_before_the_matter_takes_no_term_out_of_the_title() -> None:
    greeting = "尊敬的领导您好,不好意思打扰了,首先祝您身体健康,工作顺利。"
    plain, greeted = analyze(["民政局不给办低保", f"{greeting}民政局不给办低保"])
    assert dict(plain.topic_terms) == {"民政局": 4.0, "低保": 4.0}
    assert greeted.topic_terms == plain.topic_terms


def test_two_linear_models_together_are_one_linear_model_in_which_neither_outweighs_the_other() -> None:
    matrix = features.counts([f"小区停水{word}请问" for word in ("楼", "薪", "学", "店")])
    rng = np.random.default_rng(1)
    small, large = (
        fit.Fitted(rng.normal(size=(matrix.shape[1], 3)) * size, np.zeros(3), 1.0) for size in (1.0, 100.0)
    )
    one = fit.together((small, large), matrix)
    apart = [each.margins(matrix) / each.margins(matrix).std() for each in (small, large)]
    assert np.allclose(one.margins(matrix), (apart[0] + apart[1]) / 2)


def test_a_model_fitted_on_what_tells_scores_counts_alike() -> None:
    matrix = features.counts(["停水三天", "公交晚点", "停水", "公交"])
    tells = np.linspace(0.5, 2.0, matrix.shape[1])
    made = fit.fit(matrix @ sparse.diags(tells), np.array([0, 1, 0, 1]), 2, 1.0)
    assert np.allclose(made.on(tells).margins(matrix), made.margins(matrix @ sparse.diags(tells)))
