"""What a newcomer meets: `huiying demo` on a machine that has never run it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psutil
import pytest
from product import Product, Session, data_folder, running, stop, wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]


@pytest.fixture
def demo() -> Iterator[Product]:
    """The demo in a folder of its own."""
    with data_folder("demo") as home, running("demo", home, watch_every="1") as one:
        yield one


def test_the_written_day_leads_to_a_major_alert_that_proposes_a_consultation(demo: Product) -> None:
    """A county loses its water: seen, graded, proposed; the books balance at the day's end; Ctrl-C leaves nothing."""
    with Session(demo, *demo.first_sign_in) as person:
        assert "所有内容均为虚构" in person.get("/").text
        found = wait_for(
            lambda: person.alerts("静宁县", "集中反映", "重大", "建议会商"), 150, why="a major alert of 静宁县"
        )
        page = person.get(f"/alerts/{next(iter(found))}").text
        assert "停水" in page
        assert "启动会商" in page
        wait_for(lambda: "the day is over" in demo.said, 240, why="the day's end")
        sent = re.search(r"the day is over: (\d+) posts", demo.said)
        assert sent
        books = demo.settled_books(int(sent[1]))
        assert books["all"]["repeated"] == 1
        assert books["all"]["rejected"] == 2
        wait_for(lambda: found.keys() <= person.alerts("静宁县", "已解除").keys(), 60, why="the alert's end")
        letters = person.get("/dead-letters").text
        assert "没有正文" in letters
        assert "时间在未来" in letters
    family = psutil.Process(demo.process.pid).children(recursive=True)
    assert len(family) >= 6
    assert stop(demo.process) == 0
    assert demo.said.rstrip().endswith("stopped")
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
