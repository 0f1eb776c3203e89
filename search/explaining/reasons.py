"""Say why a case was found and how it differs, in one sentence and point by point.

Nothing is claimed beyond what is known: what the text does not say is neither a match nor a difference, and where
only similarity of wording speaks for a case, the sentence says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from library.codes import CodeList, industries
from library.items import BusinessCase
from search.answers.answer import ComparedAspect, Comparison, Named
from search.explaining.phrases import PHRASES, PHRASES_OF_CASE, SECTIONS, label_language
from search.understanding.naming import Mention
from search.understanding.scale import compare_scales, read_scales
from search.understanding.situation import Situation

# Raw cosines of the default model from which a passage reads much, or somewhat, like an English text; see
# docs/decisions/0005-verdict.md. It learned little of other languages: any two German texts are as close as 0.5, so
# of those nothing more is said than "somewhat".
_CLOSE = 0.50
_NEAR = 0.36
_LISTED = 3
# Wholes so wide that lying in the same one makes no two places near.
_WIDE = frozenset({"001", "002", "009", "019", "142", "150", "202", "419", "APAC", "EMEA", "EU", "LATAM"})
_SOUND_EVIDENCE = frozenset({"customer_verified", "finance_validated"})


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of a case for comparing it; only what the asker may see.

    `broader` gives all that is broader than a challenge type, and itself; `lacked` are enablers that it missed,
    `not_had` critical ones that the asker's team does not have; `section`, `cosine` and `words` tell of its best
    passage and the words that it shares with the text.
    """

    item: BusinessCase
    challenge_types: tuple[Named, ...]
    industries: tuple[Named, ...]
    regions: tuple[Named, ...]
    broader: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lacked: tuple[Named, ...] = ()
    not_had: tuple[Named, ...] = ()
    section: str | None = None
    cosine: float = 0.0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence, what matches and what differs; the sentence tells the first of each."""

    reason: str
    matches: tuple[Comparison, ...]
    differs: tuple[Comparison, ...]


class Explainer:
    """Compares cases with what one text says, in one language."""

    def __init__(
        self,
        situation: Situation,
        *,
        language: str,
        text_languages: Sequence[str],
        type_labels: Mapping[str, str],
        known_regions: CodeList,
    ) -> None:
        """`type_labels` names the challenge types of the situation."""
        base = label_language(language)
        self._situation = situation
        self._named_types = {mention.value for mention in situation.challenge_types}
        self._language = base
        self._phrases = {**PHRASES[base], **(PHRASES_OF_CASE[base] if situation.is_of_case else {})}
        self._sections = SECTIONS[base]
        self._is_english = "en" in text_languages
        self._type_labels = type_labels
        self._regions = known_regions

    def explain(self, case: CaseFacts) -> Explanation:
        """Return the reason, the matches and the differences, the weightiest first."""
        matches = (*self._alike_in_problem(case), *self._alike(case))
        differs = tuple(self._unlike(case))
        return Explanation(f"{self._phrases['and'].join(self._tell(case, matches, differs))}.", matches, differs)

    def _tell(self, case: CaseFacts, matches: Sequence[Comparison], differs: Sequence[Comparison]) -> Iterator[str]:
        """Yield the parts of the sentence: why it was found, the first match, the first difference."""
        first = matches[0].aspect if matches else ""
        if first == "challenge":
            yield self._say(matches[0].text)
        else:
            yield self._similarity(case)
        if first not in ("", "challenge", "words"):
            yield matches[0].text
        if differs:
            yield self._phrase("main", difference=differs[0].text)

    def _alike_in_problem(self, case: CaseFacts) -> Iterator[Comparison]:
        shared = self._shared_types(case)
        exact = tuple(entry for entry in shared if entry.id in self._named_types)
        if exact:
            yield self._compare("challenge", "types", exact)
        if len(exact) < len(shared):
            yield self._compare("challenge", "types_narrower", [entry for entry in shared if entry not in exact])
        if not shared and case.words:
            quoted = ", ".join(self._phrase("quoted", word=word) for word in case.words)
            yield Comparison("words", self._phrase("words", values=quoted), case.words)

    def _alike(self, case: CaseFacts) -> Iterator[Comparison]:
        yield from self._alike_in_place("industry", self._situation.industries, case.industries)
        yield from self._alike_in_place("region", self._situation.regions, case.regions)
        yield from self._scales(case, alike=True)
        if self._situation.asks_success and case.item.outcome == "success":
            yield Comparison("outcome", self._phrase("success"), ("success",))
        sound = sorted(_SOUND_EVIDENCE.intersection(_grades(case.item)))
        if self._situation.asks_figures and sound:
            yield Comparison("outcome", self._phrase("figures_sound"), tuple(sound))

    def _unlike(self, case: CaseFacts) -> Iterator[Comparison]:
        shared = self._shared_types(case)
        missed = self._missed_types(case)
        if missed and not shared:
            yield self._compare("challenge", "types_missed", missed)
        yield from self._unlike_in_place("industry", self._situation.industries, case.industries)
        if case.item.outcome in ("partial", "unsuccessful", "ongoing"):
            yield Comparison("outcome", self._phrase(case.item.outcome), (case.item.outcome,))
        yield from self._unlike_in_place("region", self._situation.regions, case.regions)
        yield from self._scales(case, alike=False)
        yield from self._figures_wanting(case)
        if case.not_had:
            yield self._compare("enabler", "not_had", case.not_had)
        if case.lacked:
            yield self._compare("enabler", "lacked", case.lacked)
        if missed and shared:
            yield self._compare("challenge", "types_missed", missed)

    def _shared_types(self, case: CaseFacts) -> tuple[Named, ...]:
        """Return the case's types that the text names, and those that are narrower than one it names."""
        return tuple(entry for entry in case.challenge_types if not self._named_types.isdisjoint(_about(case, entry)))

    def _missed_types(self, case: CaseFacts) -> tuple[Named, ...]:
        """Return what the text names and the case is not about; nothing of a case that states no types."""
        own = {id_ for entry in case.challenge_types for id_ in _about(case, entry)}
        missed = [mention.value for mention in self._situation.challenge_types if own and mention.value not in own]
        return tuple(Named(id_, self._type_labels.get(id_, id_)) for id_ in missed)

    def _similarity(self, case: CaseFacts) -> str:
        if case.section is None:
            return self._say(self._phrase("whole_text"))
        levels = ("reads_far", "reads_near", "reads_close" if self._is_english else "reads_near")
        level = (case.cosine >= (_NEAR if self._is_english else _CLOSE)) + (case.cosine >= _CLOSE)
        sentence = self._phrase(levels[level], section=self._sections[case.section])
        if case.words:
            sentence += f" ({', '.join(self._phrase('quoted', word=word) for word in case.words)})"
        return self._say(sentence)

    def _alike_in_place(
        self, aspect: ComparedAspect, said: Sequence[Mention], own: Sequence[Named]
    ) -> Iterator[Comparison]:
        same, near = self._compare_places(aspect, said, own)
        if same:
            yield self._compare(aspect, f"{aspect}_same", same)
        if near:
            yield self._compare(aspect, f"{aspect}_near", near)

    def _unlike_in_place(
        self, aspect: ComparedAspect, said: Sequence[Mention], own: Sequence[Named]
    ) -> Iterator[Comparison]:
        same, near = self._compare_places(aspect, said, own)
        if said and own and not same and not near:
            known = self._known(aspect)
            labels = [known.label(mention.value, self._language) for mention in said]
            text = self._phrase(f"{aspect}_other", case=_listed(entry.label for entry in own), text=_listed(labels))
            yield Comparison(aspect, text, tuple(entry.id for entry in own))

    def _compare_places(
        self, aspect: ComparedAspect, said: Sequence[Mention], own: Sequence[Named]
    ) -> tuple[tuple[Named, ...], tuple[Named, ...]]:
        codes = {mention.value for mention in said}
        is_near = _lies_near if aspect == "region" else _lies_within
        same = tuple(entry for entry in own if entry.id in codes)
        near = tuple(
            entry
            for entry in own
            if entry not in same and any(is_near(self._known(aspect), entry.id, code) for code in codes)
        )
        return same, near

    def _known(self, aspect: ComparedAspect) -> CodeList:
        return self._regions if aspect == "region" else industries()

    def _scales(self, case: CaseFacts, *, alike: bool) -> Iterator[Comparison]:
        """Yield one comparison of sizes: a likeness if there is any, else a difference."""
        pairs = [(one, other) for one in self._situation.scales for other in read_scales(case.item.customer)]
        judged = [(compare_scales(one, other), one, other) for one, other in pairs]
        wanted = any(verdict for verdict, _, _ in judged)
        if wanted is not alike:
            return
        for verdict, one, other in judged:
            if verdict is wanted:
                text = self._phrase("scale_same" if alike else "scale_other", case=other.words, text=one.words)
                yield Comparison("scale", text, (other.words,))
                return

    def _figures_wanting(self, case: CaseFacts) -> Iterator[Comparison]:
        if not self._situation.asks_figures or _SOUND_EVIDENCE.intersection(_grades(case.item)):
            return
        key = "figures_estimated" if case.item.value else "figures_none"
        yield Comparison("outcome", self._phrase(key), tuple(_grades(case.item)))

    def _compare(self, aspect: ComparedAspect, key: str, entries: Sequence[Named]) -> Comparison:
        text = self._phrase(key, values=_listed(entry.label for entry in entries))
        return Comparison(aspect, text, tuple(entry.id for entry in entries))

    def _phrase(self, key: str, **values: str) -> str:
        return self._phrases[key].format(**values)

    def _say(self, phrase: str) -> str:
        return phrase[:1].upper() + phrase[1:]


def _about(case: CaseFacts, entry: Named) -> frozenset[str]:
    """Return a challenge type of a case and all that is broader."""
    return case.broader.get(entry.id, frozenset({entry.id}))


def _lies_within(known: CodeList, one: str, other: str) -> bool:
    """Whether one of two codes is part of the other: a division and its section, Germany and DACH."""
    return one in known.ancestors(other) or other in known.ancestors(one)


def _lies_near(known: CodeList, one: str, other: str) -> bool:
    """Whether one region is part of the other or both are directly part of the same one."""
    if _lies_within(known, one, other):
        return True
    wholes = [set(known.entries[code].parents) - _WIDE for code in (one, other) if code in known.entries]
    return len(wholes) > 1 and not wholes[0].isdisjoint(wholes[1])


def _grades(item: BusinessCase) -> dict[str, None]:
    return dict.fromkeys(metric.evidence for metric in item.value if metric.evidence)


def _listed(labels: Iterable[str]) -> str:
    names = list(dict.fromkeys(labels))
    return ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
