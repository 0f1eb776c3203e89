"""Requests of every route, and what a server answers to them, without what differs between any two answers."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from api.requests.paging import make_cursor
from api.resources.addresses import PLACES
from tests.leaks.random_library import PEOPLE, WORDS, Item
from tests.leaks.tool_calls import tool_calls

_MOST_PAGES = 40
_RANDOM = (
    (re.compile(rb'(search_id\\?": ?\\?")[0-9a-f]{32}'), rb"\1..."),
    (re.compile(rb'^\{"id":"[0-9a-f]{32}"\}$'), b'{"id":"..."}'),
    (re.compile(rb"(<<<(?:end )?)[0-9a-f]{8}"), rb"\1..."),
    (re.compile(rb'(name="csrf" value=")[\w-]{86}==(?=")'), rb"\1..."),
    (re.compile(rb"(?m)^(\w+_created|process_\w+|casebook_search_seconds_(?:bucket|sum))(.*) \S+$"), rb"\1\2 ..."),
)
_OF_COOKIES = re.compile(r"(?<=^casebook=)[\w-]{43}(?=;)|(?<=; expires=)[^;]+(?=; HttpOnly; Max-Age=0;)")
_OF_PROGRAMS = ("/v1/", "/mcp", "/problems", "/openapi")
_OTHER_VERSION = {"If-Match": '"other"'}
_MCP_HEADERS = {"Accept": "application/json, text/event-stream"}


@dataclass(frozen=True)
class Asked:
    """A request; `cursor` is the parameter that the next page of a list is asked for with.

    A page may be asked with a `form`, and after what the same browser does `first`.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cursor: str = ""
    form: tuple[tuple[str, str], ...] | None = None
    first: tuple[Asked, ...] = ()

    @property
    def kind(self) -> str:
        """What is asked, whatever the item: a route, a tool."""
        place = re.sub(r"(?<=/)[^/]*\d[^/]*|zq[^/]*", "{id}", self.path.removeprefix("/v1"))
        body = self.body if isinstance(self.body, dict) else {}
        named = [body.get("params", {}).get("name", ""), *body.get("filters", ()), "have" if "have" in body else ""]
        if not self.path.startswith(_OF_PROGRAMS):
            named += sorted({name for name, _ in (*self.params, *(self.form or ()))})
        return f"{self.method} {place} {' '.join(named)}"

    def __str__(self) -> str:
        before = "".join(f"{step}, " for step in self.first)
        return f"{before}{self.method} {self.path} {self.params} {self.body} {self.headers} {self.form or ''}".rstrip()


