"""Four eyes and the audience hold against whoever gives names, files and ids otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.review.audit import Act, AuditEntry, record_act
from curation.review.decisions import approve, archive, send_back, submit, verify
from curation.review.people import may_be_same
from curation.review.several import reassign
from curation.saving import save_draft
from curation.shown_text import shown_text
from curation.writing import etag_of
from library.access import Asker, Role
from library.errors import CasebookError, ReviewError, RoleError
from tests.conftest import concept_text
from tests.curation.review.reviewed import (
    ANN,
    CARL,
    CASE,
    CORA,
    PAULA,
    READER,
    desk_of,
    make_library,
    new_case,
    served,
    state_of,
)

_TALE = " ".join(f"word{n}" for n in range(60))
_CLOSED = {"classification": "confidential", "context": _TALE, "more": "owner: ann\naccess_groups: [red]\n"}
_RED = frozenset({"red"})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("carl", "Carl", True),
        ("Carl Smith", "carl  smith", True),
        ("Carl Smith", "Smith, Carl", True),
        ("Carl\u00a0Smith", "Carl\u200b Smith", True),
        ("Chloé Müller", "Chloe Muller", True),
        ("carl@example.org", "CARL@Example.org", True),
        ("carl+case@example.org", "carl@example.org", True),
        ("Carl Smith <carl@example.org>", "carl@example.org", True),
        ("Carl Smith <cs@old.example.org>", "Carl Smith <carl@example.org>", True),
        ("carl.smith@example.org", "Carl Smith", True),
        ("Carl Smith <cs@example.org>", "cs", True),
        ("carl", "carl@example.org", True),
        ("carl@example.org", "carl@example.com", False),
        ("Carl Smith", "Carl Smythe", False),
        ("carl", "carla", False),
        ("", "", False),
        ("  ", "-", False),
        ("@", "@", False),
    ],
)
def test_names_that_may_be_one_person(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """Case, accents, order, invisible characters and a mailbox in place of a name make no other person."""
    assert may_be_same(one, other) is same
    assert may_be_same(other, one) is same


@pytest.mark.parametrize(
    ("user", "more"),
    [
        ("carl@example.org", "owner: Carl <carl@example.org>\n"),
        ("Carl Smith", "owner: ann\nauthors: [bob, carl.smith@example.org]\n"),
        ("carl.smith@example.org", 'owner: ann\nauthors: ["Smith, Carl"]\n'),
    ],
)
def test_an_author_who_is_named_otherwise_does_not_approve(tmp_path: Path, user: str, more: str) -> None:
    """Whoever signs in by mailbox is still the author whom a file calls by name, and the other way round."""
    root = make_library(tmp_path / "lib", case_new=new_case(more=more))
    with pytest.raises(RoleError, match="wrote himself"):
        approve(desk_of(root, Asker(user, Role.PUBLISHER)), "case-new")
    approve(desk_of(root, CORA), "case-new")


def test_who_saved_it_by_another_name_does_not_approve_it(tmp_path: Path) -> None:
    """The audit's name of a saver is compared in the same way."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    record_act(state_of(root), AuditEntry("Carl <carl@example.org>", Act.SAVED, "case-new"))
    with pytest.raises(RoleError, match="saved it"):
        approve(desk_of(root, CARL), "case-new")


def test_taking_ones_name_out_of_the_file_helps_nothing(tmp_path: Path) -> None:
    """Who stood in the index as author of what waits does not approve it, until it was approved by another."""
    root = make_library(tmp_path / "lib", case_new=new_case(more="owner: ann\nauthors: [carl]\n"))
    served(root, CORA)
    (root / CASE).write_text(new_case(), encoding="utf-8")
    with pytest.raises(RoleError, match="were its owner or one of its authors"):
        approve(desk_of(root, CARL), "case-new")
    approve(desk_of(root, CORA), "case-new")
    served(root, CORA)
    (root / CASE).write_text(new_case(title="Later"), encoding="utf-8")
    approve(desk_of(root, CARL), "case-new")


def test_handing_on_what_is_ones_own_helps_nothing(tmp_path: Path) -> None:
    """A curator who names another as owner of his own item has written it all the same."""
    root = make_library(tmp_path / "lib", case_new=new_case(more="owner: carl\n"))
    assert reassign(desk_of(root, CARL), "carl", "ann").done
    with pytest.raises(RoleError, match="saved it"):
        approve(desk_of(root, CARL), "case-new")
    approve(desk_of(root, CORA), "case-new")


def test_two_files_that_are_swapped_are_not_approved(tmp_path: Path) -> None:
    """An approval is of bytes under an id: another item's approved text is none of this one's."""
    root = make_library(tmp_path / "lib", case_new=new_case(), case_other=new_case(title="Other"))
    for item_id in ("case-new", "case-other"):
        approve(desk_of(root, CARL), item_id)
    one, other = root / CASE, root / "cases/case-other.md"
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert not {"case-new", "case-other"} & served(root, READER).keys()


@pytest.mark.parametrize("name", ["kb/challenges/chl-newer.md", "kb/enablers/chl-new.md"])
def test_an_approved_file_under_another_id_or_type_is_not_approved(tmp_path: Path, name: str) -> None:
    """A renamed file is another item, and a file in another folder is read as another type: both wait."""
    root = make_library(tmp_path / "lib")
    place = root / "kb/challenges/chl-new.md"
    place.write_text(concept_text("New").replace("status: approved", "status: in_review"), encoding="utf-8")
    approve(desk_of(root, CARL), "chl-new")
    assert served(root, READER)["chl-new"] == "approved"
    (root / name).parent.mkdir(exist_ok=True)
    place.rename(root / name)
    assert Path(name).stem not in served(root, READER)
    assert served(root, CARL)[Path(name).stem] == "in_review"


