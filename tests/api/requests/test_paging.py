"""Cursors over lists."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.requests.paging import make_cursor, page_of, read_cursor
from api.requests.problems import ProblemError

_CHARACTERS = st.characters(codec="utf-8")
_KEYS = st.lists(st.text(min_size=1, alphabet=_CHARACTERS), unique=True).map(sorted)


def _walk(entries: Sequence[str], limit: int) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = page_of(entries, str, cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        assert page.total == len(entries)
        found += page.items
        if page.next is None:
            return found
        cursor = page.next


@given(_KEYS, st.integers(min_value=1, max_value=7))
def test_pages_give_every_entry_once_and_in_order(entries: list[str], limit: int) -> None:
    """Following `next` to its end gives the whole list, whatever the length of a page."""
    assert _walk(entries, limit) == entries


def test_the_last_page_has_no_next() -> None:
    """A page that ends the list says so, also when it is full."""
    assert page_of(["a", "b"], str, cursor=None, limit=2).next is None


def test_entries_may_go_between_two_pages() -> None:
    """A cursor still works when the entry that it was made of is gone."""
    page = page_of(["a", "b", "c"], str, cursor=None, limit=2)
    assert page_of(["a", "c", "d"], str, cursor=page.next, limit=9).items == ("c", "d")


@given(st.text(alphabet=_CHARACTERS))
def test_a_cursor_brings_its_key_back(key: str) -> None:
    """What is made is read."""
    assert read_cursor(make_cursor(key)) == key


@given(st.text(max_size=40))
def test_a_cursor_that_was_not_made_here_is_refused(text: str) -> None:
    """Anything else is a fault in the field `cursor`, never a failure and never an empty page."""
    with pytest.raises(ProblemError) as caught:
        read_cursor(text)
    assert caught.value.status == 422
    assert caught.value.extensions["errors"][0]["field"] == "cursor"


def test_a_changed_cursor_is_refused() -> None:
    """A cursor's text is not for building."""
    cursor = make_cursor("case-b")
    for changed in (cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB"), cursor + "=", cursor[1:], f" {cursor}"):
        with pytest.raises(ProblemError):
            page_of(["a"], str, cursor=changed, limit=1)


def test_no_cursor_is_the_beginning() -> None:
    """None is no cursor; an empty one counts as none."""
    for cursor in (None, ""):
        assert page_of(["a"], str, cursor=cursor, limit=1).items == ("a",)
