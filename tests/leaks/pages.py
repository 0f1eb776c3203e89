"""Requests of every page: about all that exists, seen or not, with every filter, form and file."""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from api.resources.addresses import PLACES
from search.browsing.shelf import slug_of
from tests.leaks.asked import Asked, filter_values, some_concepts, some_of
from tests.leaks.browsers import SIGNING_IN
from tests.leaks.random_library import WORDS, Item
from tests.leaks.servers import AROUND

_GERMAN = {"Accept-Language": "de"}
_LISTS = ("notes", "competencies", "enablers", "challenge-types", "learning", "industries", "offerings", "coverage")
_NEVER_HELD = "a" * 22
Fields = tuple[tuple[str, str], ...]


def pages_of(items: Sequence[Item], rng: random.Random) -> list[Asked]:
    """Return requests of every page, each with what a browser does before it."""
    return [
        *_frame(items),
        *_answers(items, rng),
        *_lists(items, rng),
        *_single_items(items, rng),
        *_briefs(items, rng),
        *_embedded(items, rng),
        *_written(items, rng),
        *_reviewed(items, rng),
        *_signing(items),
    ]


def some_pages(items: Sequence[Item], rng: random.Random, *, seen: Collection[str]) -> list[Asked]:
    """Return some requests of every page, and the pages of all items that are seen: there is most to tell."""
    pages = pages_of(items, rng)
    of_seen = [n for n, asked in enumerate(pages) if not asked.first and asked.path.rpartition("/")[2] in seen]
    others = [asked for n, asked in enumerate(pages) if n not in of_seen]
    return [*some_of(others, rng, most=1), *(pages[n] for n in of_seen)]


def _page(path: str, *params: tuple[str, str], first: Sequence[Asked] = (), **headers: str) -> Asked:
    return Asked("GET", path, params, headers=headers, first=tuple(first))


def _form(path: str, *fields: tuple[str, str], params: Fields = (), first: Sequence[Asked] = ()) -> Asked:
    return Asked("POST", path, params, form=fields, first=tuple(first))


def _frame(items: Sequence[Item]) -> Iterator[Asked]:
    yield _page("/")
    yield Asked("GET", "/", headers=_GERMAN)
    yield _page("/static/portal.css", ("v", "1"))
    yield _page(f"/static/{items[0].id}.css")
    for language in ("de", "fr", "en", items[0].id):
        chosen = _page("/language", ("to", language), ("next", f"/cases/{items[-1].id}"))
        yield from (chosen, _page("/cases", first=[chosen]))


