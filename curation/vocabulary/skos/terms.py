"""Names: what fields of a page are called in SKOS and in Casebook's own namespace, and what a concept's URI is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from library.errors import VocabularyError

if TYPE_CHECKING:
    from rdflib import Literal, URIRef

DEFAULT_BASE = "urn:casebook:concept:"
TERMS = "urn:casebook:terms:"
SKOS = "http://www.w3.org/2004/02/skos/core#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

TEXT_BY_LANGUAGE = {"labels": "prefLabel", "definition": "definition"}
TEXTS_BY_LANGUAGE = {"alt_labels": "altLabel", "hidden_labels": "hiddenLabel"}
LINKS = {"broader": "broader", "related": "related", "close_match": "closeMatch"}
FIELDS = {known: name for name, known in (TEXT_BY_LANGUAGE | TEXTS_BY_LANGUAGE).items()}
# Notes of other makers become sections of a new page.
NOTES = {
    "note": "Note",
    "scopeNote": "Scope note",
    "example": "Example",
    "historyNote": "History",
    "editorialNote": "Editorial note",
    "changeNote": "Changes",
}
# Told otherwise here: a scheme is a folder, narrower the other side of broader.
TOLD_OTHERWISE = frozenset(
    {"inScheme", "topConceptOf", "hasTopConcept", "narrower", "narrowerTransitive", "broaderTransitive", "exactMatch"}
)
# Said of the page in another way than its fields are.
OWN = frozenset({"complete", "rest", "id", "type", "preamble"})
NAME = re.compile(r"[a-z_][a-z0-9_]*")
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]+")


@cache
def namespaces() -> tuple[Any, Any, Any]:
    """Return RDF, SKOS and the terms of Casebook's own, whose items are URIs."""
    from rdflib import Namespace

    return Namespace(RDF), Namespace(SKOS), Namespace(TERMS)


def literal(text: str, language: str = "") -> Literal:
    """Return a text as RDF holds it."""
    from rdflib import Literal

    return Literal(text, lang=language or None)


def uri(text: str) -> URIRef:
    """Return a URI as RDF holds it."""
    from rdflib import URIRef

    return URIRef(text)


def ordered(nodes: Iterable[Any]) -> list[Any]:
    """Return nodes of rdflib in its order, each once."""
    return sorted(set(nodes))


def concept_uri(base: str, item_id: str) -> str:
    """Return the URI of a concept, whatever its id is made of."""
    return f"{base}{quote(item_id, safe='')}"


def concept_id(base: str, concept: str) -> str:
    """Return the id that a URI stands for; empty for one of another maker."""
    return unquote(concept.removeprefix(base)) if concept.startswith(base) else ""


def check_base(base: str) -> None:
    """Raise VocabularyError for what URIs cannot begin with."""
    if not URI.fullmatch(f"{base}x") or base[-1:] not in (":", "/", "#"):
        hint = "Write one such as https://kb.example.com/concepts/."
        raise VocabularyError(f"{base!r} is no beginning of concepts' URIs.", hint=hint)
