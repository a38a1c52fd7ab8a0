"""A city in which everything that people wrote is an attack on whoever reads it; and what a page would make one do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

import ledger_items
import msgspec
import review_examples
from console_fakes import NOW, MemoryAudit, NoDocuments, NoLetters, NoReplies
from consultations import TO_ANSWER, TO_STATEMENT, Act, a_consultation, after
from ledger_items import MemoryLedger
from memory_versions import MemoryVersions
from reaching import JINGNING, MemoryConsultations, a_city, an_alert

from alerts import policy_moves as moves
from alerts.appraisal import read_weights
from alerts.console.parts import ConsoleParts
from alerts.history import Entry
from alerts.inspection import Inspection
from alerts.ledger import Item, Pause, Reply, Return, Survey, Urge
from alerts.matters import Event
from alerts.moves import Step
from alerts.policy import Policy
from alerts.policy_moves import opened
from alerts.reply import Answering, Judged, SentBack, Version
from alerts.rulebook_versions import Version as RuleVersion
from alerts.saved_searches import SavedSearch
from alerts.silences import Matcher, Silence
from analyzers.reply_checks import Fault
from streams.clock import ms

EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)> {{7*7}}${7*7} javascript:alert(4)"
)


OURS = re.compile(r"/(?!/)|#|\?|data:image/|otpauth://totp/Huiying:")
"""Where a link or an image may lead: to us, to a picture in the page, to an app for codes."""


class Found(HTMLParser):
    """What a page would make a browser do: tags, and the attributes that act."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and not re.fullmatch(r"/static/[\w.-]+\?v=\w+", given.get("src", "")):
            self.wrong.append(f"script {given}")
        if tag in {"iframe", "object", "embed", "base"} or (tag == "img" and not given.get("src", "").startswith("/")):
            self.wrong.append(f"{tag} {given}")
        for name, value in given.items():
            if name.startswith("on") or name == "style":
                self.wrong.append(f"{tag} {name}={value}")
            if name in {"href", "src", "action", "formaction"} and not OURS.match(value):
                self.wrong.append(f"{tag} {name}={value}")


class EvilTexts(NoDocuments):
    """An index in which every text is an attack; titles, places, topics and reasons too."""

    async def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        await super().search(index, body)
        at = ms(NOW)
        document = {
            "id": "x", "source": "weibo", "kind": "post", "text": EVIL, "title": EVIL, "posted_at": at, "at": at,
            "received_at": at, "late": False, "topic": EVIL, "subtopic": EVIL, "county": JINGNING, "place": EVIL,
            "intent": "help", "urgent": True, "urgent_terms": [EVIL], "danger": True, "event_key": EVIL, "likes": 1,
            "status": "", "indexed_at": at, "reason": EVIL, "detail": EVIL, "origin": EVIL, "ref": EVIL, "size": 1,
            "state": "", "by": EVIL, "changed_at": at, "note": EVIL, "what": EVIL, "position": at, "since": at,
            "until": at, "alert": "a1", "channel": EVIL, "to": [EVIL], "sent_at": at, "error": EVIL, "tries": 2,
            "subject": EVIL, "lines": [EVIL],
        }  # fmt: skip
        found = {"hits": {"total": {"value": 1}, "hits": [{"_source": document, "sort": [at, "x"]}]}}
        buckets = [{"key": EVIL, "key_as_string": EVIL, "doc_count": 9}]
        if not index.startswith("opinions"):
            return found if index.startswith(("notices", "rejected")) else await NoDocuments().search(index, body)
        aggs = {name: {"values": {"buckets": buckets}, "doc_count": 9} for name in body.get("aggs", {})}
        span = {"time": {"buckets": []}, "first": {"value": at}, "last": {"value": at}}
        return {**found, "aggregations": {**aggs, **span}}


class EvilMatters:
    """One matter, named as an attack."""

    event = Event(
        id="x", title=EVIL, terms=(EVIL,), weights=(1.0,), county=JINGNING, first=ms(NOW), last=ms(NOW), count=2,
        distinct=2, sources={"weibo": 2}, posts=("x", "y"), decided=0, current=True, at=ms(NOW),
    )  # fmt: skip

    async def list(self) -> list[Event]:
        return [self.event, msgspec.structs.replace(self.event, id="y")]

    async def get(self, event: str) -> Event | None:
        return self.event if event == "x" else None

    async def decisions(self) -> tuple[Any, ...]:
        return ()


