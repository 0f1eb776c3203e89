"""Decisions: four eyes, wider audiences, and file, record and audit together or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from curation.review.approvals import approved_hashes, last_approval, last_reviews
from curation.review.audit import Act, AuditEntry, audit_lines, record_act, verify_audit
from curation.review.decisions import approve, archive, send_back, submit, verify
from curation.review.desk import Desk
from curation.review.settling import Decision
from curation.review.several import decide_all, reassign
from curation.state import State
from library.access import Asker, Role
from library.errors import (
    CasebookError,
    ConflictError,
    ReviewError,
    RoleError,
    StateBusyError,
    StateError,
    UnknownItemError,
)
from tests.curation.review.reviewed import (
    ANN,
    CARL,
    CASE,
    CORA,
    PAULA,
    READER,
    TODAY,
    desk_of,
    hash_of,
    make_library,
    new_case,
    served,
    settings_of,
    state_of,
)

Decide = Callable[[Desk], object]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with one case of ann's in review."""
    return make_library(tmp_path / "lib", case_new=new_case())


def _acts(root: Path) -> list[tuple[str, str, str]]:
    return [(line.who, line.what, line.item) for line in audit_lines(state_of(root))]


def test_an_approval_is_in_file_record_and_audit(library: Path) -> None:
    """Approving writes status and day into the file, keeps who approved which bytes, and the text itself."""
    before = (library / CASE).read_text(encoding="utf-8")
    decided = approve(desk_of(library, CARL), "case-new")
    after = (library / CASE).read_text(encoding="utf-8")
    assert decided == Decision("case-new", Act.APPROVED, CASE)
    expected = before.replace("status: in_review", "status: approved").replace("2026-06-30", TODAY.isoformat())
    assert after == expected
    kept = last_approval(state_of(library), "case-new")
    assert kept is not None
    assert (kept.who, kept.content_hash, kept.text) == ("carl", hash_of(library / CASE), after.encode())
    assert _acts(library) == [("carl", "approved", "case-new")]
    assert verify_audit(state_of(library)).faults == ()


def test_only_what_is_approved_on_record_is_served(library: Path) -> None:
    """Where approvals are recorded, an edited file waits for its review, whatever its front matter says."""
    approve(desk_of(library, CARL), "case-new")
    assert served(library, READER)["case-new"] == "approved"
    path = library / CASE
    path.write_text(path.read_text(encoding="utf-8") + "\nOne word more.\n", encoding="utf-8")
    assert "case-new" not in served(library, READER)
    assert served(library, CORA)["case-new"] == "in_review"
    approve(desk_of(library, CORA), "case-new")
    assert served(library, READER)["case-new"] == "approved"


def test_an_older_approval_does_not_come_back(library: Path) -> None:
    """A file that is put back to what was approved before has to be reviewed: it may have been narrowed since."""
    approve(desk_of(library, CARL), "case-new")
    path = library / CASE
    older = path.read_bytes()
    path.write_bytes(older + b"\nMore.\n")
    approve(desk_of(library, CARL), "case-new")
    path.write_bytes(older)
    assert "case-new" not in served(library, READER)


@pytest.mark.parametrize(
    ("more", "asker"),
    [
        ("owner: carl\n", CARL),
        ("owner: ann\nauthors: [bob, carl]\n", CARL),
        ("owner: ann\nauthors: [Carl]\n", CARL),
        ("owner: ann\n", Asker("", Role.CURATOR)),
        ("owner: carl\n", Asker("carl", Role.PUBLISHER)),
    ],
)
def test_nobody_approves_his_own(tmp_path: Path, more: str, asker: Asker) -> None:
    """Owner, authors, and whoever does not say who he is, cannot approve."""
    root = make_library(tmp_path / "lib", case_new=new_case(more=more))
    before = (root / CASE).read_bytes()
    with pytest.raises(RoleError) as caught:
        approve(desk_of(root, asker), "case-new")
    assert "curator" in caught.value.hint or "--user" in caught.value.command
    assert (root / CASE).read_bytes() == before
    assert [act for _, act, _ in _acts(root)] == ["refused"]


def test_whoever_saved_it_does_not_approve_it(library: Path) -> None:
    """Who saved an item counts as its author, until somebody else saved after the next approval."""
    record_act(state_of(library), AuditEntry("carl", Act.SAVED, "case-new"))
    with pytest.raises(RoleError, match="saved it"):
        approve(desk_of(library, CARL), "case-new")
    approve(desk_of(library, CORA), "case-new")


