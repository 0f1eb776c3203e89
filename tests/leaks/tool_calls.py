"""Calls of every tool of the connector, about what exists, seen or not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from tests.leaks.random_library import WORDS, Item

Call = tuple[str, dict[str, Any]]


def tool_calls(items: Sequence[Item], rng: random.Random) -> list[Call]:
    """Return calls of every tool; some of the many."""
    cases = [item for item in items if item.type == "business_case"]
    texts = [" ".join(WORDS[n : n + 6]) for n in (0, 7, 14)]
    texts += [f"{item.secret} {item.words[0]} {item.words[1]}" for item in rng.sample(cases, 3)]
    return [
        *(("search", {"query": text}) for text in texts),
        *(("fetch", {"id": item.id}) for item in rng.sample(items, 12)),
        *(("get_case", {"case_id": item.id}) for item in rng.sample(items, 12)),
        *_found(items, texts, rng),
        *(("explain_match", {"challenge": rng.choice(texts), "case_id": case.id}) for case in cases),
        *_lists(items, rng),
        *_learning(items, texts, rng),
        ("fetch", {"id": "case-99"}),
        ("delete_case", {"id": cases[0].id}),
    ]


def _found(items: Sequence[Item], texts: Sequence[str], rng: random.Random) -> Iterator[Call]:
    yield from (("search_cases", {"challenge": text, "limit": 25}) for text in texts)
    concepts = [item for item in items if item.type in ("competency", "enabler", "challenge_type")]
    for item in concepts:
        filters = {item.type: [rng.choice((item.id, item.secret, f"{item.id}x"))]}
        yield "search_cases", {"challenge": rng.choice(texts), "filters": filters}
        yield "search_cases", {"challenge": rng.choice(texts), "have": [item.id]}


def _lists(items: Sequence[Item], rng: random.Random) -> Iterator[Call]:
    for name in ("list_competencies", "list_enablers"):
        yield name, {}
        yield name, {"limit": 1}
        for item in rng.sample(items, 3):
            yield name, {"contains": item.secret}
            yield name, {"after": item.id, "limit": 2}


def _learning(items: Sequence[Item], texts: Sequence[str], rng: random.Random) -> Iterator[Call]:
    yield from (("find_learning", {"challenge": text, "limit": 30}) for text in texts)
    for item in rng.sample(items, 8):
        yield "find_learning", {"ids": [item.id]}
        yield "find_learning", {"ids": [item.secret]}
