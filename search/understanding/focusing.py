"""Find the part of a long message that tells the problem: greetings, signatures and small talk drown it.

Lines that only greet, sign or forward go by rule. Of the sentences that remain, the half is kept that lies
nearest to what the asker's cases tell: the library knows what a business problem sounds like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from search.engine import Engine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# Shorter messages have little to drop, and a wrong cut costs more.
LONG = 450
FEWEST_SENTENCES = 5
KEPT_SHARE = 0.5
# A sentence is as near as its five nearest passages are on average: one may be chance.
_NEIGHBOURS = 5
_FEWEST_WORDS = 3
_FEWEST_SUBJECT_WORDS = 2
_LONGEST_FORMALITY = 120

_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n+")
# What follows these labels tells what a mail is about; what follows the others, who wrote it and when.
_SUBJECT = re.compile(r"\s*(?:(?:fwd?|re|wg|aw|tr|subject|betreff|objet)\s*:\s*)+", re.IGNORECASE)
# A mail that was wrapped by hand has lines that begin with "to" or "von": those of a header have a colon.
_HEADER = r"(?:from|von|de|to|an|à|cc|sent|gesendet|envoyé|date|datum)\s*:[^.?!\n]{0,60}"
_NUMBER = r"(?:tel|tél|mob|mobile|mobil|phone|fax)\b[\s.:]*[+(\d][\d\s()/.+–-]{3,30}"
_FOOTER = (
    r"(?:sent (?:from|via) (?:my|the|outlook)|gesendet (?:von|mit)|von meinem [\w-]+ (?:aus )?gesendet|"
    r"envoyé (?:de|depuis) (?:mon|ma))\b[^.?!\n]{0,30}"
)
# Beside names, in any case: whom a greeting may address. Anything else behind it tells something.
_ADDRESSED = (
    r"all|both|team|everyone|everybody|folks|guys|there|colleagues?|friends?|sirs?|madam|ladies|gentlemen|and|or|of|hi|"
    r"zusammen|alle|allerseits|kolleg(?:en|innen|in|e)|team|damen|herren|herr|frau|und|an|"
    r"à|tous|toutes|toute|l'équipe|collègues?|messieurs|mesdames|madame|monsieur|et"
)
_NAME = rf"(?:(?-i:[A-ZÀ-ÖØ-Þ][\w.'’-]*)|(?:{_ADDRESSED})\b)"
_NAMES = rf"(?:[\s,/&]+{_NAME})"
_GREETING = (
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|liebe[rs]?|guten (?:morgen|tag|abend)|"
    rf"sehr geehrte[rs]?|bonjour|bonsoir|salut|ch(?:er|ère)s?)\b(?:{_NAMES}{{0,5}}|\s+[\w.'’-]+[,!])"
    # The morning is also a shift.
    rf"|(?:morning|moin)\b{_NAMES}{{0,3}}\s*[,!]"
)
_REGARDS = (
    r"(?:(?:kind|best|warm|warmest) (?:regards|wishes)|regards|cheers|(?:viele|beste|liebe|herzliche|schöne) grüße|"
    rf"mit freundlichen grüßen|lg|mfg|vg|best(?=\s*(?:,|$))|cordialement|bien à (?:toi|vous))\b"
    rf"(?:{_NAMES}|\s+(?:aus|from)\b){{0,5}}"
)
_THANKS = (
    r"(?:many thanks|thanks|thank you|thx|tnx|vielen dank|danke|besten dank|merci)\b"
    r"(?:\s+(?:a lot|so much|very much|again|in advance|for (?:your|the|any) \w+|im voraus|vielmals|schon mal|"
    rf"für (?:deine|eure|ihre|die) \w+|beaucoup|d['’]avance|bien|pour (?:votre|ton|ta|vos) \w+))*{_NAMES}{{0,4}}"
)
_FORMALITY = re.compile(
    rf"\s*(?:{_HEADER}|{_NUMBER}|{_FOOTER}|{_GREETING}|{_REGARDS}|{_THANKS})\s*[,:!.–-]?\s*", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2}")


def focus(text: str, engine: Engine, rows: Sequence[int], *, read: Callable[[str], str] = str) -> str:
    """Return the sentences of a long message that tell the problem, in order; a short one comes back whole.

    `rows` are the cases that may be answered with; `read` makes a sentence readable for the model.
    """
    if len(text) <= LONG or not rows:
        return text
    sentences = split_sentences(text)
    if len(sentences) < FEWEST_SENTENCES:
        return text
    nearness = _nearness([read(sentence) for sentence in sentences], engine, rows)
    best = sorted(range(len(sentences)), key=lambda n: (-nearness[n], n))
    kept = sorted(best[: round(len(sentences) * KEPT_SHARE)])
    return "\n".join(sentences[n] for n in kept)


def focuser(engine: Engine, rows: Sequence[int]) -> Callable[[str, Callable[[str], str]], str]:
    """Return what `search.understanding.challenge.understand` needs to focus a text on what some cases tell."""
    return lambda text, read: focus(text, engine, rows, read=read)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a message without lines that only greet, sign or forward, and without scraps.

    A subject is a sentence, be it of two words.
    """
    return [sentence for line in text.splitlines() for sentence in _sentences_of_line(line)]


def _sentences_of_line(line: str) -> list[str]:
    line = " ".join(line.split())
    label = _SUBJECT.match(line)
    rest = line[label.end() :] if label else line
    if len(rest) <= _LONGEST_FORMALITY and _FORMALITY.fullmatch(rest):
        return []
    fewest = _FEWEST_SUBJECT_WORDS if label else _FEWEST_WORDS
    sentences = (part.strip() for part in _SENTENCE_END.split(rest))
    return [part for part in sentences if len(part.split()) >= fewest and _WORD.search(part)]


def _nearness(sentences: Sequence[str], engine: Engine, rows: Sequence[int]) -> list[float]:
    import numpy as np

    cosines = engine.passage_cosines(engine.encoder.encode_queries(sentences), rows).cosines
    count = min(_NEIGHBOURS, cosines.shape[1])
    if not count:
        return [0.0] * len(sentences)
    nearest = np.partition(cosines, -count, axis=1)[:, -count:]
    return [round(float(value), 6) for value in nearest.mean(axis=1)]
