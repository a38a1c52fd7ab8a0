"""Invented items of the ledger as raw rows, the same as stored records, and a plain count over the rows."""

from __future__ import annotations

import random
import statistics
from typing import Any

from alerts.ledger import Item, Pause, Reply, Return, Round, Survey
from alerts.reports.periods import DAY_MS, HOUR_MS, Window

Row = dict[str, Any]
UNITS = ("水务局", "教育局", "交通局", "小局")
TOPICS = ("城乡建设", "教育文体", "交通运输")
COUNTIES = ("620826", "620802", "")
OPEN_CHANNELS = ("门户网站", "政务微博")
OTHER_CHANNELS = ("电话答复", "")


def rows(window: Window, count: int, *, seed: int = 5, prefix: str = "i") -> list[Row]:
    """Return what happened to items received around a window; times ms UTC, 0 for what did not happen."""
    chance = random.Random(seed)
    return [_row(chance, window, f"{prefix}{number}") for number in range(count)]


def _row(chance: random.Random, window: Window, id_: str) -> Row:
    length = window.end - window.start
    received = window.start + int(length * (chance.random() * 1.2 - 0.2))
    fate = chance.choices(["valid", "dismissed", "merged"], [90, 5, 5])[0]
    unit = chance.choices(UNITS, [40, 30, 29, 1])[0]
    assigned = received + chance.randrange(HOUR_MS, DAY_MS) if chance.random() < 0.95 else 0
    accepted = assigned + chance.randrange(HOUR_MS) if assigned and chance.random() < 0.95 else 0
    first = accepted + chance.randrange(HOUR_MS, 4 * DAY_MS) if accepted and chance.random() < 0.9 else 0
    answered = first + chance.randrange(6 * DAY_MS) if first and chance.random() < 0.85 else 0
    closed = answered + chance.randrange(HOUR_MS, 2 * DAY_MS) if answered and chance.random() < 0.8 else 0
    row: Row = {
        "id": id_, "received": received, "fate": fate, "unit": unit if assigned else "", "assigned": assigned,
        "accepted": accepted, "first": first, "answered": answered, "closed": closed,
        "due": received + 5 * DAY_MS if chance.random() < 0.97 else 0, "topic": chance.choice(TOPICS),
        "county": chance.choice(COUNTIES), "kind": chance.choice(["help", "complaint", "suggest"]),
        "channel": chance.choice(OPEN_CHANNELS + OTHER_CHANNELS), "result": "", "calls": [], "returned": 0,
        "leader": chance.random() < 0.05, "signed": 0, "earlier": None, "paused": 0,
    }  # fmt: skip
    if closed:
        row["result"] = chance.choice(["solved", "explained", "adopted"])
        if chance.random() < 0.5:
            said = chance.choice(["satisfied", "basic", "not", "unreached", "none"])
            row["calls"] = [(said, chance.random() < 0.6, closed + HOUR_MS)]
    if row["leader"] and answered:
        row["signed"] = answered - 1
    if assigned and chance.random() < 0.1:
        row["returned"] = assigned + HOUR_MS // 2
    if accepted and not answered and chance.random() < 0.2:
        row["paused"] = accepted + HOUR_MS
    if closed and chance.random() < 0.15:  # opened again: the earlier handling stays on record
        row["earlier"] = {name: row[name] for name in ("unit", "due", "first", "answered", "closed")}
        again = closed + DAY_MS
        row |= {"again": again, "due": again + 5 * DAY_MS, "first": again + HOUR_MS, "answered": 0, "closed": 0,
                "unit": chance.choice(UNITS[:3]), "signed": 0, "result": ""}  # fmt: skip
    return row


def item(row: Row) -> Item:
    """Return a row as the record that the ledger would hold."""
    valid, earlier = row["fate"] == "valid", row["earlier"]
    state = row["fate"]
    if valid:
        state = "closed" if row["closed"] else "answered" if row["answered"] else "handling" if row["accepted"] else (
            "assigned" if row["assigned"] else "waiting"
        )  # fmt: skip
    replies: tuple[Reply, ...] = ()
    for done in (earlier, row):
        if done and done["answered"]:
            replies += (Reply(
                text="已办结", unit=done["unit"], channel=row["channel"], by="zhao", at=done["answered"], final=True
            ),)  # fmt: skip
    return Item(
        id=row["id"], title="演示", text="演示", source="portal", opinion_ids=(f"o{row['id']}",),
        posted_at=row["received"], received_at=row["received"], topic=row["topic"], county=row["county"], place="",
        kind=row["kind"], urgent=False, danger=False, limit="help",
        started_at=row["again"] if earlier else row["received"],
        updated_at=max(row[name] for name in ("received", "assigned", "accepted", "first", "answered", "closed")),
        due=row["due"], state=state, lead=row["unit"], assigned_at=row["assigned"], accepted_at=row["accepted"],
        first_reply_at=row["first"], answered_at=row["answered"], closed_at=row["closed"], result=row["result"],
        key_leader="leader" if row["leader"] else "", key_signed_at=row["signed"], replies=replies,
        surveys=tuple(Survey(satisfaction=said, solved=solved, by="w", at=at) for said, solved, at in row["calls"]),
        returns=(Return(unit="教育局", reason="错", by="z", at=row["returned"]),) if row["returned"] else (),
        pauses=(Pause(reason="等", since=row["paused"]),) if row["paused"] else (),
        rounds=(Round(
            lead=earlier["unit"], started_at=row["received"], due=earlier["due"], first_reply_at=earlier["first"],
            answered_at=earlier["answered"], closed_at=earlier["closed"], result="solved",
        ),) if earlier else (),
    )  # fmt: skip


