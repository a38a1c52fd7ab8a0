"""The brief says what happened, what is missing, and nothing that must not be said."""

from __future__ import annotations

import msgspec
import pytest
from report_examples import HOURS, alert, at, busy_day, consultation, empty_day

from alerts.reports.daily import compose
from alerts.reports.figures import Counted
from alerts.reports.numbers import FEW, HIDDEN
from alerts.reports.tree import Chart, Note, Report, Table, content, decode, encode


def table(report: Report, name: str) -> dict[str, tuple[object, ...]]:
    """Return a table's rows by their first cell."""
    found = next(block for block in report.blocks() if isinstance(block, Table) and block.name == name)
    return {str(row[0]): row[1:] for row in found.rows}


def rows(report: Report, name: str) -> list[tuple[object, ...]]:
    return [*next(block for block in report.blocks() if isinstance(block, Table) and block.name == name).rows]


def figure(report: Report, name: str) -> str:
    return next(figure.shown for figure in report.figures() if figure.name == name)


def warnings(report: Report) -> str:
    return "".join(block.text for block in report.blocks() if isinstance(block, Note) and block.warn)


def test_the_summary_says_it_in_a_few_sentences() -> None:
    assert compose(busy_day()).summary == (
        "11月22日共收到群众反映383条，较前一日增加239（+166%）。反映较多的是供水供气供暖（210条）、交通出行（40条）、"
        "物业管理（33条）。写明地点的反映中，静宁县最多（230条）。含紧急求助的23条。新增预警3件，其中重大1件；"
        "未签收1件。会商在办1件，均在回应时限内。"
    )


@pytest.mark.parametrize(
    ("unsigned", "said"),
    [((), "新增预警2件，均已签收。"), (("firing",), "新增预警3件；未签收1件。"),
     (("resolved", "resolved"), "新增预警4件；没有人签收即已平息2件。"),
     (("firing", "resolved"), "新增预警4件；未签收1件，没有人签收即已平息1件。")],
)  # fmt: skip
def test_what_ended_before_anybody_signed_is_not_called_signed(unsigned: tuple[str, ...], said: str) -> None:
    signed = (alert("甲"), alert("乙", state="resolved"))
    others = tuple(alert(f"{n}", acknowledged_at=0, state=state) for n, state in enumerate(unsigned))
    report = compose(busy_day(alerts=(*signed, *others)))
    assert said in report.summary
    text = str(report.sections[2])
    assert (f"有{unsigned.count('resolved')}件没有人签收即已平息" in text) == ("resolved" in unsigned)


def test_counts_stand_beside_the_day_before() -> None:
    report = compose(busy_day())
    assert table(report, "sources")["12345热线"] == (150, 50, "+100")
    assert table(report, "topics")["交通出行"] == (40, 35, "+5", "30%")
    assert table(report, "counties")["合计"] == (383, 144, "+239")


def test_small_counts_are_suppressed_everywhere() -> None:
    report = compose(busy_day())
    assert table(report, "sources")["留言板"][0] == FEW
    assert table(report, "sources")["政府门户"][0] == HIDDEN  # or 合计 would give 留言板 away
    assert table(report, "coverage")["留言板"][0] == FEW
    assert next(row for key, row in table(report, "alerts").items() if key == "10:00")[-1] == FEW
    for block in report.blocks():
        if isinstance(block, Chart):
            values = str(block.spec)
            assert not [n for n in (1, 2, 3, 4) if f"'数': {n}," in values], block.name


def test_an_empty_day_reports_and_says_that_silence_proves_nothing() -> None:
    report = compose(empty_day())
    assert "没有收到群众反映" in report.summary
    assert "不能据此认为没有诉求" in report.summary
    assert figure(report, "posts") == "0"
    assert [section.title for section in report.sections] == [
        "当日概况", "诉求分布", "预警与签收", "会商与回应", "数据说明", "数据来源",
    ]  # fmt: skip


def test_a_source_that_went_quiet_is_named() -> None:
    data = busy_day()
    today = msgspec.structs.replace(data.today, sources={**data.today.sources, "weibo": 0})
    text = warnings(compose(busy_day(today=today)))
    assert "微博当日没有数据（前一日60条）" in text
    assert "政府门户在10时至15时没有数据" in text