def test_an_approved_file_may_lie_anywhere_among_its_kind(tmp_path: Path) -> None:
    """A folder below cases/ changes nothing of what was approved."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    approve(desk_of(root, CARL), "case-new")
    (root / "cases/2026").mkdir()
    (root / CASE).rename(root / "cases/2026/case-new.md")
    assert served(root, READER)["case-new"] == "approved"


@pytest.mark.parametrize("keeps_name", [True, False])
def test_a_closed_text_under_a_new_id_takes_a_publisher(tmp_path: Path, keeps_name: bool) -> None:  # noqa: FBT001
    """Renaming a file, or writing another id into it, is no way to open what was approved for few."""
    root = make_library(tmp_path / "lib", case_new=new_case(**_CLOSED))
    approve(desk_of(root, Asker("carl", Role.CURATOR, _RED)), "case-new")
    (root / CASE).unlink()
    given = {"context": f"Said anew. {_TALE}", "title": "Another"}
    text = new_case(**given, more="owner: ann\nid: case-newer\n" if keeps_name else "owner: ann\n")
    (root / (CASE if keeps_name else "cases/case-newer.md")).write_text(text, encoding="utf-8")
    with pytest.raises(RoleError, match="under another id") as caught:
        approve(desk_of(root, CARL), "case-newer")
    assert "case-new " not in caught.value.message
    approve(desk_of(root, PAULA), "case-newer")


def test_a_closed_text_under_a_new_id_for_the_same_people_takes_a_curator(tmp_path: Path) -> None:
    """Whoever renames a file for good reasons has it approved as it was."""
    root = make_library(tmp_path / "lib", case_new=new_case(**_CLOSED))
    carl = Asker("carl", Role.CURATOR, _RED)
    approve(desk_of(root, carl), "case-new")
    (root / CASE).unlink()
    (root / "cases/case-newer.md").write_text(new_case(**_CLOSED), encoding="utf-8")
    approve(desk_of(root, carl), "case-newer")


def test_the_youngest_approval_counts_for_the_audience(tmp_path: Path) -> None:
    """What was narrowed while files were trusted is not opened again by an older record."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    approve(desk_of(root, CARL), "case-new")
    served(root, READER)
    (root / CASE).write_text(new_case(**_CLOSED, status="approved"), encoding="utf-8")
    served(root, READER, approval="files")
    (root / CASE).write_text(new_case(title="Open again"), encoding="utf-8")
    with pytest.raises(RoleError, match="confidential becomes internal"):
        approve(desk_of(root, CARL), "case-new")


@pytest.mark.parametrize(
    "change",
    [
        ("classification: internal", "classification: Internal"),
        ("classification: internal\n", ""),
        ("classification: internal", "Classification: internal"),
        ("classification: internal", "classification: [internal]"),
        ("classification: internal", "classification: internal\nclassification: public"),
        ("classification: internal", "classification: confidential"),
        ("classification: internal", "classification: confidential\naccess_groups: []"),
        ("classification: internal", "classification: confidential\naccess_groups: [red]\nexistence: Discoverable"),
    ],
)
def test_what_decides_access_and_is_wrong_is_never_approved(tmp_path: Path, change: tuple[str, str]) -> None:
    """A classification, groups or existence that nobody can read as meant is refused, and served to nobody."""
    text = new_case()
    assert change[0] in text
    root = make_library(tmp_path / "lib", case_new=text.replace(*change, 1))
    before = (root / CASE).read_bytes()
    with pytest.raises(CasebookError):
        approve(desk_of(root, Asker("paula", Role.PUBLISHER, _RED)), "case-new")
    assert (root / CASE).read_bytes() == before
    assert "case-new" not in served(root, READER)


def test_only_a_verification_says_when_it_was_verified(tmp_path: Path) -> None:
    """Saving, submitting, returning, reassigning and archiving leave the day as it was, whatever a text says."""
    root = make_library(tmp_path / "lib", case_new=new_case(status="draft"))
    desk = desk_of(root, ANN)
    text = shown_text(desk, desk.item("case-new"))
    edited = text.replace("last_verified: 2026-06-30", "last_verified: 2026-07-31")
    save_draft(desk, edited, item_id="case-new", expect=etag_of(text.encode()))
    submit(desk_of(root, ANN), "case-new")
    send_back(desk_of(root, CARL), "case-new", "No.")
    reassign(desk_of(root, CARL), "ann", "bob")
    archive(desk_of(root, CARL), "case-new", "Old.")
    assert "last_verified: 2026-06-30\n" in (root / CASE).read_text(encoding="utf-8")
    saved = save_draft(desk_of(root, ANN), new_case(title="Fresh"))
    assert "last_verified" not in (root / saved.path).read_text(encoding="utf-8")


def test_what_is_not_approved_cannot_be_verified_by_its_author(tmp_path: Path) -> None:
    """Verifying is no approval: an edited text stays where it is."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    approve(desk_of(root, CARL), "case-new")
    (root / CASE).write_text(new_case(status="approved", title="Edited"), encoding="utf-8")
    with pytest.raises(ReviewError, match="approved in its file alone"):
        verify(desk_of(root, CORA), "case-new")
