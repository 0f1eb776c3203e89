"""A purge: no word of the item is left in the index, the cache or the state, and what is left elsewhere is named."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from api.requests.idempotency import Outcome, RepeatableRequest, write_once
from curation.feedback import FeedbackKind, Remark, keep_remark
from curation.publishing import publish_library
from curation.purging import PurgeReport, plan_purge, purge_item
from curation.review.approvals import last_approval, last_reviews
from curation.review.audit import Act, audit_lines, verify_audit
from curation.review.decisions import approve, send_back
from indexer.generations import CATALOGUE, current_generation
from indexer.history import published_history
from library.access import Asker, Role
from library.errors import PurgeError, RoleError, UnknownItemError
from search.changes.feed import changes_for
from tests.conftest import FakeEncoder
from tests.curation.review.reviewed import (
    CARL,
    CASE,
    PAULA,
    READER,
    desk_of,
    make_library,
    new_case,
    publish,
    settings_of,
    state_of,
)

WORD = "Quetzalcoatl"
ADMINISTRATOR = Asker("adam", Role.ADMINISTRATOR)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library whose item was approved, published twice, returned with a reason and remarked upon."""
    secret = new_case(
        title=f"The {WORD} case",
        summary=f"What {WORD} did.",
        context=f"{WORD} is a customer. " * 30,
        challenge=f"Sponsor of {WORD} left.",
        more=f"owner: ann\nkeywords: [{WORD}]\npitfalls: [{WORD} sulks.]\n",
    )
    other = new_case(title="Other", more="owner: bob\nrelated: [case-new]\n")
    root = make_library(tmp_path / "lib", case_new=secret, case_other=other)
    approve(desk_of(root, CARL), "case-new")
    publish(root)
    send_back(desk_of(root, CARL), "case-new", f"Take {WORD} out.")
    path = root / CASE
    path.write_text(path.read_text(encoding="utf-8").replace("status: draft", "status: in_review"), encoding="utf-8")
    approve(desk_of(root, PAULA), "case-new")
    publish(root)
    state = state_of(root)
    request = RepeatableRequest("user:x", "k", "createFeedback", {"comment": WORD})

    def write(db: sqlite3.Connection) -> Outcome:
        keep_remark(db, Remark("case-new", FeedbackKind.USED, "user:x", comment=f"{WORD} was pleased."))
        return Outcome(201, {"id": "case-new"})

    write_once(state, request, write, clock=time.time)
    state.close()
    return root


def _purge(root: Path, asker: Asker = ADMINISTRATOR, *, delete_file: bool = True) -> PurgeReport:
    publishing = partial(publish_library, encoder=FakeEncoder())
    return purge_item(settings_of(root), asker, "case-new", delete_file=delete_file, publish=publishing)


def _places_of(word: str, root: Path) -> list[str]:
    """Return every file of data folder, state and library that holds a word, in small letters too."""
    needles = {word.encode(), word.lower().encode(), word.encode("utf-16-le")}
    return [
        path.relative_to(root.parent).as_posix()
        for path in _files(root)
        if any(needle in path.read_bytes() for needle in needles)
    ]


def _files(root: Path) -> Iterator[Path]:
    for folder in (root, root.parent / "state"):
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_word_is_left(library: Path) -> None:
    """After a purge the secret stands in no file of the index, the cache, the state or their logs."""
    before = _places_of(WORD, library)
    assert any("catalog.db" in place for place in before)
    assert any("cache.db" in place for place in before)
    assert any("state.db" in place for place in before)
    report = _purge(library)
    assert _places_of(WORD, library) == []
    assert report.notes == ()
    assert [folder.name for folder in (library / ".casebook" / "generations").iterdir()] == [str(report.generation)]


# A word of its own in every field and section that holds free text.
_FIELDS = """\
owner: ann
keywords: [axolotl]
pitfalls: [Babirusa]
stakeholder_roles: [Cassowary]
offerings: [Dugong]
replication_conditions: [Echidna]
contraindications: [Fossa]
market_archetype: Gharial
account_key: HOATZIN-7
sources: [Indri]
attachments: [cases/jerboa.pdf]
unknown_key: Kakapo
value: [{metric: Lemming, category: revenue_growth, beneficiary: mutual, baseline: Markhor, result: Numbat,
  evidence: estimated}]
"""
_WORDS = [
    "axolotl",
    "Babirusa",
    "Cassowary",
    "Dugong",
    "Echidna",
    "Fossa",
    "Gharial",
    "HOATZIN",
    "Indri",
    "Jerboa",
    "Kakapo",
    "Lemming",
    "Markhor",
    "Numbat",
    "Okapi",
    "Pangolin",
    "Quokka",
    "Saola",
    "Tamandua",
    "Uakari",
    "Vaquita",
]


