"""Asking a receiver over HTTP, with its failures told apart: try again, rest, or never."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx

from alerts.channels.base import Busy
from streams.errors import Refused, Unavailable

TIMEOUT = 10.0
TRY_AGAIN = frozenset({408, 425, 500, 502, 503, 504})
UNSAID = frozenset({500, 502, 504})
"""Of these, what somebody on the way answers when the receiver may have taken the message all the same."""
TOO_MANY = 429
REST = 60.0
LONGEST_REST = 900.0
JSON = "application/json"


class Unanswered(Unavailable):
    """The request left and nobody said what became of it: the receiver may have it."""


async def post(url: str, body: Mapping[str, Any], *, seconds: float = TIMEOUT) -> httpx.Response:
    """Post JSON; see `ask`."""
    return await ask("POST", url, content=packed(body), headers={"Content-Type": JSON}, seconds=seconds)


def packed(body: Mapping[str, Any]) -> bytes:
    """Return a body as the bytes that are sent (and signed)."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


async def ask(
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = TIMEOUT,
) -> httpx.Response:
    """Return a 2xx answer. Raises Unavailable (Unanswered if it may have arrived), Busy or Refused, without the URL."""
    try:
        async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds) as client:
            where = httpx.URL(url).copy_merge_params(params) if params else httpx.URL(url)
            answer = await client.request(method, where, content=content, headers=headers)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError) as error:
        raise Refused("the webhook's address is not a URL") from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:  # nothing left
        raise Unavailable(f"no answer from the webhook: {type(error).__name__}") from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise Unanswered(f"no answer from the webhook: {type(error).__name__}") from error
    if answer.status_code == TOO_MANY:
        raise Busy("the webhook answered 429", rest=_rest(answer.headers.get("Retry-After", "")))
    if answer.status_code in TRY_AGAIN:
        how = Unanswered if answer.status_code in UNSAID else Unavailable
        raise how(f"the webhook answered {answer.status_code}")
    if not answer.is_success:
        raise Refused(f"the webhook answered {answer.status_code}")
    return answer


def _rest(after: str) -> float:
    """Return for how long a receiver wants nothing more, seconds: what it says, within bounds, else a minute."""
    return min(LONGEST_REST, float(after)) if after.isascii() and after.isdigit() else REST
