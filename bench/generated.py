"""Write a library of generated cases: the same number and seed give the same files.

The texts are sentences put together from words of the trade, so that words repeat, passages differ and
lengths are like those of real cases. They say nothing and are good for measuring time only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

_OPENINGS = (
    "After a change of management", "In the yearly review", "When volumes fell", "Across all sites",
    "Before the tender closed", "During the second quarter", "Within the new framework contract",
    "Because two plants were merged", "Once the auditors had left", "For the third year in a row",
    "Under pressure from its own customers", "Following a recall",
)  # fmt: skip
_ACTORS = (
    "the customer", "central purchasing", "the regional sponsor", "our service team", "the plant manager",
    "the steering committee", "a rival supplier", "the quality department", "the board", "the joint project team",
    "the account team", "the logistics partner", "the finance controller", "the works council",
)  # fmt: skip
_VERBS = (
    "asked for", "questioned", "postponed", "approved", "replaced", "measured", "renegotiated", "underestimated",
    "consolidated", "took over", "published", "stopped", "tested", "priced", "extended", "documented",
)  # fmt: skip
_QUALITIES = (
    "late", "common", "regional", "costly", "binding", "seasonal", "digital", "shared", "manual", "critical",
    "unplanned", "audited", "temporary", "global", "certified", "fragmented", "recyclable", "outdated",
)  # fmt: skip
_OBJECTS = (
    "delivery schedules", "price lists", "maintenance contracts", "packaging formats", "energy reports",
    "safety stocks", "training plans", "spare parts", "order forecasts", "supplier scorecards", "volume rebates",
    "installation teams", "service levels", "emission figures", "line stoppages", "payment terms",
    "innovation workshops", "data interfaces", "cleaning cycles", "inspection records", "transport routes",
    "approval procedures", "cooling units", "labelling rules",
)  # fmt: skip
_ENDS = (
    "and wanted an answer within weeks", "which nobody had budgeted for", "at the expense of quality",
    "without telling the sites", "in return for a longer term", "and shared the saving equally",
    "although the contract said otherwise", "with a clear owner on both sides", "as a condition for renewal",
    "so that both plans could be compared", "in eleven countries at once", "before any figure was agreed",
)  # fmt: skip
_SYLLABLES = (
    "ba", "cor", "del", "fin", "gal", "hem", "iva", "jor", "kel", "lum", "mar", "nov", "or", "pel", "quin", "ros",
    "sten", "tav", "ul", "ver", "wik", "yar", "zen",
)  # fmt: skip
_SECTIONS = ("Context", "Challenge", "Approach", "Solution", "Value")
_INDUSTRIES = ("10", "11", "20", "21", "24", "28", "29", "35", "49", "86")
_REGIONS = ("DE", "FR", "US", "JP", "BR", "PL", "ES", "SE")
_SEED = 7


def write_cases(library: Path, *, count: int, length: int) -> list[Path]:
    """Write approved cases of two thirds to four thirds of `length` characters each (at least about 1,000).

    Other files of the library's folder of cases are removed; those that hold the right text already are not
    touched, so that an index of them is still fresh.
    """
    folder = library / "cases"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"case-{number:05d}.md" for number in range(count)]
    for stranger in set(folder.iterdir()) - set(paths):
        stranger.unlink()
    for number, path in enumerate(paths):
        text = case_text(number, length=length).encode()
        if not path.is_file() or path.read_bytes() != text:
            path.write_bytes(text)
    return paths


def case_text(number: int, *, length: int) -> str:
    """Return the text of one case; the same number gives the same text."""
    random = Random(_SEED * 1_000_003 + number)  # noqa: S311  a sample, not a secret
    wanted = random.randint(length * 2 // 3, length * 4 // 3)
    front = "\n".join(_front_matter(random, number))
    room = max(1, wanted - len(front)) // len(_SECTIONS)
    body = "\n\n".join(f"## {name}\n\n{_paragraph(random, room)}" for name in _SECTIONS)
    return f"---\n{front}\n---\n\n{body}\n"


def sentence_of(number: int) -> str:
    """Return a sentence such as the cases hold; the same number gives the same sentence."""
    return _sentence(Random(f"sentence {number}"))  # noqa: S311  a sample, not a secret


def _front_matter(random: Random, number: int) -> Iterator[str]:
    yield f"title: {random.choice(_QUALITIES)} {random.choice(_OBJECTS)}, {random.choice(_OPENINGS)} ({number})"
    yield f"summary: {_sentence(random)}"
    yield "status: approved"
    yield "classification: internal"
    yield "created: 2026-01-05"
    yield "last_verified: 2026-06-30"
    yield f'industries: [{{scheme: isic, code: "{random.choice(_INDUSTRIES)}"}}]'
    yield f"regions: [{random.choice(_REGIONS)}]"
    yield "customer: a generated customer"
    yield "challenge_types: []"
    yield "outcome: success"
    yield "competencies: []"
    yield "enablers: []"
    yield "illustrative: true"


def _paragraph(random: Random, length: int) -> str:
    """Return whole sentences, at least one, of about `length` characters."""
    sentences = [_sentence(random)]
    while sum(map(len, sentences)) + len(sentences) < length - 60:
        sentences.append(_sentence(random))
    return " ".join(sentences)


def _sentence(random: Random) -> str:
    figure = f" by {random.randint(2, 98)} percent" if random.random() < 0.25 else ""
    place = f" in {_name(random)}" if random.random() < 0.25 else ""
    return (
        f"{random.choice(_OPENINGS)} {random.choice(_ACTORS)}{place} {random.choice(_VERBS)} "
        f"{random.choice(_QUALITIES)} {random.choice(_OBJECTS)}{figure} {random.choice(_ENDS)}."
    )


def _name(random: Random) -> str:
    """Return one of some 12,000 invented names: most words of a real library are rare."""
    return "".join(random.choices(_SYLLABLES, k=3)).capitalize()
