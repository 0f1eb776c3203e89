"""SKOS in Turtle -> what it says of concepts, and what of it could not be taken."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.vocabulary.pages import (
    CONCEPT_TYPES,
    Incoming,
    IncomingVocabulary,
    decode_file,
    join_sections,
    plain_value,
)
from curation.vocabulary.skos.terms import (
    DEFAULT_BASE,
    FIELDS,
    LINKS,
    NOTES,
    OWN,
    SKOS,
    TERMS,
    TEXT_BY_LANGUAGE,
    TEXTS_BY_LANGUAGE,
    TOLD_OTHERWISE,
    check_base,
    concept_id,
    namespaces,
    ordered,
)
from library.errors import VocabularyError
from library.front_matter import Value

if TYPE_CHECKING:
    from rdflib import Graph

_MOST_BYTES = 20_000_000
_SECOND = "second_labels"  # of one language; they become alternative ones


def read_turtle(file: Path, *, base: str = DEFAULT_BASE, language: str = "en") -> IncomingVocabulary:
    """Return the concepts of a Turtle file; `language` is that of labels which name none.

    Raises:
        VocabularyError: it is no Turtle, holds no concept, or is too large.
    """
    check_base(base)
    text, was_latin = decode_file(file, most_bytes=_MOST_BYTES)
    if was_latin:
        raise VocabularyError(f"{file} is no UTF-8, as Turtle has to be.", hint="Save it as UTF-8.")
    return _read_graph(_parsed(file, text), base, language, file.name)


@dataclass(slots=True)
class Reader:
    """Reads concepts of a graph; `left` counts what is not taken, by reason."""

    graph: Graph
    base: str
    language: str
    left: Counter[str] = field(default_factory=Counter)

    def read(self, subject: Any) -> Incoming:  # a node of rdflib, here and below
        """Return what the graph says of a concept."""
        given: dict[str, Value] = {}
        for predicate in ordered(self.graph.predicates(subject)):
            given |= self._field(subject, predicate)
        _take_second_labels(given)
        rest = self._rest(subject)
        kept = rest.pop("body", None)
        links = {name: self._links(subject, name) for name in LINKS if name not in rest}
        return Incoming(
            id=concept_id(self.base, str(subject)),
            uri=str(subject),
            type=self._kind(subject),
            given=given | rest,
            links={name: targets for name, targets in links.items() if targets},
            body=kept if isinstance(kept, str) else self._body(subject),
            complete=self._is_complete(subject),
            place=str(subject),
        )

    def _kind(self, subject: Any) -> str:
        rdf, _, terms = namespaces()
        kinds = set(self.graph.objects(subject, rdf["type"]))
        return next((name for name in CONCEPT_TYPES if terms[name] in kinds), "")

    def _is_complete(self, subject: Any) -> bool:
        return str(self.graph.value(subject, namespaces()[2]["complete"])) == "true"

    def _field(self, subject: Any, predicate: Any) -> dict[str, Value]:
        """Return the field that the values of a predicate make."""
        name = str(predicate).removeprefix(SKOS) if str(predicate).startswith(SKOS) else ""
        values = self._ordered(subject, predicate, name)
        if name in TEXT_BY_LANGUAGE.values():
            return self._one_by_language(name, values)
        if name in TEXTS_BY_LANGUAGE.values():
            return self._many_by_language(name, values)
        if str(predicate).startswith(TERMS):
            return self._own_field(str(predicate).removeprefix(TERMS), values)
        if name not in TOLD_OTHERWISE and name not in NOTES and name not in LINKS.values():
            self._leave(predicate, len(values))
        return {}

    def _one_by_language(self, name: str, values: Sequence[Any]) -> dict[str, Value]:
        texts: dict[str, Value] = {}
        second: dict[str, Value] = {}
        for tag, text in self._literals(values):
            if tag not in texts:
                texts[tag] = text
            elif name == "prefLabel":
                second.setdefault(tag, [])
                second[tag] = [*_listed(second[tag]), text]
                self.left[f"a second preferred label in {tag} became an alternative one"] += 1
            else:
                self.left[f"a second {name} in {tag} was left out"] += 1
        found: dict[str, Value] = {FIELDS[name]: texts} if texts else {}
        return {**found, _SECOND: second} if second else found

    def _many_by_language(self, name: str, values: Sequence[Any]) -> dict[str, Value]:
        texts: dict[str, Value] = {}
        for tag, text in self._literals(values):
            texts[tag] = [*_listed(texts.get(tag)), text]
        return {FIELDS[name]: texts} if texts else {}

    def _literals(self, values: Sequence[Any]) -> Iterator[tuple[str, str]]:
        from rdflib import Literal

        for value in values:
            if isinstance(value, Literal):
                yield value.language or self.language, str(value)
            else:
                self.left["a label, definition or note that is no text was left out"] += 1

    def _own_field(self, name: str, values: Sequence[Any]) -> dict[str, Value]:
        if name in OWN or name.endswith("Order"):
            return {}
        if len(values) != 1:
            self.left[f"`cb:{name}` stands more than once; one was taken"] += 1
        return {name: self._plain(values[0])}

    def _plain(self, node: Any, depth: int = 8) -> Value:
        """Return a literal's text, an RDF list as a list, any other blank node as a mapping."""
        from rdflib import BNode

        rdf, _, _ = namespaces()
        if node == rdf["nil"] or (node, rdf["first"], None) in self.graph:
            return [self._plain(entry, depth - 1) for entry in self._items(node)] if depth else None
        if not isinstance(node, BNode):
            return str(node)
        found = ordered(self.graph.predicate_objects(node)) if depth else []
        return {str(key).removeprefix(TERMS): self._plain(entry, depth - 1) for key, entry in found}

    def _links(self, subject: Any, name: str) -> tuple[str, ...]:
        from rdflib import URIRef

        _, skos, _ = namespaces()
        values = self._ordered(subject, skos[LINKS[name]], LINKS[name])
        if name == "broader":
            values += [
                other for other in ordered(self.graph.subjects(skos["narrower"], subject)) if other not in values
            ]
        if name == "close_match":
            values += [
                other for other in ordered(self.graph.objects(subject, skos["exactMatch"])) if other not in values
            ]
        strange = sum(not isinstance(value, URIRef) for value in values)
        if strange:
            self.left[f"`skos:{LINKS[name]}` to something without a URI was left out"] += strange
        return tuple(str(value) for value in values if isinstance(value, URIRef))

    def _ordered(self, subject: Any, predicate: Any, name: str) -> list[Any]:
        """Return the values of a predicate in the order that is told beside them, else in the alphabet's."""
        values = ordered(self.graph.objects(subject, predicate))
        told = self.graph.value(subject, namespaces()[2][f"{name}Order"]) if name else None
        order = self._items(told) if told is not None else []
        if set(order) == set(values):
            return order
        places = {node: n for n, node in reversed(list(enumerate(order)))}
        return sorted(values, key=lambda node: places.get(node, len(order)))

    def _items(self, head: Any) -> list[Any]:
        """Return the entries of an RDF list; none of one that leads back into itself."""
        try:
            return list(self.graph.items(head))
        except ValueError:
            self.left["an RDF list without an end was left out"] += 1
            return []

    def _body(self, subject: Any) -> str | None:
        """Return the sections that Casebook wrote, or the notes of another maker."""
        rdf, skos, terms = namespaces()
        notes = ordered(self.graph.objects(subject, skos["note"]))
        nodes = [
            (str(place), node) for node in notes if (place := self.graph.value(node, terms["position"])) is not None
        ]
        preamble = self.graph.value(subject, terms["preamble"])
        if not nodes and preamble is None and not self._is_complete(subject):
            return self._notes(subject)
        sections = []
        for _, node in sorted(nodes, key=lambda entry: entry[0].zfill(9)):
            text, heading = self.graph.value(node, rdf["value"]), self.graph.value(node, terms["heading"])
            sections.append((str(heading or ""), None if text is None else str(text)))
        return join_sections(str(preamble or ""), sections)

    def _notes(self, subject: Any) -> str | None:
        """Return the notes of another maker in the reader's language as sections."""
        _, skos, _ = namespaces()
        wanted = self.language.partition("-")[0]
        parts = []
        for name, heading in NOTES.items():
            told = list(self._literals(ordered(self.graph.objects(subject, skos[name]))))
            texts = [text.strip() for tag, text in told if tag.partition("-")[0] == wanted]
            if len(told) > len(texts):
                self.left[f"a `skos:{name}` in another language was left out"] += len(told) - len(texts)
            if texts:
                parts.append(f"\n## {heading}\n\n" + "\n\n".join(texts) + "\n")
        return "".join(parts) or None

    def _rest(self, subject: Any) -> dict[str, Value]:
        value = self.graph.value(subject, namespaces()[2]["rest"])
        try:
            rest = json.loads(str(value)) if value is not None else {}
        except (ValueError, RecursionError):
            rest = None
        if not isinstance(rest, dict):
            self.left["`cb:rest` that is no JSON object was left out"] += 1
            return {}
        return {str(name): plain_value(entry) for name, entry in rest.items()}

    def _leave(self, predicate: Any, count: int) -> None:
        if predicate != namespaces()[0]["type"]:
            self.left[f"`{self.graph.namespace_manager.normalizeUri(str(predicate))}` was left out"] += count


