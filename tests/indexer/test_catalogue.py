"""The catalogue: what is written is read back, in a stable order, and damage is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.catalogue import (
    Catalogue,
    CatalogueContent,
    FacetRecord,
    ItemRecord,
    ItemText,
    LabelRecord,
    LinkRecord,
    PassageRecord,
    SourceRecord,
    write_catalogue,
)
from library.documents import DocumentSection, SectionKind
from library.errors import IndexUnusableError, IndexWriteError
from library.items import (
    AnyItem,
    BusinessCase,
    ChallengeType,
    Competency,
    Enabler,
    EnablerUse,
    Industry,
    IndustryNote,
    LearningResource,
    ProficiencyLevel,
    ValueMetric,
)

_NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).map(str.strip).filter(bool)
_MANY = st.lists(_NAMES, max_size=3).map(tuple)
_DAYS = st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1))
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


@st.composite
def _records(draw: st.DrawFn, row: int, item: AnyItem) -> ItemRecord:
    return ItemRecord(
        row=row,
        id=item.id,
        type=item.type,
        language=draw(st.sampled_from(["en", "de-CH"])),
        status=draw(st.sampled_from(["draft", "approved"])),
        classification=draw(st.none() | st.sampled_from(["public", "restricted"])),
        access_groups=draw(_MANY),
        existence=draw(st.none() | st.just("discoverable")),
        owner=draw(st.none() | _NAMES),
        authors=draw(_MANY),
        day=draw(_DAYS),
        stub_id=f"stub-{row}",
        is_open=draw(st.booleans()),
        path=draw(_NAMES),
    )


@st.composite
def _items(draw: st.DrawFn, item_id: str) -> AnyItem:
    common = {"id": item_id, "title": draw(_NAMES), "summary": draw(_TEXTS).strip(), "keywords": draw(_MANY)}
    languages = st.dictionaries(st.sampled_from(["en", "de"]), _NAMES)
    concept = {**common, "labels": draw(languages), "definition": draw(languages), "broader": draw(_MANY)}
    match draw(st.integers(0, 5)):
        case 0:
            return BusinessCase(
                **common,
                industries=tuple(Industry(scheme="isic", code=code) for code in draw(_MANY)),
                enablers=tuple(EnablerUse(id=name, effect="missing") for name in draw(_MANY)),
                value=tuple(ValueMetric(metric=name, baseline="011", evidence="estimated") for name in draw(_MANY)),
                regions=("NO", *draw(_MANY)),
                reference_permission_until=draw(_DAYS),
                review_interval="P6M",
            )
        case 1:
            return IndustryNote(**common, note_kind="trend", valid_until=draw(_DAYS), sources=draw(_MANY))
        case 2:
            levels = tuple(ProficiencyLevel(level=name, description="d") for name in draw(_MANY))
            return Competency(**concept, proficiency_levels=levels)
        case 3:
            return Enabler(**concept, how_to_engage=draw(_TEXTS).strip(), indicators=draw(_MANY))
        case 4:
            return ChallengeType(**concept, hidden_labels={"en": draw(_MANY)})
        case _:
            return LearningResource(**common, teaches=draw(_MANY), url="https://example.org/a?b=1")


@st.composite
def _sections(draw: st.DrawFn) -> tuple[DocumentSection, ...]:
    kinds = st.none() | st.sampled_from(SectionKind)
    parts = st.builds(DocumentSection, kinds, _MANY, st.integers(0, 999), _TEXTS)
    return tuple(draw(st.lists(parts, max_size=3)))


@st.composite
def _contents(draw: st.DrawFn) -> CatalogueContent:
    count = draw(st.integers(1, 4))
    rows = st.integers(0, count - 1)
    items: list[tuple[ItemRecord, ItemText]] = []
    for row in range(count):
        item = draw(_items(f"item-{row}"))
        items.append((draw(_records(row, item)), ItemText(item, draw(_sections()))))
    kinds = st.sampled_from(["", "summary", "challenge"])
    owners = sorted(draw(st.lists(rows, max_size=5)))
    terms = st.lists(st.sampled_from(["price", "wert", "été", "5"]), min_size=1, max_size=3).map(tuple)
    paths = draw(st.lists(_NAMES, unique=True, max_size=4))
    return CatalogueContent(
        items=items,
        passages=[PassageRecord(n, row, draw(kinds), draw(_MANY), draw(_TEXTS)) for n, row in enumerate(owners)],
        links=draw(st.lists(st.builds(LinkRecord, rows, _NAMES, rows), max_size=4)),
        facets=draw(st.lists(st.builds(FacetRecord, rows, _NAMES, _NAMES, direct=st.booleans()), max_size=5)),
        labels=draw(st.lists(st.builds(LabelRecord, rows, _NAMES, _NAMES, terms), max_size=4)),
        sources=[
            SourceRecord(path, draw(st.integers(0, 2**40)), draw(st.integers(0, 2**62)), "hash", draw(st.none() | rows))
            for path in paths
        ],
        closed_terms=[(row, draw(st.just(()) | terms)) for row in sorted(draw(st.sets(rows)))],
        bodies=dict(draw(st.lists(st.tuples(rows, _TEXTS), max_size=3))),
    )


@settings(max_examples=40, deadline=None)
@given(content=_contents())
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, content: CatalogueContent) -> None:
    """Items, sections, bodies, passages, links, facets, labels, sources and terms survive the file unchanged."""
    path = tmp_path_factory.mktemp("catalogue") / "catalog.db"
    write_catalogue(path, content)
    catalogue = Catalogue.open(path)
    rows = [record.row for record, _ in content.items]
    assert catalogue.records() == [record for record, _ in content.items]
    assert catalogue.texts(rows) == {record.row: text for record, text in content.items}
    assert catalogue.passages(rows) == list(content.passages)
    assert catalogue.passage_owners() == [(p.row, p.item_row, p.kind) for p in content.passages]
    assert catalogue.links(rows) == list(content.links)
    assert catalogue.links(rows, backwards=True) == list(content.links)
    assert catalogue.facets(rows) == [facet for facet in content.facets if facet.direct]
    assert catalogue.labels() == list(content.labels)
    assert catalogue.sources() == sorted(content.sources, key=lambda source: source.path.encode())
    assert catalogue.bodies(rows) == content.bodies
    assert catalogue.closed_terms(rows) == {row: list(terms) for row, terms in content.closed_terms}
    for facet in {record.facet for record in content.facets}:
        having = [record for record in content.facets if record.facet == facet]
        values = {record.value for record in having}
        assert catalogue.rows_with(facet, sorted(values)) == {record.item_row for record in having}
        counts = Counter(value for row, value in catalogue.facet_rows(facet) if row in set(rows))
        assert counts == {value: sum(record.value == value for record in having) for value in values}
    catalogue.close()


def _small(
    *,
    items: Sequence[tuple[ItemRecord, ItemText]] = (),
    passages: Sequence[PassageRecord] = (),
    links: Sequence[LinkRecord] = (),
    facets: Sequence[FacetRecord] = (),
) -> CatalogueContent:
    return CatalogueContent(items, passages, links, facets, labels=(), sources=(), closed_terms=())


def _item(row: int, item_id: str, *, is_open: bool = True) -> tuple[ItemRecord, ItemText]:
    item = BusinessCase(id=item_id, title=item_id, account_key="crm-4711")
    record = ItemRecord(
        row, item_id, item.type, "en", "approved", "internal", (), None, None, (), None, f"s{row}", is_open, "p"
    )
    return record, ItemText(item, ())


def test_an_empty_catalogue_is_read(tmp_path: Path) -> None:
    """A library without items has a catalogue."""
    write_catalogue(tmp_path / "catalog.db", _small())
    catalogue = Catalogue.open(tmp_path / "catalog.db")
    assert catalogue.records() == []
    assert catalogue.texts([]) == {}
    assert catalogue.rows_with("region", []) == set()
    catalogue.close()


def test_only_what_was_asked_for_comes_back(tmp_path: Path) -> None:
    """Rows, links and facets of other items stay out, also where thousands are asked for."""
    items = [_item(n, f"item-{n:05}") for n in range(1_200)]
    facets = [FacetRecord(n, "region", "DE", direct=True) for n in range(1_200)]
    links = [LinkRecord(n, "related", 0) for n in range(1_200)]
    write_catalogue(tmp_path / "catalog.db", _small(items=items, facets=facets, links=links))
    catalogue = Catalogue.open(tmp_path / "catalog.db")
    odd = list(range(1, 1_200, 2))
    assert list(catalogue.texts(odd)) == odd
    assert [facet.item_row for facet in catalogue.facets(odd)] == odd
    assert [link.source_row for link in catalogue.links(odd)] == odd
    assert Counter(value for row, value in catalogue.facet_rows("region") if row in set(odd)) == {"DE": 600}
    assert catalogue.links(odd, backwards=True) == []
    catalogue.close()


def test_an_account_key_is_never_stored(tmp_path: Path) -> None:
    """The CRM key is in no index."""
    write_catalogue(tmp_path / "catalog.db", _small(items=[_item(0, "a")]))
    assert b"crm-4711" not in (tmp_path / "catalog.db").read_bytes()


def test_a_catalogue_is_one_file(tmp_path: Path) -> None:
    """No journal stays beside it, so that copying the one file copies everything; reading leaves it alone."""
    path = tmp_path / "catalog.db"
    write_catalogue(path, _small(items=[_item(0, "a")]))
    before = path.read_bytes()
    assert before[18:20] == b"\x01\x01", "journal mode DELETE, not WAL"
    catalogue = Catalogue.open(path)
    catalogue.records()
    assert [entry.name for entry in tmp_path.iterdir()] == ["catalog.db"]
    catalogue.close()
    assert path.read_bytes() == before


def test_two_items_with_one_id_are_refused(tmp_path: Path) -> None:
    """Ids are unique; a builder's mistake does not become an ambiguous index."""
    with pytest.raises(IndexWriteError, match="catalogue"):
        write_catalogue(tmp_path / "catalog.db", _small(items=[_item(0, "a"), _item(1, "a")]))


