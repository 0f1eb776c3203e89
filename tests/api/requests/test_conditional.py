"""JSON answers and their tags."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import pytest
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.requests.conditional import conditional, json_answer


@dataclass(frozen=True)
class _Shape:
    day: date


class _Model(BaseModel):
    day: date


def _request(method: str = "GET", **headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "headers": pairs})


def _etag(answer: Response) -> str:
    return answer.headers["etag"]


def test_a_reading_answer_has_a_strong_tag_and_is_kept_by_its_reader_alone() -> None:
    """Another asker's answer may differ: no shared cache keeps one, and a private one asks again each time."""
    answer = json_answer(_request(), {"ä": 1})
    assert answer.body == '{"ä":1}'.encode()
    assert _etag(answer).startswith('"')
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Authorization, X-API-Key, Accept-Encoding"


def test_the_tag_follows_the_content() -> None:
    """Same content, same tag; other content, another."""
    tags = [_etag(json_answer(_request(), value)) for value in ({"a": 1}, {"a": 1}, {"a": 2})]
    assert tags[0] == tags[1] != tags[2]


@pytest.mark.parametrize("asked", ["{}", "W/{}", '"other", {}', '"other" ,W/{} ', "*"])
def test_who_has_the_content_is_told_so(asked: str) -> None:
    """A tag that matches, weakly compared, or any, is answered with 304 and the same headers, without a body."""
    etag = _etag(json_answer(_request(), {"a": 1}))
    answer = json_answer(_request(if_none_match=asked.format(etag)), {"a": 1}, headers={"Link": "<x>"})
    assert (answer.status_code, answer.body) == (304, b"")
    assert (_etag(answer), answer.headers["link"]) == (etag, "<x>")
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("asked", ['"other"', "", "W/", "abc", '"*"'])
def test_who_has_something_else_gets_the_content(asked: str) -> None:
    """A tag that does not match is as none."""
    assert json_answer(_request(if_none_match=asked), {"a": 1}).status_code == 200


def test_an_answer_to_a_search_is_not_kept() -> None:
    """What a search answers is stored nowhere, and a tag would tell whether two challenges are alike."""
    answer = json_answer(_request("POST", if_none_match="*"), {"a": 1}, status=201)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert "etag" not in answer.headers


def test_values_have_the_form_that_is_documented() -> None:
    """Dates are ISO 8601; frozen values and models are written field by field."""
    day = date(2026, 3, 31)
    value = [_Model(day=day), _Shape(day), day, ("a", "b")]
    expected = [{"day": "2026-03-31"}, {"day": "2026-03-31"}, "2026-03-31", ["a", "b"]]
    assert json.loads(bytes(json_answer(_request(), value).body)) == expected


def test_what_has_no_form_is_refused() -> None:
    """Nothing is written as whatever Python calls it."""
    with pytest.raises((TypeError, ValueError)):
        json_answer(_request(), object())


def test_a_number_that_is_none_is_null() -> None:
    """No invalid JSON leaves the server."""
    assert bytes(json_answer(_request(), [float("nan"), float("inf")]).body) == b"[null,null]"


def test_a_frozen_mapping_is_a_mapping() -> None:
    """What cannot be changed is written as what can."""
    assert bytes(json_answer(_request(), MappingProxyType({"a": 1})).body) == b'{"a":1}'


def test_files_are_answered_conditionally_too() -> None:
    """A file has its type, its own headers and a tag."""
    answer = conditional(_request(), b"abc", media_type="text/markdown", headers={"Content-Disposition": "inline"})
    assert answer.headers["content-disposition"] == "inline"
    again = conditional(_request(if_none_match=_etag(answer)), b"abc", media_type="text/markdown")
    assert again.status_code == 304
