"""Find cases of the index that tell nearly what a draft tells: perhaps a replication is to be added instead."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from curation.checks.results import Duplicate
from indexer.catalogue import ItemText
from indexer.lexical import K1, terms_of
from indexer.passages import Passage
from indexer.preparing import prepare_document
from library.documents import Document, DocumentSection, ReadFile
from library.items import AnyItem, BusinessCase
from search.view import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# Vectors tell the same problem, rare words the same story. Of the 2,556 pairs of cases of the sample library six reach
# this, all of them replications or successors of one another, with 1.02 and more; of the others the nearest has 0.91,
# and of those that share no more than their words 0.89.
THRESHOLD = 0.96
_WORDS_WEIGHT = 2.0
_PROBLEM = ("challenge", "context", "summary")
_LINKING = frozenset({"replicates", "translation_of", "supersedes"})
_NEAREST = 30  # whole cases that are compared closer
_MOST = 3
_STATUSES = ("approved", "in_review", "draft")


def find_duplicates(view: View, document: Document) -> tuple[Duplicate, ...]:
    """Return up to three cases that the asker sees and that tell nearly the same, the nearest first.

    Cases that are linked as a replication, a translation or a successor are none.
    """
    if not isinstance(document.item, BusinessCase):
        return ()
    rows = [row for row in view.rows("business_case", statuses=_STATUSES) if view.records[row].id != document.id]
    problem, whole = _vectors_of(view, document)
    if not rows or not len(whole):
        return ()
    near = _nearest(view, whole, rows)
    linked = _linked_rows(view, document.item, list(near))
    likeness = {row: value for row, value in _likeness(view, problem, near).items() if row not in linked}
    words = _Words(view, document)
    found = [
        Duplicate(text.item.id, text.item.title, likeness[row], words.shared_with(text))
        for row, text in view.texts(list(likeness)).items()
    ]
    found.sort(key=lambda one: (-_weighed(one), one.id))
    return tuple(one for one in found if _weighed(one) >= THRESHOLD)[:_MOST]


def _weighed(one: Duplicate) -> float:
    return one.likeness + _WORDS_WEIGHT * one.shared


def _vectors_of(view: View, document: Document) -> tuple[Vectors, Vectors]:
    """Return the vectors of what the draft says of the problem, and of the whole draft (none if it has no text)."""
    import numpy as np

    encoder = view.engine.encoder
    passages = prepare_document(ReadFile(document.path, document, ()), document, encoder).passages
    if not passages:
        return np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32)
    vectors = _encoded(view, document, passages)
    problem = [row for row, passage in enumerate(passages) if passage.kind in _PROBLEM]
    mean = vectors.sum(axis=0, keepdims=True)
    length = float(np.linalg.norm(mean))
    return vectors[problem] if problem else vectors, mean / length if length else mean


def _encoded(view: View, document: Document, passages: Sequence[Passage]) -> Vectors:
    """Return the vectors of passages; of those that the index holds under the same title they are not made again."""
    import numpy as np

    own = view.by_id.get(document.id)
    held: dict[tuple[str, str], int] = {}
    if own and view.texts([own.row])[own.row].item.title == document.item.title:
        held = {(passage.kind, passage.text): passage.row for passage in view.engine.passages([own.row])}
    fresh = [passage.embedded for passage in passages if (passage.kind, passage.text) not in held]
    made = iter(view.engine.encoder.encode_documents(fresh) if fresh else ())
    rows = (held.get((passage.kind, passage.text)) for passage in passages)
    return np.array([next(made) if row is None else view.engine.passage_vectors([row])[0] for row in rows])


def _nearest(view: View, whole: Vectors, rows: Sequence[int]) -> dict[int, float]:
    """Return the cosines of the cases that are nearest as a whole."""
    cosines = view.engine.item_cosines(whole, rows)[0].tolist()
    best = sorted(zip(cosines, rows, strict=True), reverse=True)[:_NEAREST]
    return {row: cosine for cosine, row in best}


def _likeness(view: View, problem: Vectors, near: Mapping[int, float]) -> dict[int, float]:
    """Return the mean of two cosines by row: of the whole, and of each part of the draft's problem at its best."""
    import numpy as np

    found = view.engine.passage_cosines(problem, list(near))
    tells_problem = np.isin(found.kinds, _PROBLEM)
    likeness = {}
    for row, whole in near.items():
        columns = np.flatnonzero(tells_problem & (found.item_rows == row))
        parts = float(found.cosines[:, columns].max(axis=1).mean()) if len(columns) else whole
        likeness[row] = round((parts + whole) / 2, 3)
    return likeness


def _linked_rows(view: View, item: BusinessCase, rows: Sequence[int]) -> set[int]:
    """Return the cases that the draft names as what it replicates, translates or supersedes, or that name it."""
    named = {item.replicates, item.translation_of, *item.supersedes}
    own = view.by_id.get(item.id)
    naming = {
        link.source_row for link in view.links(rows) if own and link.target_row == own.row and link.field in _LINKING
    }
    return naming | {row for row in rows if view.records[row].id in named}


class _Words:
    """The draft's words, each worth what its rarity among the items that every reader sees tells."""

    def __init__(self, view: View, document: Document) -> None:
        self._view = view
        self._rarities: dict[str, float] = {}
        self._draft = self._weights(document.item, document.sections)

    def shared_with(self, text: ItemText) -> float:
        """Return the cosine with another case's words."""
        other = self._weights(text.item, text.sections)
        return round(sum(weight * other.get(term, 0.0) for term, weight in self._draft.items()), 3)

    def _weights(self, item: AnyItem, sections: Iterable[DocumentSection]) -> dict[str, float]:
        text = "\n".join([item.summary, *(section.text for section in sections)])
        weights = {
            term: (1 + math.log(count)) * self._rarity(term)
            for term, count in Counter(terms_of(text, item.language)).items()
        }
        length = math.hypot(*weights.values())
        return {term: weight / length for term, weight in weights.items()} if length else {}

    def _rarity(self, term: str) -> float:
        # the ceiling of BM25 is a term's inverse document frequency times K1 + 1
        if term not in self._rarities:
            self._rarities[term] = self._view.engine.word_ceiling({term: 1.0}) / (K1 + 1)
        return self._rarities[term]
