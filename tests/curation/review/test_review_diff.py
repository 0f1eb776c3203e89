"""What changed since the last approval: in words and lines, and nothing that the asker may not see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curation.review.decisions import approve
from curation.review.diff import ReviewDiff, review_diff
from library.access import Asker, Role
from library.errors import RoleError, UnknownItemError
from tests.curation.review.reviewed import CARL, CASE, PAULA, READER, desk_of, make_library, new_case

_RED = frozenset({"red"})


def _approved(tmp_path: Path, asker: Asker = CARL, **values: str) -> Path:
    root = make_library(tmp_path / "lib", case_new=new_case(**values), case_other=new_case())
    approve(desk_of(root, asker), "case-new")
    return root


def _edit(root: Path, old: str, new: str) -> None:
    text = (root / CASE).read_text(encoding="utf-8")
    assert old in text
    (root / CASE).write_text(text.replace(old, new), encoding="utf-8")


def _parts(found: ReviewDiff) -> dict[str, str]:
    return {part.name: part.as_text() for part in found.parts}


def test_words_and_fields_that_changed_are_told(tmp_path: Path) -> None:
    """A changed sentence shows its words within what stayed, a changed field both values."""
    root = _approved(tmp_path)
    _edit(root, "The customer had a problem.", "The customer had two problems.")
    _edit(root, "outcome: success", "outcome: partial")
    found = review_diff(desk_of(root, PAULA), "case-new")
    assert (
        _parts(found)
        == {
            "outcome": "[-success-]{+partial+}",
            "Challenge": "The customer had [-a problem-]{+two problems+}.",
        }
        or "two" in _parts(found)["Challenge"]
    )
    assert (found.by, found.is_otherwise_changed) == ("carl", False)
    assert "-The customer had a problem." in found.unified
    assert "+outcome: partial" in found.unified
    assert json.loads(json.dumps(found.as_dict()))["since"] == found.since


def test_what_was_never_approved_is_new_as_a_whole(tmp_path: Path) -> None:
    """Without an approval on record everything is added, and the text says so."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    found = review_diff(desk_of(root, CARL), "case-new")
    assert {segment.change for part in found.parts for segment in part.segments} == {"insert"}
    assert found.since == ""
    assert "no approved version" in found.as_lines()[0]


def test_nothing_differs_after_an_approval(tmp_path: Path) -> None:
    """Just after an approval there is nothing to see; of a comment it is said that the file differs."""
    root = _approved(tmp_path)
    assert review_diff(desk_of(root, CARL), "case-new").as_lines()[1:] == ["Nothing differs."]
    _edit(root, "owner: ann", "owner: ann  # really")
    found = review_diff(desk_of(root, CARL), "case-new")
    assert (found.parts, found.is_otherwise_changed) == ((), True)


def test_nothing_that_is_hidden_is_shown(tmp_path: Path) -> None:
    """Neither a CRM's key nor an id that the asker may not see stands in a diff; what he sees does."""
    root = _approved(tmp_path)
    secret = new_case(classification="restricted", more="owner: zoe\naccess_groups: [red]\n")
    (root / "cases/case-secret.md").write_text(secret, encoding="utf-8")
    _edit(root, "owner: ann", "owner: ann\naccount_key: ACME-1\nrelated: [case-secret, case-other, case-nowhere]")
    told = json.dumps(review_diff(desk_of(root, CARL), "case-new").as_dict())
    assert "ACME" not in told
    assert "case-secret" not in told
    assert "case-other" in told
    insider = Asker("ina", Role.CURATOR, _RED)
    assert "case-secret" in json.dumps(review_diff(desk_of(root, insider), "case-new").as_dict())


def test_an_older_version_that_was_closed_stays_closed(tmp_path: Path) -> None:
    """Who could not see the approved version sees the present one alone, as if there had been none."""
    insider = Asker("ina", Role.CURATOR, _RED)
    closed = {"classification": "confidential", "more": "owner: ann\naccess_groups: [red]\n", "context": "Zebra."}
    root = _approved(tmp_path, insider, **closed)
    (root / CASE).write_text(new_case(context="A firm."), encoding="utf-8")
    found = review_diff(desk_of(root, CARL), "case-new")
    assert "Zebra" not in json.dumps(found.as_dict())
    assert (found.since, found.by) == ("", "")
    assert "Zebra" in json.dumps(review_diff(desk_of(root, insider), "case-new").as_dict())


def test_hidden_items_have_no_diff(tmp_path: Path) -> None:
    """What the asker may not see now answers like what does not exist, whatever it was."""
    root = _approved(tmp_path)
    (root / CASE).write_text(new_case(classification="restricted"), encoding="utf-8")
    for item_id in ("case-new", "case-nowhere"):
        with pytest.raises(UnknownItemError):
            review_diff(desk_of(root, PAULA), item_id)
    with pytest.raises(RoleError):
        review_diff(desk_of(root, READER), "case-other")


def test_long_texts_are_compared_by_lines(tmp_path: Path) -> None:
    """A very long section is compared line by line, and no word is lost."""
    long = "\n\n".join(f"Line {n} of a long report about nothing in particular." for n in range(800))
    root = _approved(tmp_path, context=long)
    _edit(root, "Line 400 of", "Row 400 of")
    (part,) = review_diff(desk_of(root, CARL), "case-new").parts
    after = "".join(segment.text for segment in part.segments if segment.change != "delete")
    assert "Row 400 of" in after
    assert after.count("long report") == 800


def test_two_sections_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Sections with the same heading are compared in their order."""
    root = _approved(tmp_path, solution="One.\n\n## Notes\n\nFirst.\n\n## Notes\n\nSecond.")
    _edit(root, "Second.", "Third.")
    assert _parts(review_diff(desk_of(root, CARL), "case-new")) == {"Notes (2)": "[-Second-]{+Third+}."}