@pytest.mark.parametrize("damage", ["missing", "no database", "empty", "cut"])
def test_a_damaged_catalogue_is_told(tmp_path: Path, damage: str) -> None:
    """What cannot be read is our error with a remedy, when it is opened or when it is read."""
    path = tmp_path / "catalog.db"
    passages = [PassageRecord(n, 0, "", (), "text " * 500) for n in range(50)]
    write_catalogue(path, _small(items=[_item(0, "a")], passages=passages))
    match damage:
        case "missing":
            path.unlink()
        case "no database":
            path.write_bytes(b"something else" * 1_000)
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(path.read_bytes()[:20_000] + b"\0" * 90_000)
    with pytest.raises(IndexUnusableError) as caught:
        Catalogue.open(path).passages([0])
    assert "casebook index --full" in caught.value.hint


def test_a_catalogue_opens_under_any_name(tmp_path: Path) -> None:
    """Spaces, accents and signs that mean something in a URI stand in paths, too."""
    folder = tmp_path / "Fälle & 100% #1?"
    folder.mkdir()
    write_catalogue(folder / "catalog.db", _small(items=[_item(0, "a")]))
    catalogue = Catalogue.open(folder / "catalog.db")
    assert [record.id for record in catalogue.records()] == ["a"]
    catalogue.close()