def _made(root: Path, *, with_secret: bool) -> Path:
    secret = new_case(
        title="Okapi", summary="A Pangolin.", context="Quokka. " * 80, challenge="Saola!\n\n## Vaquita\n\nTamandua.",
        more=_FIELDS,
    )  # fmt: skip
    secret += "\n## Uakari\n\n| Uakari |\n| --- |\n| Vaquita |\n"
    other = new_case(title="Other", context="A plain tale. " * 40, more="owner: bob\nrelated: [case-new]\n")
    files = {"case_new": secret} if with_secret else {}
    return make_library(root, case_other=other, **files)


def _catalogue(root: Path) -> list[str]:
    """Return all rows of the published catalogue but those that say when files were written."""
    with closing(sqlite3.connect(current_generation(root / ".casebook") / CATALOGUE)) as db:
        return [line for line in db.iterdump() if "modified_ns" not in line and 'INTO "sources"' not in line]


def test_no_word_of_any_field_is_left_and_the_rest_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    """Whatever field a word stands in, it goes, and index and vectors are those of a library without the item."""
    root, never = _made(tmp_path / "a" / "lib", with_secret=True), _made(tmp_path / "b" / "lib", with_secret=False)
    publish(root, approval="files")
    held = {word for word in _WORDS if _places_of(word, root)}
    assert held == set(_WORDS)
    _purge(root)
    assert {word: places for word in _WORDS if (places := _places_of(word, root))} == {}
    (never / ".casebook").mkdir()
    shutil.copy(root / ".casebook/stub.key", never / ".casebook/stub.key")  # else the ids of stubs differ
    publish(never)
    assert _catalogue(root) == _catalogue(never)
    for name in ("vectors.npy", "items.npy"):
        one, other = (current_generation(folder / ".casebook") / name for folder in (root, never))
        assert one.read_bytes() == other.read_bytes(), name


def test_what_a_dead_writer_left_goes_too(library: Path) -> None:
    """A temporary file that nobody writes any more may hold the text; one that was just begun is somebody's."""
    old, young = library / "cases/.casebook-old.tmp", library / "kb/.casebook-young.tmp"
    for leftover in (old, young):
        leftover.write_text(f"{WORD} once more", encoding="utf-8")
    os.utime(old, (time.time() - 600, time.time() - 600))
    (library / ".casebook/CURRENT").unlink()  # nor does it matter whether the index is whole
    (library / ".casebook/cache.db").unlink()
    report = _purge(library)
    assert _places_of(WORD, library) == ["lib/kb/.casebook-young.tmp"]
    assert any("casebook-young" in place for place in report.plan.remaining)


def test_copies_that_people_made_are_named(library: Path) -> None:
    """What an editor or a person laid beside the file is named, and so is what a link leads to; nothing else is."""
    for name in ("cases/case-new.md~", "cases/.case-new.md.swp", "kb/old/case-new.md.bak", "cases/case-other.md~"):
        (library / name).parent.mkdir(exist_ok=True)
        (library / name).write_text("x", encoding="utf-8")
    (library / CASE).rename(library / "elsewhere.md")
    (library / CASE).symlink_to(library / "elsewhere.md")
    remaining = "\n".join(plan_purge(settings_of(library), ADMINISTRATOR, "case-new").remaining)
    for name in ("cases/case-new.md~", "cases/.case-new.md.swp", "kb/old/case-new.md.bak", "elsewhere.md"):
        assert name in remaining
    assert "case-other" not in remaining


def test_what_was_approved_is_taken_out_and_the_audit_stays(library: Path) -> None:
    """Texts, reasons and names leave the record, compressed ones too; what was done, and when, stays."""
    lines = audit_lines(state_of(library))
    _purge(library)
    state = state_of(library)
    assert last_approval(state, "case-new") is None
    with state.reading() as db:
        rows = db.execute("SELECT text, reason, guard FROM reviews WHERE item='case-new'").fetchall()
        remarks = db.execute("SELECT kind, comment FROM feedback").fetchall()
        assert db.execute("SELECT count(*) FROM repeatable_writes").fetchone() == (0,)
    assert set(rows) == {(None, "", "{}")}
    assert remarks == [("used", "")]
    after = audit_lines(state)
    assert after[:-1] == lines
    assert (after[-1].who, after[-1].what, after[-1].item) == ("adam", Act.PURGED, "case-new")
    assert verify_audit(state).faults == ()
    assert last_reviews(state)["case-new"].what is Act.APPROVED


def test_compressed_texts_leave_the_file_too(library: Path) -> None:
    """The bytes of an approved text's compressed form are nowhere in the state afterwards."""
    kept = last_approval(state_of(library), "case-new")
    assert kept is not None
    assert kept.text is not None
    needle = zlib.compress(kept.text)[200:260]
    state = library.parent / "state"
    assert any(needle in path.read_bytes() for path in state.iterdir())
    _purge(library)
    assert not any(needle in path.read_bytes() for path in state.iterdir())


