"""A brief over HTTP: the format that was asked for, a safe file name, an ETag, and nothing for who may not see it."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.api.conftest import ANONYMOUS, HIDDEN_WORDS, RED, MakeClient

_OFFICE = "application/vnd.openxmlformats-officedocument"
_WORD = f"{_OFFICE}.wordprocessingml.document"
_SLIDES = f"{_OFFICE}.presentationml.presentation"
PATH = "/v1/cases/price-case/brief"


def test_markdown_is_the_default(client: MakeClient) -> None:
    """Without a wish a brief is Markdown, as a file that is named after the case."""
    answer = client(asker=ANONYMOUS).get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="brief-price-case.md"'
    assert answer.text.startswith("# Purchasing asks for a price cut\n")
    assert "no permission to refer to the customer is recorded" in answer.text


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("?format=docx", "", _WORD),
        ("?format=pptx", "text/markdown", _SLIDES),
        ("", _WORD, _WORD),
        ("", f"{_SLIDES};q=0.9, {_WORD};q=0.5", _SLIDES),
        ("", "text/*", "text/markdown"),
        ("", "*/*", "text/markdown"),
        ("", f"*/*;q=0.1, {_WORD}", _WORD),
        ("", f"text/markdown;q=0, */*;q=0.3, {_WORD};q=0.2", _SLIDES),
        ("", "text/markdown;q=x, application/*", _WORD),
        ("", ";;,", "text/markdown"),
    ],
)
def test_the_format_is_the_one_asked_for(query: str, accept: str, media_type: str, client: MakeClient) -> None:
    """`format` decides; without it the most exact range of `Accept` with the highest weight does."""
    answer = client(asker=ANONYMOUS).get(PATH + query, headers={"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert "Accept" in answer.headers["vary"].split(", ")
    if media_type != "text/markdown":
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


@pytest.mark.parametrize("accept", ["application/json", "text/html, image/*", "text/markdown;q=0", "*/*;q=0"])
def test_a_format_that_there_is_not_is_not_acceptable(accept: str, client: MakeClient) -> None:
    """Who takes none of the formats is told which there are."""
    answer = client(asker=ANONYMOUS).get(PATH, headers={"Accept": accept})
    assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")
    assert "text/markdown (md)" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["format=pdf", "format=", "language=xx", "other=1"])
def test_a_wish_that_cannot_be_met_names_its_field(query: str, client: MakeClient) -> None:
    """An unknown format, language or parameter is a problem that names the parameter."""
    answer = client(asker=ANONYMOUS).get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("form", ["md", "docx", "pptx"])
def test_who_has_it_already_is_told_so(form: str, client: MakeClient) -> None:
    """The same case gives the same ETag, and 304 to whoever sends it; formats and languages have their own."""
    asking = client(asker=ANONYMOUS)
    first = asking.get(f"{PATH}?format={form}")
    etag = first.headers["etag"]
    again = asking.get(f"{PATH}?format={form}", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert asking.get(f"{PATH}?format={form}&language=de").headers["etag"] != etag
    assert first.headers["cache-control"] == "private, no-cache"


def test_head_answers_like_get_without_the_file(client: MakeClient) -> None:
    """HEAD has the headers of GET and no body."""
    asking = client(asker=ANONYMOUS)
    found, head = asking.get(f"{PATH}?format=docx"), asking.head(f"{PATH}?format=docx")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == found.headers["etag"]


@pytest.mark.parametrize("case_id", ["hidden-case", "stub-case", "draft-case", "missing", "negotiation"])
def test_what_one_may_not_see_is_missing(case_id: str, client: MakeClient) -> None:
    """Hidden cases, stubs, drafts of others, missing ids and other types are the same 404, whatever the format."""
    for query in ("", "?format=docx"):
        answer = client(asker=ANONYMOUS).get(f"/v1/cases/{case_id}/brief{query}")
        assert answer.status_code == 404
        assert case_id not in answer.json()["detail"]


def test_hidden_links_leave_no_trace(client: MakeClient) -> None:
    """A brief names visible competencies and enablers alone; who sees more gets the confidential rule."""
    for form in ("md", "docx", "pptx"):
        content = client(asker=ANONYMOUS).get(f"{PATH}?format={form}").content
        parts = [content]
        if form != "md":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                parts = [archive.read(name) for name in archive.namelist()]
        assert not any(word.encode() in part for word in HIDDEN_WORDS for part in parts)
    seen = client(asker=RED).get("/v1/cases/hidden-case/brief")
    assert "Do not pass on: confidential" in seen.text
