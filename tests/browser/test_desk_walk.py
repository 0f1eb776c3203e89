"""A case on its way through the desk, in the portal alone: from a Word file to what colleagues find."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import docx
import pytest

from api.app import Parts, create_app
from indexer.build import build_index
from library.access import Asker, Role
from tests.api.conftest import LIBRARY, FixedIdentities
from tests.browser.conftest import Visit
from tests.browser.visiting import PHONE, Visitor
from tests.conftest import FakeEncoder, settings_for, write_library
from tests.live_server import live_server

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, FilePayload

pytestmark = pytest.mark.browser
BEN = Asker(user="ben@firm.example", role=Role.CONTRIBUTOR)
CORA = Asker(user="cora@firm.example", role=Role.CURATOR)
TITLE = "One store of spares for two plants"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PATIENCE = 40  # times that a page is loaded again while the index is made


@dataclass(frozen=True, slots=True)
class Desk:
    """Two servers of one library of their own: whoever comes to the first is its author, to the second a curator."""

    author: str
    curator: str


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A small library that these tests may change."""
    folder = tmp_path_factory.mktemp("walk")
    root = write_library(folder / "library", LIBRARY)
    settings = settings_for(root, state=folder / "state.db", server={"rate_per_minute": 0})
    build_index(settings, encoder=FakeEncoder())
    with ExitStack() as stack:

        def serve(asker: Asker) -> str:
            parts = Parts(encoder=FakeEncoder(), identities=FixedIdentities(settings, asker))
            return stack.enter_context(live_server(create_app(settings, parts)))

        yield Desk(serve(BEN), serve(CORA))


def word_file() -> FilePayload:
    """Return a case as it comes, with a name that should not stand there."""
    document = docx.Document()
    document.add_heading(TITLE, 1)
    document.add_heading("Challenge", 2)
    document.add_paragraph("“We wait three days for a bearing.” Purchasing demands a price cut, says Mrs Jensen.")
    document.add_heading("Solution", 2)
    document.add_paragraph("Both plants share one store.")
    stream = io.BytesIO()
    document.save(stream)
    return {"name": "story.docx", "mimeType": _WORD, "buffer": stream.getvalue()}


def press(visitor: Visitor, do: Literal["read", "check", "save", "submit", "return", "approve"]) -> None:
    """Press a button of a form, and wait for the page that follows."""
    visitor.page.locator(f"main button[value={do}]:visible").click()
    visitor.page.wait_for_load_state()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_word_file_becomes_a_case_that_is_found(visit: Visit, desks: Desk, *, scripts: bool) -> None:
    """Read, mended, submitted, returned with a reason, submitted again, approved by somebody else, found."""
    title = f"{TITLE}, {'with' if scripts else 'without'} scripts"
    ben = visit(at=desks.author, java_script_enabled=scripts)
    ben.go("/contribute")
    ben.page.get_by_label("Title").fill(title)
    ben.page.get_by_label("Or a file").set_input_files(word_file())
    press(ben, "read")
    assert ben.page.get_by_text("Mrs Jensen", exact=True).is_visible()
    assert not scripts or ben.barriers() == []
    challenge = ben.page.locator("#f-text-challenge")
    challenge.fill(challenge.input_value().replace("Mrs Jensen", "the head of engineering"))
    ben.page.locator("[name=link][value='challenge_types:price-pressure']").check()
    ben.page.get_by_label("The customer, without a name").fill("brewer, more than ten plants")
    ben.page.get_by_label("How it ended").select_option("success")
    press(ben, "save")
    assert "Saved as a draft." in ben.page.locator("main").inner_text()
    press(ben, "submit")
    address = ben.path.partition("?")[0]

    cora = visit(at=desks.curator, java_script_enabled=scripts, width=PHONE)
    cora.go("/review")
    cora.page.get_by_role("link", name=title).click()
    assert not scripts or cora.barriers() == []
    cora.page.locator("#returning summary").click()
    cora.page.get_by_label("What should its author change?").fill("Say what it was worth.")
    press(cora, "return")
    ben.go(address)
    assert ben.page.get_by_text("Say what it was worth.").is_visible()
    ben.page.locator("#f-text-value").fill("Stops fell from 14 to 5 hours.")
    press(ben, "submit")

    cora.go(address.replace("/contribute/", "/review/"))
    press(cora, "approve")
    assert f"Approved. {title}" in cora.page.locator("main").inner_text()
    for _ in range(_PATIENCE):
        cora.ask("We wait three days for a bearing, and both plants have a store of spares")
        if cora.page.get_by_role("link", name=title).count():
            break
        cora.page.wait_for_timeout(250)
    assert cora.page.get_by_role("link", name=title).count() > 0


def test_what_is_typed_does_not_leave_unasked(visit: Visit, desks: Desk) -> None:
    """A browser asks before it leaves text that is not saved, and of a page that was only read it does not."""
    ben = visit(at=desks.author)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    ben.page.on("dialog", leave)
    ben.go("/contribute")
    press(ben, "read")
    ben.page.locator("#f-title").fill("Typed and not saved")
    ben.go("/cases")
    assert asked == ["beforeunload"]
    ben.go("/contribute")
    press(ben, "read")
    ben.page.locator("#f-title").fill("Typed and saved")
    press(ben, "save")
    ben.go("/cases")
    assert asked == ["beforeunload"]


def test_a_file_that_is_too_large_is_not_sent(visit: Visit, desks: Desk) -> None:
    """The browser says so at once, and a smaller one may follow."""
    ben = visit(at=desks.author)
    ben.go("/contribute")
    ben.page.locator("#file").evaluate("input => { input.dataset.maxBytes = 10; }")
    ben.page.locator("#file").set_input_files(word_file())
    assert "too large" in ben.page.locator("#file").evaluate("input => input.validationMessage")
    ben.page.locator("#file").evaluate("input => { input.dataset.maxBytes = 1e6; }")
    ben.page.locator("#file").set_input_files(word_file())
    assert ben.page.locator("#file").evaluate("input => input.validationMessage") == ""