class EvilPolicies:
    """One policy document, whose every word is an attack."""

    async def list(self) -> Sequence[Policy]:
        return [self.one]

    async def get(self, policy: str) -> Policy | None:
        return self.one if policy == "x" else None

    @property
    def one(self) -> Policy:
        at = ms(NOW)
        start = opened(title=EVIL, unit=EVIL, by="li", role="officer", now=NOW)
        plan = {"form": "questions", "channel": EVIL, "interpreter": EVIL, "outline": EVIL}
        planned = moves.make(start, "plan", by="li", role="officer", data=plan, now=NOW)
        return msgspec.structs.replace(
            planned, id="x", number=EVIL, document=EVIL, interpretation=EVIL, written_by=EVIL, signed_by=EVIL,
            signed_at=at, exempt_reason=EVIL, document_at=at, document_link=EVIL, alone_reason=EVIL,
            interpretation_at=at, interpretation_link=EVIL, corrections=(EVIL,),
        )  # fmt: skip


class EvilInspections:
    """One finding of an inspection, whose every word is an attack."""

    weights = read_weights("")
    one = Inspection(
        id="x", title=EVIL, form="reading", unit=EVIL, finding="leak", effect="deduct", points=1.0, text=EVIL,
        at=ms(NOW), opened_at=ms(NOW), opened_by=EVIL, updated_at=ms(NOW), where=EVIL, period=EVIL, state="decided",
        corrected_at=ms(NOW), remedy=EVIL, appeal=EVIL, appealed_by=EVIL, appealed_at=ms(NOW), upheld=True,
        restored=1.0, reason=EVIL, decided_by=EVIL, decided_at=ms(NOW),
        steps=(Step(number=1, move="open", by=EVIL, role="admin", at=ms(NOW), state="recorded", note=EVIL),),
    )  # fmt: skip

    async def list(self, units: Sequence[str] = ()) -> Sequence[Inspection]:
        del units
        return [self.one]

    async def get(self, inspection: str) -> Inspection | None:
        return self.one if inspection == "x" else None


class EvilSilences:
    """One silence, whose reason is an attack."""

    one = Silence(
        id="x", matchers=(Matcher("topic", "=", EVIL),), made_by=EVIL, reason=EVIL, starts=ms(NOW),
        ends=ms(NOW) + 3_600_000, made_at=ms(NOW),
    )  # fmt: skip

    async def list(self, since: int) -> Sequence[Silence]:
        del since
        return [self.one]

    async def get(self, silence: str) -> Silence | None:
        return self.one if silence == "x" else None


class EvilSearches:
    """One kept search, named as an attack."""

    one = SavedSearch(id="x", name=EVIL, role="", asked={"q": EVIL}, at=ms(NOW))

    async def list(self, role: str) -> list[SavedSearch]:
        del role
        return [self.one]

    async def get(self, search: str) -> SavedSearch | None:
        return self.one if search == "x" else None

    async def of(self, posts: Any) -> dict[str, Any]:
        del posts
        return {}


class EvilLetters(NoLetters):
    """A dead letter that is an attack."""

    async def letter(self, letter_id: str) -> Any:
        return {
            "id": letter_id, "source": EVIL, "origin": EVIL, "ref": EVIL, "reason": EVIL, "detail": EVIL, "size": 1,
            "at": ms(NOW), "state": "", "by": EVIL, "changed_at": ms(NOW), "note": EVIL,
        }  # fmt: skip

    async def content(self, letter_id: str) -> tuple[dict[str, str], str]:
        return {"text": EVIL, "title": EVIL, "source": letter_id + EVIL}, EVIL


ENTRY = Entry(
    seq=1, kind=EVIL, subject=EVIL, by=EVIL, at=ms(NOW), data={EVIL: EVIL, "ids": [EVIL]}, previous=EVIL, hash=EVIL
)


class EvilAudit(MemoryAudit):
    """A history in which somebody was called an attack."""

    async def latest(self, *, kind: str = "", size: int = 200) -> list[Any]:
        del kind, size
        return [ENTRY]