def plain(some: list[Row], window: Window, cut: int) -> dict[str, int]:
    """Return the figures of rows, counted one by one: nothing of the program under test."""
    got = [row for row in some if window.start <= row["received"] < window.end]
    valid = [row for row in got if row["fate"] == "valid"]

    def current(row: Row) -> Row:
        """Return the handling that was under way at the cut-off."""
        return row if row["earlier"] is None or row["again"] <= cut else row["earlier"]

    def done(at: int) -> bool:
        return 0 < at <= cut

    answered = [row for row in valid if done(current(row)["answered"])]
    ever = [row for row in valid if done(current(row)["closed"]) or (row["earlier"] and done(row["earlier"]["closed"]))]
    called = [row["calls"][-1] for row in valid if row["calls"] and row["calls"][-1][2] <= cut]
    reached = [call for call in called if call[0] != "unreached"]
    public = [row for row in answered if row["channel"] in OPEN_CHANNELS]
    limits = []
    for row in some:
        if row["fate"] != "valid":
            continue
        handled = [row] if row["earlier"] is None else [row["earlier"], *([row] if row["again"] <= cut else [])]
        for one in handled:
            if one["due"] and window.start <= one["due"] < min(window.end, cut):
                still = one is handled[-1] and not done(one["answered"])
                limits.append((one, still, still and done(row["paused"])))
    counted = [(one, still) for one, still, paused in limits if not paused]
    return {
        "received": len(got), "valid": len(valid), "dismissed": sum(row["fate"] == "dismissed" for row in got),
        "merged": sum(row["fate"] == "merged" for row in got), "answered": len(answered),
        "closed": sum(done(current(row)["closed"]) for row in valid), "public": len(public),
        "private": len(answered) - len(public), "due": len(counted), "overdue": sum(still for _, still in counted),
        "in_time": sum(done(one["answered"]) and one["answered"] <= one["due"] for one, _ in counted),
        "paused": sum(paused for _, _, paused in limits), "called": len(called), "contacted": len(reached),
        "solved": sum(solved for _, solved, _ in reached),
        "rated": sum(said in {"satisfied", "basic", "not"} for said, _, _ in called),
        "satisfied": sum(said in {"satisfied", "basic"} for said, _, _ in called),
        "ended": len(ever), "repeated": sum(row["fate"] == "merged" for row in got),
        "reopened": sum(
            row["earlier"] is not None and row["again"] <= cut and done(row["earlier"]["closed"]) for row in valid
        ),
        "dispatched": sum(done(row["assigned"]) for row in valid),
        "returned": sum(done(row["returned"]) for row in valid),
        "key": sum(row["leader"] for row in valid), "key_signed": sum(done(row["signed"]) for row in valid),
        "suggestions": sum(row["kind"] == "suggest" for row in valid),
        "suggestions_published": sum(row["kind"] == "suggest" and row["result"] == "adopted" for row in public),
    }  # fmt: skip


def first_replies(some: list[Row], window: Window, cut: int) -> tuple[list[int], int]:
    """Return how long each first reply took, sorted, and how many wait."""
    took, waits = [], 0
    for row in some:
        if row["fate"] != "valid" or not window.start <= row["received"] < min(window.end, cut + 1):
            continue
        times = [one["first"] for one in (row["earlier"], row) if one and 0 < one["first"] <= cut]
        if times:
            took.append(min(times) - row["received"])
        else:
            waits += 1
    return sorted(took), waits


def middle(took: list[int], waits: int) -> int | None:
    """Return the median with those that wait as the longest; None where it falls on one of them."""
    found = statistics.median_low([*took, *[10**15] * waits])
    return None if found == 10**15 else found
