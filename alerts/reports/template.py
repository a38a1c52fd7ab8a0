"""What a department changes of its reports without code: letterhead, names, order of sections, words before and after.

A template is a YAML file named after a kind (`daily.yml`), laid over `common.yml` beside it. Its texts are Jinja in a
sandbox, and of Jinja only values, filters and conditions: no loop, call or import. A template never touches a figure,
a table, a note on the data, or the mark 待审签, and a fault in it never stops a report (`alerts.reports.dressing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import yaml
from jinja2 import nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct

from streams.errors import Misconfigured

COMMON = "common"
VARIABLES = {
    "unit": "发文单位", "city": "城市", "kind": "报告种类", "title": "原标题", "subtitle": "副标题", "period": "期次",
    "since": "统计起", "until": "统计止", "made": "成稿时间", "day": "成文日期",
    "figures": "主要数字，如 figures.posts",
}  # fmt: skip
"""What a text may name."""
TESTS = frozenset({"defined"})
FILTERS = frozenset({"default", "length", "replace", "trim", "upper", "lower"})
ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Filter, nodes.Test, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
"""What a text may be made of: nothing that repeats, calls, multiplies or reads another file."""
KEPT = ("数据说明", "数据来源")
"""Sections that say where figures come from and what is missing: no template leaves them, or a report's first, out."""
NUMBERED = re.compile(r"[〔\[（(]\s*(?:19|20)\d\d\s*[〕\]）)]\s*\d*\s*号")
LONGEST = 2000
"""Characters of one text, before and after it is filled in."""


class Template(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file; what is empty stays as the report has it.

    letterhead: the name at the head (发文机关标志; without seal or number); sections: titles in the order wanted, what
    is not named is left out (but never `KEPT`, nor the first); headings: a section's title → the one to print;
    opening, closing: paragraphs; signature: lines at the end, on the right.
    """

    letterhead: str = ""
    unit: str = ""
    title: str = ""
    opening: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    headings: dict[str, str] = {}
    closing: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()

    def texts(self) -> Iterator[str]:
        """Yield every text that is filled in."""
        yield from (self.letterhead, self.unit, self.title)
        for some in (self.opening, self.headings.values(), self.closing, self.signature):
            yield from some


def over(common: Template, own: Template) -> Template:
    """Return a kind's template: its own words where it has some, else the common ones; headings of both."""
    names = [name for name in Template.__struct_fields__ if name != "headings"]
    chosen = {name: getattr(own, name) or getattr(common, name) for name in names}
    return Template(**chosen, headings={**common.headings, **own.headings})


def parse(text: str, name: str) -> Template:
    """Return the template that a file holds. name: of the file, for the message. Raises Misconfigured, one line."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        raise Misconfigured(f"{name}{f', line {place.line + 1}' if place else ''}: not YAML") from None
    try:
        template = msgspec.convert(found or {}, Template)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"{name}: {error}") from None
    for one in template.texts():
        if why := fault(one):
            raise Misconfigured(f"{name}: {one[:40]!r}: {why}")
    if twice := {one for one in template.sections if template.sections.count(one) > 1}:
        raise Misconfigured(f"{name}: section {min(twice)} is named twice")
    return template


def fault(text: str) -> str:
    """Return why a text can't be used, empty if it can."""
    if len(text) > LONGEST:
        return f"longer than {LONGEST} characters"
    if NUMBERED.search(text):
        return "a draft carries no document number; whoever signs it gives it one"
    try:
        tree = _environment().parse(text)
    except jinja2.TemplateSyntaxError as error:
        return f"not Jinja: {error.message}"
    if why := next((why for node in tree.find_all(nodes.Node) if (why := _refused(node))), ""):
        return why
    unknown = find_undeclared_variables(tree) - set(VARIABLES)
    return f"unknown name {min(unknown)}; known: {', '.join(VARIABLES)}" if unknown else ""


def _refused(node: nodes.Node) -> str:
    if not isinstance(node, ALLOWED):
        return f"{type(node).__name__.lower()} is not allowed here; values, filters and conditions are"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return f"filter {node.name} is not allowed; {', '.join(sorted(FILTERS))} are"
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return f"test {node.name} is not allowed; {', '.join(sorted(TESTS))} is"
    parts = isinstance(node, nodes.Getattr | nodes.Getitem) and not _of_figures(node)
    return "only figures have parts, as figures.posts" if parts else ""


def _of_figures(node: nodes.Getattr | nodes.Getitem) -> bool:
    named = isinstance(node, nodes.Getattr) and not node.attr.startswith("_")
    return named and isinstance(node.node, nodes.Name) and node.node.name == "figures"


def filled(text: str, values: Mapping[str, Any]) -> str:
    """Return a text with its values. Raises Misconfigured for a figure that the report does not have."""
    try:
        done = _environment().from_string(text).render(values)
    except jinja2.TemplateError as error:
        raise Misconfigured(f"{text[:40]!r}: {error}") from None
    return done.strip()[:LONGEST]


def _environment() -> jinja2.Environment:
    return ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)  # nosec B701 - the renderers escape


def template_of(folder: Path | None, kind: str) -> Template:
    """Return a kind's template, the empty one where the folder has none. Raises Misconfigured, one line."""
    if folder is None:
        return Template()
    if not folder.is_dir():
        raise Misconfigured(f"HUIYING_REPORT_TEMPLATES={folder}: there is no such folder")
    return over(_read(folder / f"{COMMON}.yml"), _read(folder / f"{kind}.yml"))


def _read(path: Path) -> Template:
    try:
        return parse(path.read_text("utf-8"), path.name)
    except FileNotFoundError:
        return Template()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path.name} can't be read: {type(error).__name__}") from None


def looked_through(folder: Path, kinds: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names of a folder's templates, all of them sound. Raises Misconfigured with the first that is not.

    kinds: each kind of report with the titles its sections can have, empty where they are not known.
    """
    template_of(folder, COMMON)
    names = sorted(path.stem for path in folder.glob("*.yml"))
    for name in names:
        if name != COMMON and name not in kinds:
            raise Misconfigured(f"{name}.yml: there is no such kind of report; there are {', '.join(kinds)}")
        found, known = _read(folder / f"{name}.yml"), kinds.get(name, ())
        unknown = [one for one in (*found.sections, *found.headings) if known and one not in known]
        if unknown:
            raise Misconfigured(f"{name}.yml: no section is called {unknown[0]}; there are {'、'.join(known)}")
    return tuple(names)
