"""What to quote of cases, in order of worth: whole sentences, the best of each case first, then more in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from library.documents import DocumentSection, SectionKind
from search.answers.answer import FoundCase
from search.understanding.sentences import Span, split_sentences, widen_to_sentences
from search.view import View

PIECE_LENGTH = 900  # characters, as passages have
# After the best passage of each case, these parts of each, then the rest.
_PARTS = (
    SectionKind.CHALLENGE,
    SectionKind.SOLUTION,
    SectionKind.VALUE,
    SectionKind.WENT_WRONG,
    SectionKind.CONDITIONS,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some sentences of a section: the section's number and the sentences' numbers, in order."""

    section: int
    sentences: range


@dataclass(slots=True)
class CaseParts:
    """A case's sections, their sentences, what is wanted of them in which order, and what was taken."""

    case: FoundCase
    sections: Sequence[DocumentSection]
    spans: Sequence[Sequence[Span]]
    wanted: Sequence[Piece]
    taken: set[tuple[int, int]]

    @classmethod
    def of(cls, view: View, case: FoundCase) -> CaseParts:
        """Return the parts of a case that the asker sees."""
        row = view.record(case.id).row
        summary = DocumentSection(None, (), 0, case.summary)
        sections = (summary, *view.texts([row])[row].sections)
        spans = [split_sentences(section.text) for section in sections]
        wanted = [*_matched(case, sections, spans), *_pieces(sections, spans)]
        return cls(case, sections, spans, wanted, set())

    def text(self, section: int, sentences: range) -> str:
        """Return adjoining sentences as they stand in the section."""
        spans = self.spans[section]
        return self.sections[section].text[spans[sentences[0]][0] : spans[sentences[-1]][1]]

    def runs(self) -> Iterator[Piece]:
        """Yield what was taken, in order; what adjoins is one piece."""
        for section, spans in enumerate(self.spans):
            start = None
            for n in range(len(spans) + 1):
                if (section, n) in self.taken:
                    start = n if start is None else start
                elif start is not None:
                    yield Piece(section, range(start, n))
                    start = None


def take_turns(cases: Sequence[CaseParts]) -> Iterator[tuple[CaseParts, Piece]]:
    """Yield the first piece of each case, then the second of each, and so on."""
    for n in range(max((len(parts.wanted) for parts in cases), default=0)):
        yield from ((parts, parts.wanted[n]) for parts in cases if n < len(parts.wanted))


def heading_of(section: DocumentSection) -> str:
    """Return a section's headings from the outermost; the part before the first one is the summary."""
    return " > ".join(section.path) or "Summary"


def _matched(case: FoundCase, sections: Sequence[DocumentSection], spans: Sequence[Sequence[Span]]) -> Iterator[Piece]:
    """Yield the sentences of the best passage of a case."""
    for passage in case.passages[:1]:
        for number, section in enumerate(sections):
            found = section.text.find(passage.text) if " > ".join(section.path) == passage.section else -1
            if found >= 0:
                start, end = widen_to_sentences(section.text, (found, found + len(passage.text)))
                inside = [n for n, span in enumerate(spans[number]) if start <= span[0] and span[1] <= end]
                yield Piece(number, range(inside[0], inside[-1] + 1))
                break


def _pieces(sections: Sequence[DocumentSection], spans: Sequence[Sequence[Span]]) -> list[Piece]:
    """Return the pieces of all sections: the first of each part that matters most, then the others in order."""
    pieces = [piece for number, of_section in enumerate(spans) for piece in _cut(number, of_section)]
    chosen = []
    for kind in _PARTS:
        chosen += [piece for piece in pieces if sections[piece.section].kind == kind][:1]
    return chosen + [piece for piece in pieces if piece not in chosen]


def _cut(section: int, spans: Sequence[Span]) -> Iterator[Piece]:
    """Yield the sentences of a section in pieces that are about as long as passages are."""
    start = 0
    for n in range(1, len(spans) + 1):
        if n == len(spans) or spans[n][1] - spans[start][0] > PIECE_LENGTH:
            yield Piece(section, range(start, n))
            start = n
