"""Concept pages go to Turtle and back without a loss, and other makers' thesauri are taken as far as they can be."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation.vocabulary.pages import ConceptPage, Incoming, IncomingVocabulary, normal, read_pages
from curation.vocabulary.skos.reading import read_turtle
from curation.vocabulary.skos.terms import concept_id
from curation.vocabulary.skos.writing import write_turtle
from library.errors import VocabularyError
from library.front_matter import Value
from tests.curation.vocabulary.concept_pages import libraries

ROOT = Path(__file__).parents[3]
PREFIXES = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix x: <https://example.org/> .\n"


def _read(text: str | bytes, **options: str) -> IncomingVocabulary:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "v.ttl"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_turtle(file, **options)


def _fields(told: Incoming, base: str) -> dict[str, Value]:
    links = {
        name: [uri if name == "close_match" else concept_id(base, uri) for uri in uris]
        for name, uris in told.links.items()
    }
    fields: dict[str, Value] = {**told.given, **{name: list(ids) for name, ids in links.items()}}
    return {name: normal(name, value) for name, value in fields.items()}


def _assert_same(page: ConceptPage, told: Incoming, base: str) -> None:
    assert (told.id, told.type, told.complete) == (page.id, page.type, True)
    assert _fields(told, base) == {name: normal(name, value) for name, value in page.fields.items()}
    assert told.body == page.body


@settings(max_examples=30)
@given(libraries, st.sampled_from(["urn:casebook:concept:", "https://kb.example.com/x#"]))
def test_pages_come_back_from_turtle(pages: list[ConceptPage], base: str) -> None:
    """Whatever a page holds is the same after Turtle: fields, order, languages, unknown fields, body."""
    if not pages:
        return
    read = _read(write_turtle(pages, base=base), base=base)
    assert read.notes == ()
    for page, told in zip(
        sorted(pages, key=lambda page: page.id), sorted(read.concepts, key=lambda c: c.id), strict=True
    ):
        _assert_same(page, told, base)


def test_shipped_vocabulary_is_said_in_skos_alone() -> None:
    """The sample vocabulary comes back whole, needs no JSON for it, and gives the same text every time."""
    pages = [file.page for file in read_pages(ROOT, types=["challenge_type"])]
    text = write_turtle(pages)
    assert "cb:rest" not in text
    assert text == write_turtle(pages)
    read = _read(text)
    assert read.notes == ()
    for page, told in zip(pages, read.concepts, strict=True):
        _assert_same(page, told, "urn:casebook:concept:")


FOREIGN = (
    PREFIXES
    + """
x:scheme a skos:ConceptScheme ; skos:prefLabel "Scheme"@en .
x:1 a skos:Concept ; skos:prefLabel "Price"@en, "Pricing"@en, "Preis"@de, "Plain" ;
    skos:altLabel "cost"@en ; skos:hiddenLabel "prise"@en ; skos:definition "What it costs."@en ;
    skos:scopeNote "Use for prices."@en, "Für Preise."@de ; skos:narrower x:2 ; skos:related x:3 ;
    skos:exactMatch <https://other.example/9> ; skos:notation "P1" ; skos:broader [ skos:prefLabel "nameless"@en ] .
x:2 skos:prefLabel "Discount"@en ; skos:inScheme x:scheme .
x:3 a skos:Concept ; skos:prefLabel <https://no.text/> .
"""
)


def test_foreign_thesaurus_is_read_as_far_as_it_can_be() -> None:
    """Labels, notes and links of another maker are taken; what cannot be is told, with how often."""
    read = _read(FOREIGN)
    first, second, third = read.concepts
    assert first.given == {
        "labels": {"en": "Price", "de": "Preis"},
        "alt_labels": {"en": ["cost", "Plain", "Pricing"]},
        "hidden_labels": {"en": ["prise"]},
        "definition": {"en": "What it costs."},
    } or first.given["labels"] == {"en": "Plain", "de": "Preis"}
    assert (first.id, first.type, first.complete) == ("", "", False)
    assert first.links["close_match"] == ("https://other.example/9",)
    assert first.body == "\n## Scope note\n\nUse for prices.\n"
    assert second.links["broader"] == ("https://example.org/1",)
    assert third.given == {}
    told = "\n".join(read.notes)
    for what in ("notation", "without a URI", "second preferred label", "no text", "another language"):
        assert what in told


def test_labels_without_language_have_the_one_that_is_said() -> None:
    """A thesaurus of one language often names it nowhere."""
    read = _read(PREFIXES + 'x:1 a skos:Concept ; skos:prefLabel "Preis" .', language="de")
    assert read.concepts[0].given == {"labels": {"de": "Preis"}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no concept"),
        (b"no turtle at all", "no Turtle"),
        (b'<?xml version="1.0"?><rdf:RDF/>', "no Turtle"),
        (PREFIXES.encode() + b"x:1 a skos:Concept ; skos:prefLabel", "no Turtle"),
        ((PREFIXES + 'x:1 skos:prefLabel "Größe"@de .').encode("latin-1"), "no UTF-8"),
        (b"x:1 \0", "no text"),
        (b"[" * 5000, "no Turtle"),
        (PREFIXES.encode() + b"x:1 skos:related " + b"( " * 3000 + b")" * 3000 + b" .", "no"),
    ],
)
def test_what_is_no_turtle_is_refused(content: bytes, message: str) -> None:
    """A file of another kind, a damaged one or one without concepts ends with a message, not a traceback."""
    with pytest.raises(VocabularyError, match=message) as caught:
        _read(content)
    assert caught.value.hint


@settings(max_examples=30)
@given(st.text(max_size=60))
@example("@prefix : <a> . :a :b ( ( ( .")
@example("<a> <b> '''")
@example("x:1 ?b x:2 .")
def test_no_text_ends_with_a_traceback(text: str) -> None:
    """Whatever a file holds, it is read or refused."""
    with contextlib.suppress(VocabularyError):
        _read(PREFIXES + text)


def test_list_that_leads_into_itself_ends() -> None:
    """An RDF list that is its own rest is left out and told."""
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    loop = f'_:a <{rdf}first> "x" ; <{rdf}rest> _:a .'
    text = f"{PREFIXES}x:1 a skos:Concept ; <urn:casebook:terms:keywords> _:a .\n{loop}"
    assert "without an end" in _read(text).notes[0]


@pytest.mark.parametrize("base", ["", "no uri", "https://kb.example.com", "https://kb.example.com/ x/"])
def test_base_that_begins_no_uri_is_refused(base: str) -> None:
    """A base that would make broken URIs, or run into the ids, is refused."""
    with pytest.raises(VocabularyError, match="URIs"):
        write_turtle([], base=base)


def test_missing_file_is_told(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(VocabularyError, match=r"v\.ttl cannot be read"):
        read_turtle(tmp_path / "v.ttl")
