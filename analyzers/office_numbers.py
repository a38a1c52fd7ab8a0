"""Public texts keep an office's own telephone and lose a person's: a reply must say whom to call.

A landline (with or without area code) and 400 numbers are an office's in a text that an office writes; a mobile number
may be anybody's, so it is taken out.
"""

from __future__ import annotations

import re
import unicodedata

from analyzers.masking import Mark, trace

_OFFICE = re.compile(r"(?:\(?0\d{2,3}\)?[-— ]?)?[2-8]\d{6,7}|400[- ]?\d{3}[- ]?\d{4}")
PLACEHOLDER = re.compile(r"〔[^〔〕]{1,6}〕")
"""What a mask leaves in a text."""


def of_an_office(mark: Mark, text: str) -> bool:
    """Say whether what a mask covers is an office's telephone."""
    given = unicodedata.normalize("NFKC", text[mark.source_start : mark.source_end]).strip()
    return mark.kind == "phone" and _OFFICE.fullmatch(given) is not None


def without_persons(text: str) -> str:
    """Return a text an office writes, with what belongs to persons masked and the offices' telephones as they were."""
    found = trace(text)
    out = found.text
    for mark in sorted(found.marks, reverse=True):
        if of_an_office(mark, text):
            out = out[: mark.start] + text[mark.source_start : mark.source_end] + out[mark.end :]
    return out
