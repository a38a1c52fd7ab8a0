"""Entries are sealed; every kind of tampering is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.history import FIRST_PREVIOUS, Entry, entry_id, fault, hash_of, sealed

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def entry(**data: Any) -> Entry:
    """Return a first entry."""
    return sealed(1, FIRST_PREVIOUS, kind="view", subject="opinions", by="li", at=1, data=data)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_an_entry_read_back_is_the_entry_written(data: dict[str, Any]) -> None:
    """What goes through JSON and comes back has the same hash."""
    written = sealed(1, FIRST_PREVIOUS, kind="view", subject="opinions", by="li", at=1, data=data)
    read = msgspec.json.decode(msgspec.json.encode(written), type=Entry)
    assert fault(1, FIRST_PREVIOUS, read) == ""


@pytest.mark.parametrize(
    "change", [{"by": "wang"}, {"at": 2}, {"kind": "export"}, {"subject": "x"}, {"data": {"count": 2}}]
)
def test_a_changed_entry_is_found(change: dict[str, Any]) -> None:
    assert "校验值不符" in fault(1, FIRST_PREVIOUS, msgspec.structs.replace(entry(count=1), **change))


def test_a_missing_moved_or_rewritten_entry_is_found() -> None:
    first = entry(count=1)
    second = sealed(2, first.hash, kind="view", subject="opinions", by="li", at=2, data={})
    assert fault(2, first.hash, second) == ""
    assert "缺失" in fault(2, first.hash, None)
    assert "不衔接" in fault(2, entry(count=9).hash, second)  # the first was replaced by a well-sealed other one
    assert "序号" in fault(2, first.hash, sealed(3, first.hash, kind="v", subject="s", by="b", at=1, data={}))


def test_ids_sort_like_numbers_and_hashes_ignore_the_order_of_keys() -> None:
    assert sorted([entry_id(10), entry_id(9)]) == [entry_id(9), entry_id(10)]
    assert hash_of(entry(a=1, b=2)) == hash_of(entry(b=2, a=1))


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError):
        entry(thing=object())
