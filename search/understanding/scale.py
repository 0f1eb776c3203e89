"""Read how large a customer is: how many plants, sites, shops, hospitals, warehouses or countries it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Places that can be compared with each other; a "site" may be any of them.
_PLACES = {
    "plant": r"plants|factories|mills|breweries|bakeries|refineries|werken?|fabriken|usines",
    "site": r"sites|locations|standorten?|implantations",
    "outlet": r"stores|shops|branches|outlets|restaurants|pharmacies|hotels|filialen|magasins|agences|boutiques",
    "hospital": r"hospitals|clinics|krankenhäusern?|kliniken|hôpitaux|hopitaux|cliniques",
    "warehouse": r"warehouses|depots|distribution cent(?:re|er)s|verteilzentren|entrepôts",
    "country": r"countries|ländern?|pays",
}
_ANY_PLACE = frozenset({"plant", "site", "outlet", "hospital", "warehouse"})
_NUMBER_WORDS = {
    word: number
    for words in (
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
        "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn",
        "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze",
    )
    for number, word in enumerate(words.split(), 2)
}
_NO_ADJECTIVE = (
    r"percent|prozent|pour|per|of|von|der|die|das|des?|du|to|in|im|at|from|and|und|et|or|oder|ou|hours?|days?|weeks?|"
    r"months?|years?|jahren?|tagen?|stunden?|ans?|mois|jours?|line|times?|out"
)
_COUNTED = re.compile(
    rf"(?<![\w.,%€$£-])(?P<number>\d{{1,3}}(?:[ .,'’\u202f\u00a0]\d{{3}}){{1,2}}|\d{{1,7}}|{'|'.join(_NUMBER_WORDS)})"
    rf"[ \u00a0]"
    rf"(?:(?!(?:{_NO_ADJECTIVE})\b)[^\W\d_]+(?:-[^\W\d_]+)*[ ])?"
    rf"(?:{'|'.join(f'(?P<{kind}>{words})' for kind, words in _PLACES.items())})\b"
)
# "our three plants", "we are strong in two countries" tell of ourselves
_OURS = re.compile(
    r"\b(?:we|our|wir|unsere?[mnrs]?|nous|notre|nos)\b(?![^.;:\n]*(?:customer|client|kund|account))[^.;:\n]{0,40}$"
)
_LOOKED_BACK = 120  # characters; a sentence that tells whose plants they are is seldom longer
_YEARS = range(1900, 2101)
# The same size within this factor, another one beyond that factor; between them it says nothing.
SAME_WITHIN = 3
OTHER_FROM = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """A number of places of a kind, with the words that say it and where they stand in the challenge's text."""

    kind: str
    number: int
    words: str
    span: tuple[int, int] | None


def read_scales(text: str) -> tuple[Scale, ...]:
    """Return the largest number of each kind of place that a text gives for someone other than ourselves."""
    largest: dict[str, Scale] = {}
    for scale in _scales(text):
        if scale.kind not in largest or scale.number > largest[scale.kind].number:
            largest[scale.kind] = scale
    return tuple(sorted(largest.values(), key=lambda scale: scale.span or ()))


def compare_scales(one: Scale, other: Scale) -> bool | None:
    """Return whether two are about as large; None if they cannot be compared or it says nothing."""
    if one.kind != other.kind and not ("site" in (one.kind, other.kind) and {one.kind, other.kind} <= _ANY_PLACE):
        return None
    factor = max(one.number, other.number) / max(1, min(one.number, other.number))
    if factor <= SAME_WITHIN:
        return True
    return False if factor >= OTHER_FROM else None


def _scales(text: str) -> Iterator[Scale]:
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow, and every place would be off
        return
    for found in _COUNTED.finditer(lowered):
        number = _number(found["number"])
        before = lowered[max(0, found.start() - _LOOKED_BACK) : found.start()]
        if number and not _OURS.search(before):
            yield Scale(found.lastgroup or "", number, text[slice(*found.span())], found.span())


def _number(word: str) -> int:
    """Return the number, or 0 for what may be a year."""
    if word in _NUMBER_WORDS:
        return _NUMBER_WORDS[word]
    number = int(re.sub(r"\D", "", word))
    return 0 if word.isdigit() and number in _YEARS else number