@pytest.mark.parametrize("asker", [ANN, READER, Asker("x", Role.AUDITOR), Asker("x", Role.ADMINISTRATOR)])
@pytest.mark.parametrize(
    "decide",
    [
        lambda desk: approve(desk, "case-new"),
        lambda desk: send_back(desk, "case-new", "No."),
        lambda desk: verify(desk, "case-new"),
        lambda desk: archive(desk, "case-new", "Old."),
        lambda desk: reassign(desk, "ann", "bob"),
    ],
)
def test_every_refusal_names_who_could(library: Path, asker: Asker, decide: Decide) -> None:
    """A role that may not decide is told which ones may, and nothing is written but the refusal."""
    before = (library / CASE).read_bytes()
    with pytest.raises(RoleError, match="a curator or publisher can"):
        decide(desk_of(library, asker))
    assert (library / CASE).read_bytes() == before
    assert {act for _, act, _ in _acts(library)} <= {"refused"}


def test_a_service_decides_nothing(library: Path) -> None:
    """A key without an end user approves nothing, whatever its role."""
    with pytest.raises(RoleError, match="acts for nobody"):
        approve(desk_of(library, Asker(role=Role.PUBLISHER, is_service=True)), "case-new")


def test_what_is_hidden_is_refused_as_what_does_not_exist(tmp_path: Path) -> None:
    """Who may not see an item cannot review it, and does not learn that it exists; the audit does."""
    secret = new_case(classification="confidential", more="owner: ann\naccess_groups: [red]\n")
    root = make_library(tmp_path / "lib", case_new=secret)
    told = []
    for item_id in ("case-new", "case-xyz"):
        with pytest.raises(UnknownItemError) as caught:
            approve(desk_of(root, PAULA), item_id)
        told.append((caught.value.message.replace(item_id, "ID"), caught.value.hint))
    assert told[0] == told[1]
    assert _acts(root) == [("paula", "refused", "case-new")]
    assert approve(desk_of(root, Asker("p", Role.CURATOR, frozenset({"red"}))), "case-new").id == "case-new"


_CLOSED = {"classification": "confidential", "more": "owner: ann\naccess_groups: [red]\n"}


@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [
        ({}, {"classification": "public"}, "classification internal becomes public"),
        (_CLOSED, {"classification": "internal"}, "classification confidential becomes internal"),
        (_CLOSED, {**_CLOSED, "more": "owner: ann\naccess_groups: [red, blue]\n"}, "group blue is added"),
        (_CLOSED, {**_CLOSED, "more": "owner: ann\naccess_groups: [red]\nauthors: [dan]\n"}, "person dan is added"),
        (_CLOSED, {**_CLOSED, "more": f"{_CLOSED['more']}existence: discoverable\n"}, "learn that it exists"),
    ],
)
def test_a_wider_audience_takes_a_publisher(
    tmp_path: Path, first: dict[str, str], then: dict[str, str], reason: str
) -> None:
    """Once approved, an item is opened to more people by a publisher alone."""
    root = make_library(tmp_path / "lib", case_new=new_case(**first))
    carl, paula = (
        Asker(name, role, frozenset({"red"})) for name, role in (("carl", Role.CURATOR), ("paula", Role.PUBLISHER))
    )
    approve(desk_of(root, carl), "case-new")
    (root / CASE).write_text(new_case(**then, title="Wider"), encoding="utf-8")
    with pytest.raises(RoleError, match=reason) as caught:
        approve(desk_of(root, carl), "case-new")
    assert "publisher" in caught.value.hint
    approve(desk_of(root, paula), "case-new")


def test_a_first_approval_for_everybody_takes_a_publisher(tmp_path: Path) -> None:
    """What was never approved goes to the public through a publisher alone."""
    root = make_library(tmp_path / "lib", case_new=new_case(classification="public"))
    with pytest.raises(RoleError, match="it would be public"):
        approve(desk_of(root, CARL), "case-new")
    approve(desk_of(root, PAULA), "case-new")