def _answers(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    """Yield answers, narrowed by every filter, and the challenge on the map."""
    for challenge in _challenges(items, rng):
        posted = _form("/search", ("challenge", challenge))
        yield _page("/answers/{held}", first=[posted])
        yield _page("/answers/{held}/map", first=[posted])
    posted = _form("/search", ("challenge", " ".join(WORDS[:6])))
    for name, value in _filters(items, rng, each=2):
        yield _page("/answers/{held}", (name, value), first=[posted])
        yield _form("/search", ("challenge", "price"), (name, value))
    for item in items:
        if item.type == "challenge_type":
            yield _page("/answers/{held}/map", ("kind", item.id), first=[posted])
    for _ in range(3):
        have = [("have", entry) for entry in some_concepts(items, rng)]
        yield _page("/answers/{held}", *have, ("limit", "20"), first=[posted])
        yield _form("/search", ("challenge", "price"), *have, ("limit", "10"))
    for challenge in ("", "?!", "x" * 20_001):
        yield _page("/answers/{held}", first=[_form("/search", ("challenge", challenge))])
    yield _form("/search", ("example", "tender contract"), ("challenge", items[0].secret))
    yield from (_page(f"/answers/{_NEVER_HELD}{end}") for end in ("", "/map"))


def _challenges(items: Sequence[Item], rng: random.Random) -> Iterator[str]:
    yield from (" ".join(WORDS[n : n + 6]) for n in (0, 7, 14))
    yield from (f"{item.secret} {item.words[0]} {item.words[1]}" for item in rng.sample(items, 3))
    types = [item for item in items if item.type == "challenge_type"]
    yield from (f"{item.secret} {item.words[0]}, {item.words[1]} {item.words[2]}" for item in types)


def _filters(items: Sequence[Item], rng: random.Random, *, each: int) -> Iterator[tuple[str, str]]:
    for name, value in (*filter_values(items, rng, each=each), ("since", "yesterday")):
        yield name.replace("_", "-"), value


def _lists(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    yield from (_page(f"/{name}") for name in (*_LISTS, "cases", "map", "a-z"))
    yield Asked("GET", "/cases", headers=_GERMAN)
    for name, value in _filters(items, rng, each=2):
        yield _page("/cases", (name, value), ("sort", rng.choice(("title", "recent"))))
    yield from (_page("/cases", ("page", number)) for number in ("2", "99", "x"))
    yield from (_page("/map", ("kind", item.id)) for item in items if item.type == "challenge_type")
    for code in ("C", "10", "29", "86", "Secretindustry", "Secretindustri", "none/such"):
        yield _page(f"/industries/{code}")
    for item in items:
        if item.type == "business_case":
            yield _page(f"/offerings/{slug_of(f'{item.secret} {item.words[4]}')}")
    yield from (_page(f"/offerings/{slug_of(word)}-service") for word in WORDS[::9])
    yield _page("/a-z", ("letter", "Z"))


def _single_items(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    for item in (*items, replace(items[-1], id="case-99"), replace(items[-1], id=items[-1].secret)):
        path = f"/{PLACES[item.type]}/{item.id}"
        yield _page(path)
        yield _page(f"/{rng.choice(list(PLACES.values()))}/{item.id}")
        if item.type == "business_case":
            yield from (_page(f"{path}/attachments/{number}") for number in ("1", "2", "x"))
        if item.type == "enabler":
            yield _page(path, ("checked", "1"), ("yes", "0"), ("yes", "9"))


def _briefs(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    """Yield briefs of chosen cases; what cannot be chosen is asked for too."""
    cases = [item for item in items if item.type == "business_case"]
    readers = ((), (("for", "customer"),), (("for", "firm"), ("full", "1")))
    clear = _form("/brief/cases", ("do", "clear"))
    for _ in range(2):
        chosen = [_choice("add", case) for case in rng.sample(cases, 4)]
        for reader in readers:
            yield _page("/brief", *reader, first=[clear, *chosen])
        yield _page(f"/brief/file/{rng.choice(('docx', 'pptx'))}", *rng.choice(readers[:2]), first=[clear, *chosen])
        yield _page("/brief", first=[_choice("drop", rng.choice(cases))])
    yield from (_choice("add", item) for item in rng.sample(items, 5))
    yield from (_page(f"/brief/file/{form}", first=[clear]) for form in ("docx", "exe"))
    yield _form("/brief/cases", ("do", "nothing"))
    yield _page("/brief", ("full", "1"), first=[clear, *(_choice("add", case) for case in cases)])


def _choice(do: str, case: Item) -> Asked:
    return _form("/brief/cases", ("do", do), ("case", case.id), ("next", f"/cases/{case.id}"))


def _embedded(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    around = (("language", "fr"), ("origin", AROUND))
    yield _page("/embed", *around)
    yield _page("/embed", ("origin", "https://elsewhere.example"))
    for challenge in (*_challenges(items, rng), "", "?!"):
        yield _form("/embed", ("challenge", challenge), params=rng.choice((around, ())))
        yield _page("/answers/{held}", first=[_form("/embed/open", ("challenge", challenge))])
    yield _form("/embed/open", ("challenge", items[0].secret))


def _written(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    """Yield what an author sees of a text and of each item; nothing is saved, so that all see the same library."""
    cases = [item for item in items if item.type == "business_case"]
    yield from (_page("/contribute"), _page("/contribute", ("done", "saved")))
    yield Asked("GET", "/contribute", headers=_GERMAN)
    for item in (*cases, rng.choice(items), replace(cases[-1], id="case-99")):
        yield _page(f"/contribute/{item.id}", ("done", rng.choice(("submitted", "saved"))))
        typed = _typed(item, rng.choice(items))
        yield _form(f"/contribute/{item.id}", ("do", rng.choice(("check", "save"))), ("etag", '"old"'), *typed)
        yield _form("/contribute", ("do", "check"), ("base", "---\nstatus: draft\n---\n"), *typed)
        yield _form("/contribute", ("do", "read"), ("notes", f"{item.secret} {' '.join(item.words)}"), ("file", ""))
    two = "".join(
        f"# Case {n}: {item.secret}\n\n## Challenge\n\n{item.words[0]}\n\n" for n, item in enumerate(cases[:2])
    )
    yield _form("/contribute", ("do", "read"), ("notes", two))
    packed = ("cases", json.dumps([f"---\ntitle: {cases[0].secret}\n---\n\n{cases[0].words[1]}\n"]))
    yield from (_form("/contribute", ("do", "open"), packed, ("which", which)) for which in ("0", "7"))
    yield _form("/contribute", ("do", "save"), ("title", ""), ("notes", items[0].secret))


def _typed(item: Item, other: Item) -> Fields:
    """Return what is typed about an item, with a link to another."""
    text = " ".join(item.words)
    named = (("title", item.secret), ("summary", text), ("customer", item.secret), ("replicates", other.id))
    chosen = (("outcome", "success"), ("classification", "internal"), ("written_in", "en"), ("existence", ""))
    links = (("link", f"related:{other.id}"), ("link", f"competencies:{other.id}"), ("link", "industries:10"))
    return (*named, *chosen, *links, ("text_challenge", text), ("further", other.secret))


def _reviewed(items: Sequence[Item], rng: random.Random) -> Iterator[Asked]:
    """Yield the queue and each item as a reviewer sees it, and decisions that are refused."""
    for tab in ("waiting", "edited", "overdue", "use", "none"):
        yield _page("/review", ("tab", tab), ("owner", rng.choice(items).owner or "ann"))
        yield _page("/review", ("tab", tab))
    for item in (*items, replace(items[-1], id="case-99")):
        yield _page(f"/review/{item.id}")
        decided = ("do", rng.choice(("approve", "return", "verify", "archive", "nothing")))
        stale = (("etag", '"old"'), ("reason", item.secret), ("confirmed", "1"))
        yield _form(f"/review/{item.id}", decided, *stale)
        yield _page("/review", ("done", "approved"), ("item", item.id))
    yield _form("/review", ("do", "verify"), ("item", "case-99"), ("item", items[0].secret))
    yield _form("/review", ("do", "reassign"), ("leaver", "nobody-here"), ("successor", "nobody-there"))
    yield _form("/review", ("do", "nothing"))


def _signing(items: Sequence[Item]) -> Iterator[Asked]:
    """Yield signing in and out; whoever signs out signs in again."""
    target = ("next", f"/cases/{items[-1].id}")
    yield _page("/signin", target)
    yield _form("/signin", ("key", items[-1].secret), target)
    yield _page("/signin/openid", target)
    yield _page("/signin/openid/back", *((name, items[0].id) for name in ("code", "state", "error", "iss")))
    yield _page("/signout")
    yield replace(SIGNING_IN[-1], first=(_form("/signout"), _page("/signout"), *SIGNING_IN[:-1]))
    yield _page("/brief", first=[_page("/")])
    yield _form("/signout", ("csrf", "of another"))
    yield replace(SIGNING_IN[-1], first=SIGNING_IN[:-1])