def _take_second_labels(given: dict[str, Value]) -> None:
    second, alternative = given.pop(_SECOND, None), given.get("alt_labels", {})
    if isinstance(second, dict) and isinstance(alternative, dict):
        merged = {tag: [*_listed(alternative.get(tag)), *_listed(texts)] for tag, texts in second.items()}
        given["alt_labels"] = {**alternative, **{tag: list(texts) for tag, texts in merged.items()}}


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _read_graph(graph: Graph, base: str, language: str, name: str) -> IncomingVocabulary:
    from rdflib import BNode

    rdf, skos, _ = namespaces()
    reader = Reader(graph, base, language)
    found = {*graph.subjects(rdf["type"], skos["Concept"]), *graph.subjects(skos["prefLabel"])}
    for other in ("ConceptScheme", "Collection", "OrderedCollection"):
        found -= set(graph.subjects(rdf["type"], skos[other]))
    subjects = ordered(node for node in found if not isinstance(node, BNode))
    if not subjects:
        hint = "Concepts are what is a skos:Concept or has a skos:prefLabel, and a URI."
        raise VocabularyError(f"{name} holds no concept.", hint=hint)
    concepts = tuple(map(reader.read, subjects))
    if len(found) > len(subjects):
        reader.left["a concept without a URI was left out"] += len(found) - len(subjects)
    notes = (f"{what} ({count} time{'s' * (count > 1)})" for what, count in sorted(reader.left.items()))
    return IncomingVocabulary(concepts, tuple(notes))


def _parsed(file: Path, text: str) -> Graph:
    from rdflib import Graph
    from rdflib.exceptions import ParserError

    # What rdflib tells developers of literals and URIs that look odd is no help here.
    logging.getLogger("rdflib").setLevel(logging.CRITICAL)
    # Its parser knows more than Turtle (variables, for one), and trips over it.
    tripped = (RecursionError, IndexError, KeyError, AssertionError, AttributeError, TypeError)
    try:
        return Graph().parse(data=text, format="turtle")
    except (SyntaxError, ParserError, ValueError, *tripped) as error:
        line = getattr(error, "lines", None)
        where = f", line {line + 1}" if isinstance(line, int) else ""
        hint = "Check it with another tool, or let the thesaurus be exported as Turtle (.ttl) once more."
        raise VocabularyError(f"{file}{where}: this is no Turtle.", hint=hint) from error