@dataclass(frozen=True)
class Answered:
    """An answer: everything that a caller gets."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return dict(self.headers).get(name, "")


def ask(client: TestClient, asked: Asked) -> list[Answered]:
    """Send a request, follow it over all pages, and return the answers."""
    answers = []
    for _ in range(_MOST_PAGES):
        response = _send(client, asked)
        answers.append(answered(response))
        following = response.json().get("next") if asked.cursor and response.status_code == 200 else None
        if not following or (asked.cursor == "since" and not response.json()["more"]):
            break
        kept = tuple(entry for entry in asked.params if entry[0] != asked.cursor)
        asked = replace(asked, params=(*kept, (asked.cursor, following)))
    return answers


def requests_of(items: Sequence[Item], rng: random.Random) -> list[Asked]:
    """Return requests of every route: about all that exists, seen or not, and about what does not exist."""
    return [
        *_searches(items, rng),
        *_lists(items, rng),
        *_single_items(items, rng),
        *_changes(),
        *_feedback(items, rng),
        *_desk(items, rng),
        *_files(items),
        *_tools(items, rng),
        *_operations(items),
    ]


def some_of(requests: Sequence[Asked], rng: random.Random, *, most: int) -> list[Asked]:
    """Return at most so many requests of each kind, in their order."""
    kinds: dict[str, list[int]] = {}
    for n, asked in enumerate(requests):
        kinds.setdefault(asked.kind, []).append(n)
    kept = [n for places in kinds.values() for n in rng.sample(places, min(most, len(places)))]
    return [requests[n] for n in sorted(kept)]


def again(asked: Asked, answered: Answered, rng: random.Random) -> list[Asked]:
    """Return ways to ask for the same once more: for its head, packed, if it has changed, by another method."""
    if asked.method != "GET":
        return []
    ways = [
        replace(asked, method="HEAD", cursor=""),
        replace(asked, headers={**asked.headers, "Accept-Encoding": "gzip"}, cursor=""),
        replace(asked, method="DELETE", cursor=""),
    ]
    if etag := answered.header("etag"):
        ways += [replace(asked, headers={**asked.headers, "If-None-Match": etag}, cursor="")] * 2
    return rng.sample(ways, 2)


def _send(client: TestClient, asked: Asked) -> Response:
    headers = {"X-Request-ID": "leaks", "Accept-Encoding": "identity", **asked.headers}
    return client.request(asked.method, asked.path, params=list(asked.params), json=asked.body, headers=headers)


def answered(response: Response, *, own: str = "{held}") -> Answered:
    """Return what a caller gets; `own` is the random id that the caller was given before."""
    body = response.content.replace(own.encode(), b"{held}")
    for pattern, shown in _RANDOM:
        body = pattern.sub(shown, body)
    fields = [(name.lower(), value.replace(own, "{held}")) for name, value in response.headers.multi_items()]
    headers = tuple(sorted((n, _OF_COOKIES.sub("...", value) if n == "set-cookie" else value) for n, value in fields))
    is_packed = "content-encoding" in response.headers
    if body != response.content and (is_packed or response.headers["content-type"].startswith("text/plain")):
        # A random id does not always pack to the same length, nor do times have one.
        headers = tuple(entry for entry in headers if entry[0] != "content-length")
    return Answered(response.status_code, headers, body)


def filter_values(items: Sequence[Item], rng: random.Random, *, each: int) -> Iterator[tuple[str, str]]:
    """Yield some values of each filter: codes, ids and names, of seen and hidden concepts, well and badly written."""
    values = {
        "industry": ("C", "10", "11", "86", "Secretindustry", "Secretindustri"),
        "region": ("EMEA", "US", "Atlantis", "Atlanti"),
        "language": ("de", "fr", "xx"),
        "outcome": ("success", "partial", "sucess"),
        "since": ("2026-01-01", "2026-07-01"),
    }
    for kind in ("challenge_type", "competency", "enabler"):
        concepts = [item for item in items if item.type == kind]
        values[kind] = tuple(name for item in concepts for name in (item.id, item.secret, f"{item.secret[:-1]}x"))
    for name, known in values.items():
        yield from ((name, value) for value in rng.sample(known, min(each, len(known))))


def some_concepts(items: Sequence[Item], rng: random.Random) -> list[str]:
    """Return ids and names of a competency or an enabler or two, seen or not: what a team says it has."""
    concepts = [item for item in items if item.type in ("competency", "enabler")]
    return [rng.choice((item.id, item.secret)) for item in rng.sample(concepts, 2)]


def _searches(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    texts = [" ".join(WORDS[n : n + 6]) for n in (0, 7, 14)]
    texts += [f"{item.secret} {item.words[0]} {item.words[1]}" for item in rng.sample(items, 6)]
    bodies: list[dict[str, Any]] = [{"challenge": text, "limit": 50} for text in texts]
    bodies += [_filtered(rng.choice(texts[:3]), *entry) for entry in filter_values(items, rng, each=3)]
    bodies += [{"challenge": texts[1], "have": some_concepts(items, rng)} for _ in range(4)]
    bodies += [{"challenge": texts[0], "facets": True, "limit": 2}, {"challenge": " "}, {"challenge": 5}, {}]
    bodies += _about_types(items, rng)
    yield from (Asked("POST", "/v1/search", body=body) for body in bodies)
    contexts = [*bodies[:5], {}, *(_filtered(texts[1], *entry) for entry in filter_values(items, rng, each=1))]
    for n, body in enumerate(contexts):
        wanted = {name: body[name] for name in ("challenge", "filters") if name in body}
        more = {"token_budget": (300, 2000, 20_000)[n % 3], "limit": 8, "analogues": n % 2 == 0}
        yield Asked("POST", "/v1/context", body={**wanted, **more})


def _about_types(items: Sequence[Item], rng: random.Random) -> Iterator[dict[str, Any]]:
    """Yield searches that name kinds of challenge, so that stubs come up, with filters that stubs pass or not."""
    types = [item for item in items if item.type == "challenge_type"]
    yield from ({"challenge": f"{item.secret} {item.words[0]}, {item.words[1]} {item.words[2]}"} for item in types)
    every = f"{', '.join(item.secret for item in types)} {types[0].words[0]}"
    yield from ({"challenge": every, "filters": {"industry": [code]}} for code in ("C", "10", "20", "29", "86"))
    yield {"challenge": every, "filters": {"challenge_type": [rng.choice(types).id]}}
    yield {"challenge": every, "filters": {"language": ["de"]}}


def _filtered(text: str, name: str, value: str) -> dict[str, Any]:
    return {"challenge": text, "filters": {name: value if name == "since" else [value]}, "facets": len(value) % 2 == 0}


def _lists(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    statuses = [("status", status) for status in ("approved", "draft", "in_review", "archived")]
    for place in PLACES.values():
        path = f"/v1/{place}"
        yield Asked("GET", path, (("limit", "6"), *statuses), cursor="cursor")
        yield Asked("GET", path, cursor="cursor")
        yield Asked("GET", path, (("cursor", make_cursor(rng.choice(items).id)),))
        yield Asked("GET", path, (("cursor", "forged"),))
        yield Asked("GET", path, (("language", "de"), ("since", "2026-07-01"), *statuses))
    for name, value in filter_values(items, rng, each=2):
        yield Asked("GET", "/v1/cases", ((name, value), *statuses[:2]))
        yield Asked("GET", "/v1/facets", ((name, value),))
    for name, value in (("industry", "C"), ("region", "EMEA"), ("region", "Atlantis")):
        yield Asked("GET", "/v1/notes", ((name, value), *statuses))
    yield Asked("GET", "/v1/facets")


def _single_items(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    ids = [*(item.id for item in items), "case-99", items[-1].secret]
    for id_ in ids:
        kind = next((item.type for item in items if item.id == id_), "business_case")
        yield Asked("GET", f"/v1/{PLACES[kind]}/{id_}")
        yield Asked("GET", f"/v1/{rng.choice(list(PLACES.values()))}/{id_}")
        if kind == "business_case":
            yield Asked("GET", f"/v1/cases/{id_}/brief", (("format", rng.choice(("md", "docx", "pptx"))),))
            yield Asked("GET", f"/v1/cases/{id_}/brief", (("language", "de"),), headers={"Accept": "text/markdown"})
            yield Asked("GET", f"/v1/cases/{id_}/similar", (("limit", "20"), ("facets", "true")))
    for name, value in filter_values(items, rng, each=1):
        case = rng.choice([item for item in items if item.type == "business_case"])
        have = tuple(("have", entry) for entry in some_concepts(items, rng))
        yield Asked("GET", f"/v1/cases/{case.id}/similar", ((name, value), *have))


def _changes() -> Iterator[Asked]:
    yield Asked("GET", "/v1/changes", (("limit", "9"),), cursor="since")
    for since in ("2026-07-31", "2026-08-01T06:00:00", "2026-08-02", "2026-09-30", "nothing"):
        yield Asked("GET", "/v1/changes", (("since", since),), cursor="since")


def _feedback(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    for item in rng.sample(items, 8):
        body = {"case_id": item.id, "kind": "used", "search_id": "0" * 32, "comment": f"{item.secret} helped"}
        asked = Asked("POST", "/v1/feedback", body=body, headers={"Idempotency-Key": f"once-{item.id}"})
        yield from (asked, asked, replace(asked, body={**body, "comment": ""}))
    yield Asked("POST", "/v1/feedback", body={"case_id": "case-99", "kind": "used"})


def _desk(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    """Yield what the desk is asked, about anything; what would change the library is of what nobody sees or has."""
    unseen = [item.id for item in items if item.classification is None] + ["case-99", items[-1].secret]
    texts = [item.text() for item in rng.sample(items, 4)] + ["no front matter"]
    for text in texts:
        kind = rng.choice(("business_case", "industry_note", "learning_resource"))
        yield Asked("POST", "/v1/drafts/examination", body={"text": text, "item_id": "", "type": kind})
        yield Asked("POST", "/v1/drafts/examination", body={"text": text, "item_id": rng.choice(items).id})
    content = base64.b64encode(f"{WORDS[0]} {WORDS[1]} {WORDS[2]}".encode()).decode()
    yield Asked("POST", "/v1/drafts/conversion", body={"name": "a.txt", "content": content, "classification": "public"})
    broken = {"text": "no front matter"}
    yield Asked("POST", "/v1/drafts", body={**broken, "type": "industry_note"}, headers={"Idempotency-Key": "once"})
    for order in ("use", "owner", "due"):
        yield Asked("GET", "/v1/review", (("order", order), ("owner", rng.choice(["", *PEOPLE]))))
    for item in items:
        yield Asked("GET", f"/v1/drafts/{item.id}")
        yield Asked("GET", f"/v1/review/{item.id}")
        yield Asked("PUT", f"/v1/drafts/{item.id}", body=broken, headers={"If-Match": '"none"'})
        body = {"decision": rng.choice(("return", "archive")), "reason": " ", "confirmed": False}
        yield Asked("POST", f"/v1/review/{item.id}/decisions", body=body)
        yield Asked("POST", f"/v1/review/{item.id}/decisions", body={"decision": "approve"}, headers=_OTHER_VERSION)
        yield Asked("GET", f"/v1/purges/{item.id}")
        yield Asked("POST", f"/v1/purges/{item.id}", body={"confirmed": False})
    for id_ in unseen:
        yield Asked("POST", f"/v1/purges/{id_}", body={"confirmed": True})
        yield Asked("POST", f"/v1/drafts/{id_}/submission")
        yield Asked("POST", f"/v1/review/{id_}/decisions", body={"decision": rng.choice(("approve", "verify"))})
    yield Asked("POST", "/v1/review/verifications", body={"ids": unseen})
    yield Asked("POST", "/v1/review/verifications", body={"overdue": True, "owner": "nobody"})
    yield Asked("POST", "/v1/review/reassignments", body={"leaver": "nobody", "successor": "somebody"})
    yield from _vocabulary_changes(items, rng)


def _vocabulary_changes(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    """Yield plans for the vocabulary, about concepts seen or not; none is carried out."""
    concepts = [item for item in items if item.type in ("competency", "enabler", "challenge_type")]
    for item in concepts:
        other = rng.choice([*concepts, *items[:2]])
        for apply in (False, True):
            more = {"apply": apply}
            renaming = {"concept": item.id, "new_id": rng.choice((other.id, "concept-new"))}
            yield Asked("POST", "/v1/vocabulary/renamings", body={**renaming, **more}, headers=_OTHER_VERSION)
            merger = {"concept": item.id, "into": other.id}
            yield Asked("POST", "/v1/vocabulary/mergers", body={**merger, **more}, headers=_OTHER_VERSION)
        row = f"{item.id},{item.type},{rng.choice(WORDS)},{other.id}"
        table = {
            "format": "csv",
            "content": f"id,type,labels.en,broader\n{row}\nconcept-new,{item.type},New,{item.id}\n",
        }
        options = {"type": item.type, "base": "urn:casebook:concept:", "language": "en", "apply": False}
        yield Asked("POST", "/v1/vocabulary/imports", body={**table, **options}, headers=_OTHER_VERSION)
        turtle = (
            "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
            f'<urn:casebook:concept:{item.id}> a skos:Concept ; skos:prefLabel "{item.secret}"@en ;\n'
            f"  skos:broader <urn:casebook:concept:{other.id}> .\n"
        )
        yield Asked("POST", "/v1/vocabulary/imports", body={**options, "format": "turtle", "content": turtle})


def _files(items: Sequence[Item]) -> Iterator[Asked]:
    """Yield exports; the audit names items to those who look after it, so only what it holds of none is compared."""
    statuses = [("status", status) for status in ("approved", "draft", "in_review", "archived")]
    for form in ("jsonl", "csv"):
        yield Asked("GET", "/v1/exports", (("format", form), *statuses))
        yield Asked("GET", "/v1/exports", (("format", form), ("type", items[0].type)))
        times = (("since", "2999-01-01T00:00:00Z"), ("until", "2999-01-02T00:00:00Z"))
        yield Asked("GET", "/v1/audit", (("format", form), ("item", "none"), *times))
    yield from (Asked("GET", "/v1/vocabulary", (("format", form),)) for form in ("turtle", "csv"))


def _tools(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    yield from (_message("initialize", params) for params in ({"protocolVersion": "2025-06-18"},))
    yield _message("tools/list", {})
    for name, arguments in tool_calls(items, rng):
        yield _message("tools/call", {"name": name, "arguments": arguments})


def _message(method: str, params: dict[str, Any]) -> Asked:
    if method == "initialize":
        params = {**params, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return Asked("POST", "/mcp", body=body, headers=_MCP_HEADERS)


def _operations(items: Sequence[Item]) -> Iterator[Asked]:
    for path in ("/v1/me", "/healthz", "/readyz", "/openapi.json", "/openapi-3.0.json", f"/{items[0].id}", "/mcp"):
        yield Asked("GET", path)
    for end in ("", "/mcp"):
        yield Asked("GET", f"/.well-known/oauth-protected-resource{end}")
    yield from (Asked("GET", f"/problems/{slug}") for slug in ("not-found", items[0].id))
    yield Asked("GET", "/metrics")
