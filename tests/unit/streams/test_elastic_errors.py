"""Every error of the client has its place in the gateway's table."""

from __future__ import annotations

import inspect
import json
import warnings
from typing import Any

import elastic_transport
import elasticsearch
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig, SerializationError

from streams.elastic import ERRORS, QuickJson, mapped
from streams.errors import Conflict, Misconfigured, Refused, Unavailable


def errors_of(module: Any, root: type[BaseException]) -> set[type[Exception]]:
    found = {one for _, one in inspect.getmembers(module, inspect.isclass) if issubclass(one, root)}
    return {one for one in found if issubclass(one, Exception) and not issubclass(one, Warning)}


def answer(status: int, kind: str = "some_exception") -> elasticsearch.ApiError:
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "localhost", 9200))
    body = {"error": {"root_cause": [{"type": kind, "reason": "because"}], "type": kind, "reason": "because"}}
    kinds: dict[int, type[elasticsearch.ApiError]] = {
        400: elasticsearch.BadRequestError,
        401: elasticsearch.AuthenticationException,
        403: elasticsearch.AuthorizationException,
        404: elasticsearch.NotFoundError,
        409: elasticsearch.ConflictError,
    }
    one = kinds.get(status, elasticsearch.ApiError)
    return one("said", meta, body)


def test_every_error_of_the_client_has_its_place() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = errors_of(elasticsearch, elasticsearch.ApiError) | errors_of(
            elastic_transport, elastic_transport.TransportError
        )
    theirs |= {elasticsearch.UnsupportedProductError}
    homeless = [one.__name__ for one in theirs if not any(issubclass(one, known) for known in ERRORS)]
    assert homeless == []


def test_a_special_error_stands_before_a_general_one() -> None:
    known = list(ERRORS)
    for place, one in enumerate(known):
        assert not any(issubclass(later, one) for later in known[place + 1 :]), one.__name__


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        (400, Misconfigured),
        (401, Refused),
        (403, Refused),
        (404, Misconfigured),
        (408, Unavailable),
        (409, Conflict),
        (429, Unavailable),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
def test_a_status_says_what_the_caller_must_do(status: int, ours: type[Exception]) -> None:
    found = mapped(answer(status))
    assert type(found) is ours
    assert str(found) == f"Elasticsearch: {status} some_exception: because"


def test_a_full_disk_is_a_persons_business() -> None:
    found = mapped(answer(403, "cluster_block_exception"))
    assert type(found) is Refused
    assert "free disk space" in str(found)


def test_an_error_without_words_is_one_line_too() -> None:
    assert "\n" not in str(mapped(elastic_transport.ConnectionError("a\nb")))
    assert str(mapped(elastic_transport.TransportError(""))).startswith("Elasticsearch: TransportError")


ANSWERS = ['{"a":"\\ud800"}', '{"a":[1,2.5,null,true,"字"]}', '{"a":123456789012345678901234567890}']


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_read_as_the_standard_library_reads_it(text: str) -> None:
    assert QuickJson().loads(text.encode()) == json.loads(text)
    with pytest.raises(SerializationError):
        QuickJson().loads(b'{"a":')
