"""Concept pages -> SKOS in Turtle."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curation.vocabulary.pages import ConceptPage, normal, split_sections
from curation.vocabulary.skos.reading import Reader
from curation.vocabulary.skos.terms import (
    DEFAULT_BASE,
    LANGUAGE,
    LINKS,
    NAME,
    OWN,
    RDF,
    SKOS,
    TERMS,
    TEXT_BY_LANGUAGE,
    TEXTS_BY_LANGUAGE,
    URI,
    check_base,
    concept_id,
    concept_uri,
    literal,
    namespaces,
    ordered,
    uri,
)
from library.front_matter import Value

if TYPE_CHECKING:
    from rdflib import Graph


def write_turtle(pages: Sequence[ConceptPage], *, base: str = DEFAULT_BASE) -> str:
    """Return concepts as SKOS in Turtle; a concept's URI is `base` and its id.

    Raises:
        VocabularyError: the base is no beginning of a URI.
    """
    from rdflib import Graph

    check_base(base)
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in (("rdf", RDF), ("skos", SKOS), ("cb", TERMS), ("", base)):
        graph.bind(prefix, namespace)
    for page in pages:
        _Writer(graph, page, base).write()
    for kind in sorted({page.type for page in pages}):
        _add_scheme(graph, kind)
    return graph.serialize(format="turtle")


class _Writer:
    """Adds one page to a graph."""

    def __init__(self, graph: Graph, page: ConceptPage, base: str) -> None:
        self._graph = graph
        self._page = page
        self._base = base
        self._subject = uri(concept_uri(base, page.id))
        self._rdf, self._skos, self._terms = namespaces()
        language = page.fields.get("language")
        self._language = language if isinstance(language, str) and LANGUAGE.fullmatch(language) else ""

    def write(self) -> None:
        """Add the page; what would not be read back the same is added as JSON."""
        self._add(self._rdf["type"], self._skos["Concept"])
        self._add(self._rdf["type"], self._terms[self._page.type])
        self._add(self._skos["inScheme"], _scheme(self._page.type))
        for name, value in self._page.fields.items():
            if name not in OWN:
                self._field(name, value)
        self._sections()
        self._add(self._terms["complete"], literal("true"))
        self._rest()

    def _add(self, predicate: Any, value: Any) -> None:  # nodes of rdflib
        self._graph.add((self._subject, predicate, value))

    def _field(self, name: str, value: Value) -> None:
        if name in TEXT_BY_LANGUAGE and isinstance(value, dict):
            for tag, text in _tagged(value):
                self._add(self._skos[TEXT_BY_LANGUAGE[name]], literal(text, tag))
        elif name in TEXTS_BY_LANGUAGE and isinstance(value, dict):
            entries = [literal(text, tag) for tag, text in _all_tagged(value)]
            self._several(TEXTS_BY_LANGUAGE[name], entries)
        elif name in LINKS:
            told = value if isinstance(value, list) else [value]
            targets = (self._target(name, entry) for entry in told if isinstance(entry, str))
            self._several(LINKS[name], [uri(target) for target in targets if URI.fullmatch(target)])
        elif NAME.fullmatch(name) and value is not None:
            self._add(self._terms[name], self._node(value, name))

    def _several(self, name: str, values: Sequence[Any]) -> None:
        for value in values:
            self._add(self._skos[name], value)
        if list(values) != ordered(values):
            self._add(self._terms[f"{name}Order"], self._list(values, f"{name}Order"))

    def _target(self, name: str, entry: str) -> str:
        return entry if name == "close_match" else concept_uri(self._base, entry)

    def _node(self, value: Value, place: str) -> Any:
        match value:
            case list():
                return self._list([self._node(entry, f"{place}-{n}") for n, entry in enumerate(value)], place)
            case dict():
                node = self._blank(place)
                for key, entry in value.items():
                    if NAME.fullmatch(key):
                        self._graph.add((node, self._terms[key], self._node(entry, f"{place}-{key}")))
                return node
            case _:
                return literal(value or "")

    def _list(self, values: Sequence[Any], place: str) -> Any:
        from rdflib.collection import Collection

        if not values:
            return self._rdf["nil"]
        head = self._blank(f"{place}-list")
        Collection(self._graph, head, list(values))
        return head

    def _blank(self, place: str) -> Any:
        from rdflib import BNode

        # Named after its place, so that the same pages give the same text.
        return BNode(f"{self._subject}-{place}")

    def _sections(self) -> None:
        preamble, sections = split_sections(self._page.body)
        if preamble:
            self._add(self._terms["preamble"], literal(preamble, self._language))
        for number, (heading, text) in enumerate(sections, 1):
            node = self._blank(f"section-{number:04}")
            self._add(self._skos["note"], node)
            self._graph.add((node, self._terms["position"], literal(str(number))))
            self._graph.add((node, self._terms["heading"], literal(heading, self._language)))
            if text is not None:
                self._graph.add((node, self._rdf["value"], literal(text, self._language)))

    def _rest(self) -> None:
        read = Reader(self._graph, self._base, "").read(self._subject)
        back: dict[str, Value] = dict(read.given)
        for name, targets in read.links.items():
            back[name] = [target if name == "close_match" else concept_id(self._base, target) for target in targets]
        rest = {
            name: value
            for name, value in self._page.fields.items()
            if name not in back or normal(name, back[name]) != normal(name, value)
        }
        if read.body != self._page.body:
            rest["body"] = self._page.body
        if rest:
            self._add(self._terms["rest"], literal(json.dumps(rest, ensure_ascii=False, sort_keys=True)))


def _tagged(value: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    for tag, text in value.items():
        if isinstance(text, str) and LANGUAGE.fullmatch(tag):
            yield tag, text


def _all_tagged(value: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    for tag, texts in sorted(value.items()):
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, str) and LANGUAGE.fullmatch(tag):
                yield tag, text


def _scheme(kind: str) -> Any:
    return uri(f"{TERMS}scheme:{kind}")


def _add_scheme(graph: Graph, kind: str) -> None:
    rdf, skos, _ = namespaces()
    graph.add((_scheme(kind), rdf["type"], skos["ConceptScheme"]))
    graph.add((_scheme(kind), skos["prefLabel"], literal(kind.replace("_", " "), "en")))