def test_a_narrower_audience_takes_a_curator(tmp_path: Path) -> None:
    """Closing an item is any curator's to approve, although groups are named for the first time."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    approve(desk_of(root, CARL), "case-new")
    (root / CASE).write_text(new_case(**_CLOSED), encoding="utf-8")
    approve(desk_of(root, Asker("carl", Role.CURATOR, frozenset({"red"}))), "case-new")


def test_what_was_published_before_approvals_were_recorded_counts(tmp_path: Path) -> None:
    """Without a record, the audience is compared with that of the index in which the item was approved."""
    root = make_library(tmp_path / "lib", case_new=new_case(**_CLOSED, status="approved"))
    served(root, READER, approval="files")
    (root / CASE).write_text(new_case(), encoding="utf-8")
    with pytest.raises(RoleError, match="confidential becomes internal"):
        approve(desk_of(root, CARL), "case-new")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"status": "draft"}, "is a draft"),
        ({"status": "archived"}, "is archived"),
        ({"summary": ""}, "`summary` is missing"),
        ({"more": "attachments: [../../x.pdf]\n"}, "leads out of the library"),
    ],
)
def test_what_could_not_be_served_is_not_approved(tmp_path: Path, values: dict[str, str], message: str) -> None:
    """A draft, or a file with a fault, is refused with what is wrong, and stays as it is."""
    root = make_library(tmp_path / "lib", case_new=new_case(**values))
    before = (root / CASE).read_bytes()
    with pytest.raises(CasebookError, match=message):
        approve(desk_of(root, CARL), "case-new")
    assert (root / CASE).read_bytes() == before
    assert approved_hashes(state_of(root)) == {}


def test_approving_again_is_refused(library: Path) -> None:
    """What is approved as it stands is verified, not approved again."""
    approve(desk_of(library, CARL), "case-new")
    with pytest.raises(ReviewError, match="as it stands"):
        approve(desk_of(library, CORA), "case-new")


def test_a_draft_goes_its_way(tmp_path: Path) -> None:
    """A draft is handed in, returned with a reason, handed in again and approved."""
    root = make_library(tmp_path / "lib", case_new=new_case(status="draft"))
    submit(desk_of(root, ANN), "case-new")
    send_back(desk_of(root, CARL), "case-new", "  The baseline \n is missing. ")
    assert last_reviews(state_of(root))["case-new"].reason == "The baseline is missing."
    assert "status: draft" in (root / CASE).read_text(encoding="utf-8")
    submit(desk_of(root, ANN), "case-new")
    approve(desk_of(root, CARL), "case-new")
    assert [act for _, act, _ in _acts(root)] == ["submitted", "returned", "submitted", "approved"]
    with pytest.raises(ReviewError, match="not a draft"):
        submit(desk_of(root, ANN), "case-new")


def test_a_return_makes_an_approval_void(library: Path) -> None:
    """What was returned is not served again by writing the approved file back."""
    approve(desk_of(library, CARL), "case-new")
    approved = (library / CASE).read_bytes()
    send_back(desk_of(library, CORA), "case-new", "Wrong figure.")
    (library / CASE).write_bytes(approved)
    assert "case-new" not in served(library, READER)


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2_001])
def test_a_reason_is_needed(library: Path, reason: str) -> None:
    """Nothing is returned or archived without saying why, in a few sentences."""
    with pytest.raises(ReviewError, match="reason"):
        send_back(desk_of(library, CARL), "case-new", reason)
    with pytest.raises(ReviewError, match="reason"):
        archive(desk_of(library, CARL), "case-new", reason)
    assert "status: in_review" in (library / CASE).read_text(encoding="utf-8")


def test_verification_changes_one_line_and_keeps_the_approval(library: Path) -> None:
    """Verifying writes the day and nothing else, and what was approved stays served."""
    approve(desk_of(library, CARL), "case-new")
    before = (library / CASE).read_text(encoding="utf-8")
    later = Desk(settings_of(library), CORA, today=TODAY.replace(month=9))
    verify(later, "case-new")
    assert (library / CASE).read_text(encoding="utf-8") == before.replace("2026-08-01", "2026-09-01")
    assert served(library, READER)["case-new"] == "approved"


def test_verification_is_no_way_around_approval(library: Path) -> None:
    """An edited file cannot be verified, and what was verified on trust in files is approved on no record."""
    path = library / CASE
    path.write_text(new_case(status="approved"), encoding="utf-8")
    with pytest.raises(ReviewError, match="approved in its file alone"):
        verify(desk_of(library, CARL), "case-new")
    verify(desk_of(library, CARL, approval="files"), "case-new")
    assert approved_hashes(state_of(library)) == {}
    assert "case-new" not in served(library, READER)


def test_several_are_verified_and_one_refusal_stops_none(tmp_path: Path) -> None:
    """In bulk every item is decided by itself."""
    texts = {f"case_{n}": new_case(status="approved") for n in range(3)}
    root = make_library(tmp_path / "lib", **texts, case_new=new_case())
    desk = desk_of(root, CARL, approval="files")
    outcome = decide_all(["case-0", "case-new", "nowhere", "case-1", "case-0"], lambda id_: verify(desk, id_))
    assert [decision.id for decision in outcome.done] == ["case-0", "case-1"]
    assert [refused.id for refused in outcome.refused] == ["case-new", "nowhere"]


def test_who_left_is_replaced_everywhere(tmp_path: Path) -> None:
    """Owner and contact change, authors stay, an approval stays one, and each item has its line in the audit."""
    mine = "owner: Ann\ncontact: ann\nauthors: [ann]\n"
    root = make_library(
        tmp_path / "lib",
        case_new=new_case(more=mine),
        case_draft=new_case(status="draft", more="contact: ann\n"),
        case_other=new_case(more="owner: bob\nauthors: [ann]\n"),
        case_secret=new_case(classification="restricted", more="owner: ann\naccess_groups: [red]\n"),
    )
    approve(desk_of(root, CARL), "case-new")
    secret, other = ((root / f"cases/case-{name}.md").read_bytes() for name in ("secret", "other"))
    outcome = reassign(desk_of(root, CARL), "ann", "cyd")
    assert [decision.id for decision in outcome.done] == ["case-draft", "case-new"]
    assert "owner: cyd\ncontact: cyd\nauthors: [ann]\n" in (root / CASE).read_text(encoding="utf-8")
    assert (root / "cases/case-secret.md").read_bytes() == secret
    assert (root / "cases/case-other.md").read_bytes() == other
    assert served(root, READER)["case-new"] == "approved"
    assert [line[1:] for line in _acts(root)[1:]] == [("reassigned", "case-draft"), ("reassigned", "case-new")]


def test_a_new_owner_of_a_closed_item_takes_a_publisher(tmp_path: Path) -> None:
    """Whoever becomes owner of a confidential item may read it, so a publisher decides that."""
    root = make_library(tmp_path / "lib", case_new=new_case(**_CLOSED))
    red = frozenset({"red"})
    outcome = reassign(desk_of(root, Asker("carl", Role.CURATOR, red)), "ann", "cyd")
    assert [refused.id for refused in outcome.refused] == ["case-new"]
    assert "publisher" in outcome.refused[0].message
    assert reassign(desk_of(root, Asker("paula", Role.PUBLISHER, red)), "ann", "cyd").done


@pytest.mark.parametrize("names", [("", "cyd"), ("ann", " "), ("ann", "c\x00d"), ("ann", "x" * 201)])
def test_a_successor_needs_a_name(library: Path, names: tuple[str, str]) -> None:
    """Nobody is replaced by what is no name."""
    with pytest.raises(ReviewError, match="no name"):
        reassign(desk_of(library, CARL), *names)


def test_the_last_case_for_a_challenge_goes_only_knowingly(tmp_path: Path) -> None:
    """Archiving warns when no other approved case that the asker sees is about a kind of challenge."""
    approved = new_case(status="approved", challenge_types="chl-price, chl-sponsor")
    hidden = new_case(**_CLOSED, status="approved", challenge_types="chl-sponsor")
    root = make_library(tmp_path / "lib", case_new=approved, case_price=new_case(status="approved"), case_hidden=hidden)
    desk = desk_of(root, CARL, approval="files")
    with pytest.raises(ReviewError, match=r"for chl-sponsor\.") as caught:
        archive(desk, "case-new", "Outdated.")
    assert "--yes" in caught.value.command
    archive(desk, "case-new", "Outdated.", confirmed=True)
    text = (root / CASE).read_text(encoding="utf-8")
    assert "status: archived\n" in text
    assert "archive_reason: Outdated.\n" in text
    with pytest.raises(ReviewError, match="already"):
        archive(desk_of(root, CARL, approval="files"), "case-new", "Outdated.")


def test_a_file_that_was_changed_meanwhile_is_left_alone(library: Path) -> None:
    """What somebody saves while another decides is not written over, and leaves no record of the decision."""
    desk = desk_of(library, CARL)
    desk.item("case-new")
    (library / CASE).write_text(new_case(title="Edited"), encoding="utf-8")
    with pytest.raises(ConflictError):
        approve(desk, "case-new")
    assert "title: Edited" in (library / CASE).read_text(encoding="utf-8")
    assert _acts(library) == []
    assert approved_hashes(state_of(library)) == {}


def test_a_state_that_cannot_be_written_leaves_the_file(library: Path) -> None:
    """Without a record there is no approval: the file is not touched."""
    before = (library / CASE).read_bytes()
    settings = settings_of(library, state=library / CASE / "state.db")
    with pytest.raises(StateError):
        approve(Desk(settings, CARL, state=State(settings.state_file), today=TODAY), "case-new")
    state = State(settings_of(library).state_file, busy_seconds=0.05)
    with state_of(library).writing(), pytest.raises(StateBusyError):
        approve(Desk(settings_of(library), CARL, state=state, today=TODAY), "case-new")
    assert (library / CASE).read_bytes() == before


def test_a_full_state_leaves_the_file_as_it_was(library: Path) -> None:
    """Where the record no longer fits, the decision is not taken."""
    before = (library / CASE).read_bytes()
    record_act(state_of(library), AuditEntry("x", Act.SAVED, "case-new"))
    desk = desk_of(library, CARL)
    with desk.state.writing() as db:
        db.execute(f"PRAGMA max_page_count={db.execute('PRAGMA page_count').fetchone()[0]}")
    (library / CASE).write_text(new_case(context="".join(chr(0x4E00 + n) for n in range(9_000))), encoding="utf-8")
    before = (library / CASE).read_bytes()
    with pytest.raises(StateError, match="full"):
        approve(desk, "case-new")
    assert (library / CASE).read_bytes() == before
    assert approved_hashes(state_of(library)) == {}


class _Losing(State):
    """A state whose disk fails when a transaction is committed."""

    @contextmanager
    def writing(self, *, patient: bool = True, lasting: bool = True) -> Iterator[sqlite3.Connection]:
        """Write, and fail at the end."""
        with super().writing(patient=patient, lasting=lasting) as db:
            yield db
            raise sqlite3.OperationalError("disk I/O error")


def test_a_record_that_is_lost_takes_the_file_back(library: Path) -> None:
    """Where the record fails after the file was written, the file is again what it was."""
    before = (library / CASE).read_bytes()
    settings = settings_of(library)
    with pytest.raises(StateError, match="disk"):
        approve(Desk(settings, CARL, state=_Losing(settings.state_file), today=TODAY), "case-new")
    assert (library / CASE).read_bytes() == before
    assert approved_hashes(state_of(library)) == {}


_DYING = """
import os, sys
from contextlib import contextmanager
from pathlib import Path
from curation.review.decisions import approve
from curation.state import State
from tests.curation.review.reviewed import CARL, TODAY, Desk, settings_of

