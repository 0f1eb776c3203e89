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

_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n+")
# A mail that was wrapped by hand has lines that begin with "to" or "von": those of a header have a colon.
_LABELS = "fwd?|re|wg|aw|tr|subject|betreff|objet|from|von|de|to|an|à|cc|sent|gesendet|envoyé|date|datum"
_HEADER = rf"(?:{_LABELS})\s*:[^.?!\n]{{0,60}}"
_NUMBER = r"(?:tel|tél|mob|mobile|mobil|phone|fax)\b[\s.:]*[+(\d][^?!\n]{0,60}"
_FOOTER = r"(?:sent from|von meinem|envoyé de)\b[^.?!\n]{0,60}"
_GREETING = (
    r"(?:hi|hello|hey|dear|morning|good (?:morning|afternoon|evening)|hallo|liebe[rs]?|guten (?:morgen|tag|abend)"
    r"|moin|sehr geehrte[rs]?|bonjour|bonsoir|salut|ch(?:er|ère)s?)\b(?:[\s,/&]+[\w.'’-]+){0,5}"
)
_CLOSING = (
    r"(?:best(?=\s*(?:,|$))|(?:kind|best|warm) (?:regards|wishes)|regards|cheers|thanks(?! to\b)|many thanks|thx|tnx"
    r"|(?:viele|beste|liebe|herzliche) grüße|mit freundlichen grüßen|lg|mfg|danke|cordialement|bien à|merci"
    r")\b[^.?!\n]{0,60}"
)
_FORMALITY = re.compile(rf"\s*(?:{_HEADER}|{_NUMBER}|{_FOOTER}|{_GREETING}|{_CLOSING})\s*[,:!.–-]?\s*", re.IGNORECASE)
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
    """Return what `search.challenge.understand` needs to focus a text on what some cases tell."""
    return lambda text, read: focus(text, engine, rows, read=read)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a message without lines that only greet, sign or forward, and without scraps."""
    lines = (line for line in text.splitlines() if not _FORMALITY.fullmatch(line))
    sentences = (part.strip() for line in lines for part in _SENTENCE_END.split(line))
    return [text for text in sentences if len(text.split()) >= _FEWEST_WORDS and _WORD.search(text)]


def _nearness(sentences: Sequence[str], engine: Engine, rows: Sequence[int]) -> list[float]:
    import numpy as np

    cosines = engine.passage_cosines(engine.encoder.encode_queries(sentences), rows).cosines
    count = min(_NEIGHBOURS, cosines.shape[1])
    if not count:
        return [0.0] * len(sentences)
    nearest = np.partition(cosines, -count, axis=1)[:, -count:]
    return [round(float(value), 6) for value in nearest.mean(axis=1)]