def test_those_with_a_copy_are_told_to_drop_it(library: Path) -> None:
    """Whoever saw the item before learns from the changes that it is gone, and nobody else does."""
    history = published_history(library / ".casebook")
    assert history is not None
    cursor = changes_for(READER, history).next
    _purge(library)
    after = published_history(library / ".casebook")
    assert after is not None
    assert [(item.id, item.change) for item in changes_for(READER, after, cursor).items] == [("case-new", "removed")]
    assert all(event.content in ("", "forgotten") for event in after.events if event.id == "case-new")
    assert not any(event.references for event in after.events if event.id == "case-new")


def test_a_file_is_deleted_only_when_that_is_said(library: Path) -> None:
    """While its file is there nothing is removed, since the next index would bring it back."""
    with pytest.raises(PurgeError, match=r"cases/case-new\.md") as caught:
        _purge(library, delete_file=False)
    assert "--delete-file" in caught.value.hint
    assert any("catalog.db" in place for place in _places_of(WORD, library))
    (library / CASE).unlink()
    _purge(library, delete_file=False)
    assert _places_of(WORD, library) == []


def test_every_file_of_the_item_goes(library: Path) -> None:
    """A second file of the same id, and one of its name that cannot be read, hold its text as well."""
    twin, broken = library / "cases/zz-twin.md", library / "kb/industries/case-new.md"
    twin.write_text((library / CASE).read_text(encoding="utf-8").replace("---\n", "---\nid: case-new\n", 1))
    broken.parent.mkdir(exist_ok=True)
    broken.write_text(f"---\ntitle: [{WORD}\n---\n", encoding="utf-8")
    plan = plan_purge(settings_of(library), ADMINISTRATOR, "case-new")
    assert plan.files == ("cases/case-new.md", "cases/zz-twin.md", "kb/industries/case-new.md")
    _purge(library)
    assert _places_of(WORD, library) == []


def test_the_plan_names_what_a_purge_cannot_reach(library: Path) -> None:
    """Git's history, backups, exported files, copies of portals, and files that refer to the item are named."""
    subprocess.run(["git", "init", "-q"], cwd=library, check=True)
    plan = plan_purge(settings_of(library), ADMINISTRATOR, "case-new")
    assert plan.mentions == ("cases/case-other.md",)
    assert plan.state_rows == {"reviews": 2, "reasons": 1, "comments": 1, "purges": 0}
    told = "\n".join(plan.as_lines())
    for place in ("Git", "backups", "exports", "/v1/changes", "cases/case-other.md", "history in the index"):
        assert place in told
    assert WORD not in told


def test_a_purge_that_was_stopped_is_finished_by_the_next(library: Path) -> None:
    """What fails half-way, here for want of an index, can be run again with the file already gone."""

    def failing(*_: object, **__: object) -> None:
        raise PurgeError("stopped")

    with pytest.raises(PurgeError, match="stopped"):
        purge_item(settings_of(library), ADMINISTRATOR, "case-new", delete_file=True, publish=failing)  # type: ignore[arg-type]
    assert not (library / CASE).exists()
    assert _places_of(WORD, library) != []
    _purge(library)
    assert _places_of(WORD, library) == []
    _purge(library)  # and once more, which finds nothing


def test_a_state_that_is_being_read_is_told(library: Path) -> None:
    """Where another process keeps the state's log open, the report says that it has to be run again."""
    state = state_of(library)
    with state.reading() as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM audit").fetchone()
        settings = settings_of(library)
        publishing = partial(publish_library, encoder=FakeEncoder())
        report = purge_item(settings, ADMINISTRATOR, "case-new", delete_file=True, publish=publishing)
        db.execute("COMMIT")
    assert "run this again" in report.notes[0]
    state.close()
    assert _purge(library).notes == ()
    assert _places_of(WORD, library) == []


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.CURATOR, Role.AUDITOR])
def test_few_may_purge(library: Path, role: Role) -> None:
    """Everybody else is told who could, and is in the audit."""
    with pytest.raises(RoleError, match="publisher or administrator"):
        _purge(library, Asker("x", role))
    with pytest.raises(RoleError, match="publisher or administrator"):
        plan_purge(settings_of(library), Asker("x", role), "case-new")
    assert (library / CASE).exists()
    assert audit_lines(state_of(library))[-1].what == "refused"


def test_a_publisher_purges_what_he_sees(tmp_path: Path) -> None:
    """To a publisher a hidden item looks like none; an administrator, who cannot read it, may purge it."""
    closed = new_case(classification="restricted", more="owner: ann\naccess_groups: [red]\n")
    root = make_library(tmp_path / "lib", case_new=closed)
    for item_id in ("case-new", "case-nowhere"):
        with pytest.raises(UnknownItemError, match="Nothing is kept"):
            plan_purge(settings_of(root), PAULA, item_id)
    assert _purge(root).generation == 0
    assert not (root / CASE).exists()
