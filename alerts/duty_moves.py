"""How stand-ins, absences and swaps are asked for, answered, approved and taken back: plain functions.

What is asked for holds once whoever takes another's hours has agreed, and, for kinds that the rota names under
`approval`, once a leader or an admin who is none of them has approved. All act for themselves, an admin for anybody.
Nothing is asked for or agreed to that would put somebody at two posts at once, or two at one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from alerts.consultation_guards import SIGNERS, Act
from alerts.duty import POSTS
from alerts.fields import Field, in_words, read, refusal
from alerts.moves import Row, Step
from alerts.rota import STATES, Change, Rota, change_id, moment
from alerts.rota_check import DAY_MS, check
from alerts.rota_who import Span, spans
from streams.clock import beijing, ms
from streams.errors import Misconfigured

WORKERS = frozenset({"officer", "supervisor", "analyst", "leader", "admin"})
AHEAD = 60
"""Days ahead whose shifts can be asked for."""
SPAN_MOST = 60 * DAY_MS
Guard = Callable[[Rota, Change, Act], str]
Move = Row[Callable[[Change, Act], Change], Guard]


def shifts(rota: Rota, now: int) -> dict[str, Span]:
    """Return the shifts that are not over (ms UTC) by a key that a form may carry, as far as the calendar knows."""
    today = moment(beijing(now).date(), "00:00")  # so that a key stays the same over a day
    for days in (AHEAD, 30, 7):
        try:
            found = spans(rota, today - 7 * DAY_MS, today + days * DAY_MS)
        except Misconfigured:
            continue
        return {f"{one.post}-{one.since}-{one.person}": one for one in found if one.person and one.until > now}
    return {}


def shift_words(rota: Rota, one: Span) -> str:
    """Return a shift in words: `11月24日 08:30—18:00 值班员 张甲`."""
    begins, ends = beijing(one.since), beijing(one.until)
    same = begins.date() == ends.date()
    until = f"{ends:%H:%M}" if same else f"{ends:%m月%d日 %H:%M}"
    return f"{begins:%m月%d日 %H:%M}—{until} {POSTS[one.post]} {rota.name(one.person)}"


def answers(change: Change) -> str:
    """Return who must agree: who takes the hours, or who gives them up to one who offers himself; empty for nobody."""
    if change.kind == "override":
        return change.person if change.person != change.made_by else change.other
    return change.other


_OWN = Field(name="mine", label="本人的班次", kind="choice")
ASKS: dict[str, tuple[Field, ...]] = {
    "swap": (
        _OWN, Field(name="theirs", label="对方的班次", kind="choice"),
        Field(name="reason", label="事由", masked=True),
    ),
    "override": (
        Field(name="shift", label="班次", kind="choice"), Field(name="person", label="代班人", kind="choice"),
        Field(name="reason", label="事由", masked=True),
    ),
    "absence": (
        Field(name="who", label="请假人", kind="choice", required=False),
        Field(name="since", label="开始", kind="time"), Field(name="until", label="结束", kind="time"),
        Field(name="other", label="代班人", kind="choice", required=False),
        Field(name="reason", label="事由", masked=True),
    ),
}  # fmt: skip
"""What each kind of request asks for."""
TITLES = {"swap": "申请换班", "override": "请人代班", "absence": "请假"}


def asking_options(rota: Rota, field: Field, *, by: str, role: str, now: int) -> Mapping[str, str]:
    """Return what this person can choose: own shifts, those of others, people of the rota."""
    people = {key: one.name for key, one in rota.people.items()}
    if field.name == "who":
        return people if role == "admin" else {by: rota.name(by)}
    if field.name in {"person", "other"}:
        return people
    known, own = shifts(rota, now), by if role != "admin" else ""
    return {
        key: shift_words(rota, one)
        for key, one in known.items()
        if (field.name == "theirs" and one.person != own and one.since > now)
        or (field.name == "mine" and own in {"", one.person} and one.since > now)
        or (field.name == "shift" and own in {"", one.person})
    }


def ask(rota: Rota, kind: str, data: Mapping[str, Any], *, by: str, role: str, now: datetime) -> Change:
    """Return a request as it is first stored; raises Rejected, with one Chinese sentence, if it makes no sense."""
    if kind not in ASKS:
        raise refusal("没有这种申请。")
    if role not in WORKERS or not by:
        raise refusal("您的角色不能申请调整排班。")
    if by not in rota.people and role != "admin":
        raise refusal("您不在排班表的值班人员中，请联系系统管理员。")
    at = ms(now)

    def options(field: Field) -> Mapping[str, str]:
        return asking_options(rota, field, by=by, role=role, now=at)

    given = read(TITLES[kind], ASKS[kind], data, options)
    change = _change(rota, kind, given, by, at)
    if change.until <= change.since or max(change.until, change.other_until) <= at:
        raise refusal("结束时间须晚于开始时间，并且还没有过去。")
    if change.until - change.since > SPAN_MOST:
        raise refusal("一次不能超过60天。")
    if change.person == change.other:
        raise refusal("两个人不能是同一人。")
    if why := fits(rota, change):
        raise refusal(why)
    state = "asked" if answers(change) and answers(change) != by else _after(rota, change)
    note = in_words(ASKS[kind], given, options)
    step = Step(number=1, move="ask", by=by, role=role, at=at, state=state, note=note)
    return replace(change, state=state, steps=(step,), approver=by if state == "agreed" else "")


def _change(rota: Rota, kind: str, given: Mapping[str, Any], by: str, at: int) -> Change:
    known = shifts(rota, at)
    fields: dict[str, Any] = {"reason": given["reason"], "made_by": by, "made_at": at}
    if kind == "swap":
        mine, theirs = known[given["mine"]], known[given["theirs"]]
        fields |= {
            "person": mine.person, "since": mine.since, "until": mine.until, "other": theirs.person,
            "other_since": theirs.since, "other_until": theirs.until,
        }  # fmt: skip
    elif kind == "override":
        one = known[given["shift"]]
        fields |= {
            "person": given["person"], "other": one.person, "post": one.post, "since": max(one.since, at),
            "until": one.until,
        }  # fmt: skip
    else:
        fields |= {
            "person": given.get("who", by), "other": given.get("other", ""), "since": given["since"],
            "until": given["until"],
        }  # fmt: skip
    id_ = change_id(kind, fields["person"], fields["since"], by, at)
    return Change(id=id_, kind=kind, **fields)  # type: ignore[arg-type]  # a key of ASKS, which are KINDS


def _after(rota: Rota, change: Change) -> Any:
    """Return the state once everybody who takes part has agreed."""
    return "accepted" if change.kind in rota.approval else "agreed"


def fits(rota: Rota, change: Change) -> str:
    """Return why a change can't hold beside the others, in Chinese: one at two posts, or two at one; or nothing."""
    since = min(one for one in (change.since, change.other_since) if one)
    days = -(-(max(change.until, change.other_until) - since) // DAY_MS)
    others = tuple(one for one in rota.changes if one.id != change.id)
    before = check(replace(rota, changes=others), since, days)
    after = check(replace(rota, changes=(*others, replace(change, state="agreed"))), since, days)
    for one in after:
        same = [old for old in before if (old.kind, old.said) == (one.kind, one.said)]
        had = sum(max(0, min(one.until, old.until) - max(one.since, old.since)) for old in same)
        if one.kind in {"twice", "overlap"} and had < one.until - one.since:
            return f"这样调整后，{beijing(one.since):%m月%d日 %H:%M}起{one.said}，请另选班次。"
    return ""


def _answerer(_: Rota, c: Change, act: Act) -> str:
    return "" if act.by == answers(c) or act.role == "admin" else "须由对方本人答复。"


def _asker(_: Rota, c: Change, act: Act) -> str:
    return "" if act.by == c.made_by or act.role == "admin" else "只有申请人可以撤回。"


def _neither(_: Rota, c: Change, act: Act) -> str:
    return "当事人和申请人不能批准自己的调整。" if act.by in {c.person, c.other, c.made_by} else ""


def _still(_: Rota, c: Change, act: Act) -> str:
    return "已经过期，请重新申请。" if (c.since if c.kind == "swap" else c.until) <= act.now else ""


def _both_ahead(_: Rota, c: Change, act: Act) -> str:
    if c.kind == "swap" and min(c.since, c.other_since) <= act.now:
        return "换班已经开始，不能撤销；请另行安排代班。"
    return "已经过去，不能撤销。" if c.until <= act.now else ""


def _canceller(_: Rota, c: Change, act: Act) -> str:
    own = c.kind == "absence" and act.by == c.person
    return "" if own or act.role in SIGNERS else "已生效的调整由领导或系统管理员撤销。"


def _fitting(rota: Rota, c: Change, _: Act) -> str:
    return fits(rota, c)


def _decide(c: Change, act: Act) -> Change:
    return replace(c, decided_by=act.by, decided_at=act.now, decided_why=act.data.get("reason", ""))


def _say_yes(c: Change, act: Act) -> Change:
    return replace(_decide(c, act), approver=act.by)


def _cancel(c: Change, act: Act) -> Change:
    """Take back what has not begun; end what has, so that who was on duty stays as it was."""
    c = _decide(c, act)
    return replace(c, state="agreed", until=act.now) if c.since < act.now else replace(c, state="withdrawn")


_WHY = Field(name="reason", label="理由", masked=True)
MOVES: tuple[Move, ...] = (
    Move(name="agree", title="同意", ways={"asked": "agreed"}, roles=WORKERS, change=_say_yes,
         guards=(_answerer, _still, _fitting)),
    Move(name="refuse", title="不同意", ways={"asked": "refused"}, roles=WORKERS, change=_decide, fields=(_WHY,),
         guards=(_answerer,)),
    Move(name="approve", title="批准", ways={"accepted": "agreed"}, roles=SIGNERS, change=_say_yes,
         guards=(_neither, _still, _fitting)),
    Move(name="decline", title="不批准", ways={"accepted": "refused"}, roles=SIGNERS, change=_decide, fields=(_WHY,),
         guards=(_neither,)),
    Move(name="withdraw", title="撤回", ways={"asked": "withdrawn", "accepted": "withdrawn"}, roles=WORKERS,
         change=_decide, guards=(_asker,)),
    Move(name="cancel", title="撤销", ways={"agreed": "withdrawn"}, roles=WORKERS, change=_cancel, fields=(_WHY,),
         guards=(_canceller, _both_ahead)),
)  # fmt: skip
BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def may(rota: Rota, c: Change, move: Move, act: Act) -> str:
    """Return why somebody can't make a move now, in Chinese; nothing if he can."""
    if c.state not in move.ways:
        return f"当前为“{STATES[c.state]}”，不能“{move.title}”。"
    if act.role not in move.roles:
        return f"“{move.title}”须由领导或系统管理员办理。"
    return next((why for check_ in move.guards if (why := check_(rota, c, act))), "")


def make(
    rota: Rota, c: Change, name: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime
) -> Change:
    """Return the change after a move; raise Rejected, with one Chinese sentence, if it isn't allowed."""
    move = BY_NAME.get(name)
    if move is None:
        raise refusal("没有这种操作。")
    if not by:
        raise refusal("须由具名人员办理。")
    given = read(move.title, move.fields, data, lambda field: field.choices)
    act = Act(by=by, role=role, now=ms(now), data=given)
    if why := may(rota, c, move, act):
        raise refusal(why)
    state = _after(rota, c) if name == "agree" else move.ways[c.state]
    after = move.change(replace(c, state=state), act)
    note = in_words(move.fields, given, lambda field: field.choices)
    step = Step(number=c.revision + 1, move=name, by=by, role=role, at=act.now, state=after.state, note=note)
    return replace(after, steps=(*c.steps, step))


def words(rota: Rota, c: Change) -> str:
    """Return a change in one Chinese line, with who does what when."""

    def hours(since: int, until: int) -> str:
        return f"{beijing(since):%m月%d日 %H:%M}—{beijing(until):%m月%d日 %H:%M}"

    one, other = rota.name(c.person), rota.name(c.other)
    if c.kind == "swap":
        theirs = hours(c.other_since, c.other_until)
        return f"{one} {hours(c.since, c.until)} 的班由{other}值；{other} {theirs} 的班由{one}值"
    if c.kind == "override":
        return f"{one} {hours(c.since, c.until)} {POSTS[c.post]}" + (f"，代{other}" if c.other else "")
    return f"{one} {hours(c.since, c.until)} 请假，{f'由{other}代班' if c.other else '无人代班'}"
