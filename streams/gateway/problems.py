"""What the intake answers when it does not take a request: RFC 9457, one clear line, nothing of the input in it."""

from __future__ import annotations

import math

from msgspec import Struct

from streams.errors import HuiyingError


class Kind(Struct, frozen=True):
    """One kind of problem: its status, its title, and what the sender should do."""

    status: int
    title: str
    todo: str


KINDS: dict[str, Kind] = {
    "unreadable": Kind(400, "the body can't be read", "send JSON or NDJSON in UTF-8, as the reference says"),
    "no_source": Kind(400, "it is not said which source this is", "name it in the page, or as ?source="),
    "no_key": Kind(401, "no key that is known", "give a key of `huiying key add`, as the reference says"),
    "bad_signature": Kind(401, "the signature is not right", "sign the raw body with the key, as the reference says"),
    "stale": Kind(401, "the signature's time is not now", "set the sender's clock, and sign each request anew"),
    "must_sign": Kind(401, "this key signs its requests", "sign the request; never send the key itself"),
    "scope": Kind(403, "the key may not write this source", "use this source's own key"),
    "not_found": Kind(404, "there is nothing here", "see /v1/docs"),
    "method": Kind(405, "this method is not for this address", "see /v1/docs"),
    "slow": Kind(408, "the body came too slowly", "send it again"),
    "replayed": Kind(409, "this signed request was already taken", "nothing; to send again, sign again"),
    "too_large": Kind(413, "the request is too large", "send fewer or shorter posts"),
    "media_type": Kind(415, "this type of content is not read", "application/json, application/x-ndjson; plain, gzip"),
    "all_bad": Kind(422, "none of the items can be taken", "mend them by their reasons; do not send them unchanged"),
    "rate": Kind(429, "too much for this key at once", "wait as Retry-After says, then send again"),
    "too_many_bad": Kind(429, "too many bad items from this key", "mend them first; wait as Retry-After says"),
    "fault": Kind(500, "a fault of ours", "send it again; if it happens again, tell the operator"),
    "busy": Kind(503, "too much at once", "send it again after Retry-After"),
    "no_kafka": Kind(503, "Kafka has not acknowledged", "send it again after Retry-After; twice does no harm"),
}


class Problem(HuiyingError):
    """A request that is not taken; kind: a key of KINDS; wait: seconds for Retry-After, where waiting helps."""

    def __init__(self, kind: str, detail: str = "", *, wait: float = 0.0, reason: str = "") -> None:
        """Keep its parts apart. `reason` is that of the dead letter which the whole body becomes, if it does."""
        super().__init__(f"{kind}: {detail or KINDS[kind].title}")
        self.kind, self.detail, self.wait, self.reason = kind, detail, wait, reason

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind].status

    @property
    def headers(self) -> dict[str, str]:
        """The headers that belong to it."""
        found = {"content-type": "application/problem+json", "cache-control": "no-store"}
        if self.wait or self.status in {429, 503}:
            found["retry-after"] = str(max(1, math.ceil(self.wait)))
        if self.status == 401:
            found["www-authenticate"] = 'Bearer realm="huiying", Huiying-HMAC-SHA256'
        return found

    def body(self) -> dict[str, object]:
        """Return the document that is answered."""
        kind = KINDS[self.kind]
        return {
            "type": f"/v1/docs#{self.kind}",
            "title": kind.title,
            "status": kind.status,
            "detail": f"{self.detail or kind.title}; {kind.todo}",
        }
