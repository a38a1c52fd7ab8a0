"""Settings: environment over file over defaults, unknown names refused, secrets masked."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.errors import Misconfigured
from streams.settings import ElasticSettings, KafkaSettings, WorkerSettings, load, shown

PARTS = (KafkaSettings, ElasticSettings, WorkerSettings)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "huiying.toml"
    file.write_text('kafka_port = 1\nkafka_prefix = "a-"\n', encoding="utf-8")
    kafka = load(PARTS, {"HUIYING_KAFKA_PORT": "2"}, file)[KafkaSettings]
    assert (kafka.kafka_port, kafka.kafka_prefix, kafka.kafka_partitions) == (2, "a-", 4)


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(Misconfigured, match="HUIYING_KAFKA_PROT; did you mean HUIYING_KAFKA_PORT"):
        load(PARTS, {"HUIYING_KAFKA_PROT": "2"})


def test_an_unknown_name_in_the_file_is_refused_too(tmp_path: Path) -> None:
    file = tmp_path / "huiying.toml"
    file.write_text("elastic_search = 1\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match="ELASTICSEARCH"):
        load(PARTS, {}, file)


@pytest.mark.parametrize("text", ["many", "1.5", ""])
def test_a_wrong_type_is_refused_with_the_name(text: str) -> None:
    with pytest.raises(Misconfigured, match="HUIYING_KAFKA_PORT must be of type int"):
        load(PARTS, {"HUIYING_KAFKA_PORT": text})


def test_a_broken_file_is_refused_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "huiying.toml"
    file.write_text("kafka_port = = 1", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"huiying\.toml"):
        load(PARTS, {}, file)


def test_names_of_the_test_suite_are_left_alone() -> None:
    load(PARTS, {"HUIYING_TEST_KAFKA": "x", "PATH": "y"})


def test_secrets_are_masked_where_settings_are_shown() -> None:
    values = shown(KafkaSettings(kafka_password="open sesame"))
    assert values["kafka_password"] == "***"
    assert "open sesame" not in str(values)


def test_an_empty_secret_shows_as_empty() -> None:
    assert shown(ElasticSettings())["elasticsearch_api_key"] == ""


def test_no_name_is_used_by_two_parts() -> None:
    from deploy.parts import PARTS as ALL

    names = [field for part in ALL for field in part.__dataclass_fields__]
    assert len(names) == len(set(names))