def test_the_figure_of_unsigned_alerts_counts_those_that_were_over_before_anybody_signed() -> None:
    unsigned = (alert("乙", acknowledged_at=0, state="resolved"), alert("丙", acknowledged_at=0, state="firing"))
    assert figure(compose(busy_day(alerts=(alert("甲"), *unsigned))), "waiting") == "2"


def test_waiting_alerts_of_earlier_days_count_as_waiting() -> None:
    old = alert("旧", opened_at=at(-30), acknowledged_at=0, state="firing")
    report = compose(busy_day(alerts=(old,)))
    assert figure(report, "alerts") == "0"
    assert figure(report, "waiting") == "1"


def test_more_alerts_than_fit_are_counted() -> None:
    report = compose(busy_day(alerts=tuple(alert(f"{n}") for n in range(20))))
    assert len(table(report, "alerts")) <= 15
    assert any("另有5件" in block.text for block in report.blocks() if isinstance(block, Note))


def test_consultations_show_their_clocks_as_they_run() -> None:
    report = compose(busy_day())
    clocks = {row[1]: row[2:] for row in rows(report, "consultations")}
    assert clocks["首次发布权威信息"] == ("15:00", "13:30", "按时完成")
    assert clocks["举行新闻发布会"] == ("11月23日 10:00", "尚未完成", "即将到期")
    assert figure(report, "overdue") == "0"


def test_a_limit_that_has_passed_unmet_is_overdue() -> None:
    report = compose(busy_day(consultations=(consultation(statement=None),)))
    assert figure(report, "overdue") == "1"
    assert "其中1件已超过回应时限" in report.summary


def test_questions_that_wait_are_listed_without_who_asks() -> None:
    assert rows(compose(busy_day()), "questions") == [
        ("静宁县城区停水", "什么时候恢复供水？", "尚未答复", "45条以上"),
        ("静宁县城区停水", "水质有没有检测？", "暂不清楚，11月23日 06:00前答复", "10条以上"),
    ]


def test_what_was_published_stands_with_its_unit() -> None:
    assert rows(compose(busy_day()), "published") == [("13:30", "某县水务局", "首次发声", "政府门户", "静宁县城区停水")]


def test_notices_that_failed_are_a_warning() -> None:
    assert "发送失败2条" in warnings(compose(busy_day(notices={"sent": 4, "failed": 2})))


def test_the_mood_is_never_compared_with_the_day_before() -> None:
    columns = next(b for b in compose(busy_day()).blocks() if isinstance(b, Table) and b.name == "topics").columns
    assert [column.title for column in columns] == ["主题", "当日", "前一日", "增减", "负面占比"]


def test_a_day_that_lasts_says_until_when() -> None:
    data = busy_day(whole=False, window=msgspec.structs.replace(busy_day().window, end=at(18)))
    assert "数据截至18:00" in warnings(compose(data))


def test_books_that_do_not_balance_are_said_out_loud() -> None:
    from alerts.reports.figures import Book

    text = str(encode(compose(busy_day(books={"weibo": Book(received=9, stored=5)}))))
    assert "不符，请运行账目核对" in text


def test_every_figure_names_where_it_came_from() -> None:
    report = compose(busy_day())
    assert {figure.source for figure in report.figures()} <= {"opinions", "alerts", "consultations"}
    assert all(block.source for block in report.blocks() if isinstance(block, Chart))


def test_the_tree_survives_storage() -> None:
    report = compose(busy_day())
    again = decode(encode(report))
    assert content(again) == content(report)
    assert encode(again) == encode(report)


def test_a_tree_that_is_none_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode({"kind": "daily"})


def test_making_it_later_changes_nothing() -> None:
    later = busy_day(made_at=busy_day().made_at + 60_000)
    assert content(compose(later)) == content(compose(busy_day()))


def test_hours_add_up() -> None:
    assert sum(HOURS) == busy_day().today.total
    assert Counted().total == 0
