"""The pinned table."""

from __future__ import annotations

import pytest

from deploy.engines.artifacts import ELASTICSEARCH_VERSION, KAFKA_VERSION, parse, pinned

LINE = "org.example:thing:1.0:jar " + "ab" * 32 + " 7"


def test_a_line_gives_coordinates_checksum_and_size() -> None:
    (one,) = parse(f"# a comment\n\n[kafka]\n{LINE}\n")["kafka"]
    assert (one.coordinates, one.filename, one.size) == ("org.example:thing:1.0", "thing-1.0.jar", 7)


@pytest.mark.parametrize(
    "line", ["org.example:thing:1.0:jar", "org.example:thing:1.0:jar abcd 7", "thing " + "ab" * 32 + " 7"]
)
def test_a_line_without_a_full_pin_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"sha256|unpack"):
        parse(f"[kafka]\n{line}\n")


def test_every_engine_is_pinned_at_its_version() -> None:
    assert any(one.name == "kafka_2.13" and one.version == KAFKA_VERSION for one in pinned("kafka"))
    assert [one.version for one in pinned("elasticsearch")] == [ELASTICSEARCH_VERSION]


def test_no_file_is_named_twice() -> None:
    names = [one.filename for engine in ("kafka", "elasticsearch") for one in pinned(engine)]
    assert len(names) == len(set(names))