def evil_item() -> Item:
    """Return an item of the ledger, whose every word is an attack."""
    at = ms(NOW) - 60_000
    reply = Reply(text=EVIL, unit=EVIL, channel=EVIL, by=EVIL, at=at, final=True, link=EVIL)
    step = Step(number=1, move="assign", by=EVIL, role="officer", at=at, state="answered", note=EVIL)
    survey = Survey(satisfaction="not", solved=False, by=EVIL, at=at, remark=EVIL)
    return msgspec.structs.replace(
        ledger_items.item(), id="l1", title=EVIL, text=EVIL, topic=EVIL, place=EVIL, basis=EVIL, suggested=EVIL,
        state="answered", lead=EVIL, assists=(EVIL,), supervisor=EVIL, key_leader=EVIL, key_reason=EVIL,
        result="partly", result_reason=EVIL, extension=1, extension_reason=EVIL, extension_told=EVIL,
        pauses=(Pause(reason=EVIL, since=at, until=at),), urges=(Urge(text=EVIL, by=EVIL, at=at),),
        returns=(Return(unit=EVIL, reason=EVIL, by=EVIL, at=at, better=EVIL),), replies=(reply,), surveys=(survey,),
        dismissed_reason=EVIL, steps=(step,),
    )  # fmt: skip


class EvilReplies(NoReplies):
    """One reply whose every word is an attack, in each of its states' places at once."""

    one = Answering(
        id="x", item="l1", title=EVIL, number=1, round=0, kind="correction", unit=EVIL, county=EVIL, created_at=1,
        updated_at=2, state="published", corrects=EVIL, reason=EVIL, reviewed_by=EVIL, signed_by=EVIL, signed_at=1,
        published_by=EVIL, published_at=2, channel=EVIL, link=EVIL, withdrawn_reason=EVIL,
        versions=(
            Version(number=1, text="原稿", by=EVIL, at=1),
            Version(number=2, text=EVIL, by=EVIL, at=1, judged=(
                Judged(move="pass", by=EVIL, at=1, remark=EVIL, faults=(Fault("tone", EVIL, 0, 1),)),
            )),
        ),
        returns=(SentBack(version=2, reason=EVIL, by=EVIL, at=1),),
        steps=(Step(number=1, move="begin", by=EVIL, role="handler", at=1, state="drafting", note=EVIL),),
    )  # fmt: skip

    async def get(self, _: str) -> Any:
        return self.one

    async def of(self, item: str) -> list[Any]:
        return [msgspec.structs.replace(self.one, item=item, state="drafting"), self.one]

    async def list(self, *_: Any, **__: Any) -> list[Any]:
        return [self.one]


def evil_city() -> ConsoleParts:
    """Return the parts of that city."""
    c = after(a_consultation(title=EVIL, grade_reason=EVIL), (*TO_STATEMENT, *TO_ANSWER[:1]))
    evil: list[Act] = [
        ("add_fact", "li", "officer", {"text": EVIL, "confirmed": False, "source": EVIL}),
        ("add_question", "li", "officer", {"text": EVIL}),
        ("dissent", "li", "officer", {"text": EVIL, "unit": EVIL}),
        ("call", "li", "officer", {"unit": EVIL, "part": EVIL}),
        ("admit", "li", "officer", {"text": EVIL}),
    ]
    given = a_city(
        consultations=MemoryConsultations(after(c, evil)), documents=EvilTexts(), matters=EvilMatters(),
        searches=EvilSearches(), policies=EvilPolicies(), ledger=MemoryLedger(evil_item()), silences=EvilSilences(),
        replies=EvilReplies(), reviews=review_examples.evil_reviews(EVIL),
        inspections=EvilInspections(),
        rulebooks=MemoryVersions(
            RuleVersion(id="v1", mark=EVIL, text=EVIL, state="invalid", by=EVIL, at=1, note=EVIL, problem=EVIL,
                    decided_by=EVIL, decided_at=2, reason=EVIL)
        ),
        letters=EvilLetters(), audit=EvilAudit(), city=EVIL,
    )  # fmt: skip
    sample = msgspec.structs.replace(an_alert("a1", JINGNING).samples[0], text=EVIL)
    alert = an_alert(
        "a1", JINGNING, "c1", title=EVIL, reason=EVIL, phrase=EVIL, note=EVIL, rule=EVIL, rule_title=EVIL,
        samples=(sample,), verdict="true", verdict_reason=EVIL, verdict_by=EVIL, acknowledged_by=EVIL,
    )  # fmt: skip
    given.alerts.store.rows["a1"] = (alert, 0)
    return given
