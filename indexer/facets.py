"""Facet values of items, with everything broader that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from indexer.catalogue import FacetRecord
from library.codes import CodeList, industry_value
from library.items import AnyItem, BusinessCase, Concept, IndustryNote

# Facets whose values are ids of items; a reader sees such a value only if he sees that item.
CONCEPT_FACETS = {"challenge-type": "challenge_type", "competency": "competency", "enabler": "enabler"}


def facet_records(
    row: int, item: AnyItem, *, regions: CodeList, industries: CodeList, broader: Callable[[str], tuple[str, ...]]
) -> Iterator[FacetRecord]:
    """Yield an item's facet values once each, direct ones first; `broader` gives a concept's ancestors."""
    above: Mapping[str, Callable[[str], tuple[str, ...]]] = {
        "industry": industries.ancestors,
        "language": lambda tag: (tag.partition("-")[0],) if "-" in tag else (),
        "region": regions.ancestors,
        **dict.fromkeys(CONCEPT_FACETS, broader),
    }
    for facet, values in _values(item, regions, industries).items():
        direct = tuple(dict.fromkeys(value for value in values if value))
        climb = above.get(facet)
        wider = dict.fromkeys(upper for value in direct for upper in climb(value)) if climb else {}
        yield from (FacetRecord(row, facet, value, direct=True) for value in direct)
        yield from (FacetRecord(row, facet, value, direct=False) for value in wider if value not in direct)


def broader_concepts(items: Mapping[str, AnyItem]) -> Callable[[str], tuple[str, ...]]:
    """Return a function from a concept's id to all broader ones that are among `items`, nearest first."""

    def climb(concept_id: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        waiting = [concept_id]
        while waiting:
            concept = items.get(waiting.pop(0))
            for parent in concept.broader if isinstance(concept, Concept) else ():
                if parent in items and parent not in found and parent != concept_id:
                    found[parent] = None
                    waiting.append(parent)
        return tuple(found)

    return climb


def _values(item: AnyItem, regions: CodeList, industries: CodeList) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {"language": (item.language,)}
    if isinstance(item, BusinessCase | IndustryNote):
        values["industry"] = tuple(industry_value(entry.scheme, entry.code, industries) for entry in item.industries)
        values["region"] = tuple(regions.resolve(region) or region for region in item.regions)
        values["market-archetype"] = (item.market_archetype,)
    if isinstance(item, BusinessCase):
        values["challenge-type"] = item.challenge_types
        values["competency"] = item.competencies
        values["enabler"] = tuple(use.id for use in item.enablers)
        values["outcome"] = (item.outcome or "",)
        values["offering"] = item.offerings
    if isinstance(item, IndustryNote):
        values["note-kind"] = (item.note_kind or "",)
    return values