class Dying(State):
    @contextmanager
    def writing(self, **how):
        with super().writing(**how) as db:
            yield db
            os._exit(9)  # the file is written, the record is not committed

settings = settings_of(Path(sys.argv[1]))
approve(Desk(settings, CARL, state=Dying(settings.state_file), today=TODAY), "case-new")
"""


def test_whoever_dies_half_way_has_approved_nothing(library: Path) -> None:
    """Killed between file and record: the file says approved, nobody is served it, and it can be done again."""
    root = Path(__file__).parents[3]
    ended = subprocess.run([sys.executable, "-c", _DYING, str(library)], cwd=root, check=False)
    assert ended.returncode == 9
    assert "status: approved" in (library / CASE).read_text(encoding="utf-8")
    assert "case-new" not in served(library, READER)
    assert _acts(library) == []
    approve(desk_of(library, CARL), "case-new")
    assert served(library, READER)["case-new"] == "approved"


def test_odd_files_keep_every_other_byte(library: Path) -> None:
    """Line ends of Windows, a byte-order mark and comments survive an approval."""
    text = "\ufeff" + new_case(more="owner: ann  # hers\n").replace("\n", "\r\n")
    (library / CASE).write_bytes(text.encode())
    approve(desk_of(library, CARL), "case-new")
    expected = text.replace("status: in_review", "status: approved").replace("2026-06-30", "2026-08-01")
    assert (library / CASE).read_bytes() == expected.encode()
    assert served(library, READER)["case-new"] == "approved"


def test_a_decision_is_committed_where_that_is_set(library: Path) -> None:
    """With the setting `commit`, Git has the decision in the name of whoever took it."""
    for line in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "first"]):
        subprocess.run(["git", *line], cwd=library, check=True)
    approve(desk_of(library, CARL, commit=True), "case-new")
    log = subprocess.run(["git", "log", "-1", "--format=%an: %s"], cwd=library, check=True, capture_output=True)
    assert log.stdout.decode().strip() == "carl: Approved: case-new"
