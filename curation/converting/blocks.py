"""Read Markdown as blocks: what stands below a heading, behind a label such as `Challenge:`, or in a table's row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from curation.converting.converter import SLIDE
from library.documents import SectionKind, heading_kinds

LABEL_LEVEL = 7  # below every heading
TITLE, INDUSTRY, REGION = "title", "industry", "region"
_MAX_HEADING = 150

# How people head these parts in files of their own, beside the headings of the library.
_LABELS: Mapping[str, str] = {
    SectionKind.CONTEXT: "background, situation, initial situation, starting point, about the customer, hintergrund, "
    "ausgangssituation, situation initiale",
    SectionKind.CHALLENGE: "problem, problem statement, challenges, issue, pain points, problemstellung, "
    "herausforderungen, problème, problématique, enjeu, enjeux, défis",
    SectionKind.APPROACH: "what we did, how we did it, method, implementation, vorgehensweise, umsetzung, "
    "méthode, approche, "
    "mise en œuvre",
    SectionKind.SOLUTION: "solutions, answer, lösungen, lösungsansatz, réponse",
    SectionKind.VALUE: "results, result, impact, benefits, benefit, outcome, outcomes, value delivered, ergebnis, "
    "ergebnisse, mehrwert, wirkung, résultats, résultat, bénéfices, gains, impacts",
    SectionKind.WENT_WRONG: "lessons learned, lessons, pitfalls, learnings, lessons learnt, erfahrungen, fallstricke, "
    "enseignements, leçons",
    SectionKind.CONDITIONS: "conditions, replication, when it works, voraussetzungen, bedingungen, "
    "conditions de succès",
    TITLE: "case title, titel, titre, project title, projekttitel",
    INDUSTRY: "industries, sector, branche, secteur, industrie",
    REGION: "regions, country, countries, location, land, länder, pays, région, standort",
}
_BEFORE = re.compile(r"^(?:\d+(?:\.\d+)*[.):]?\s+|[-–•*]\s+)+")
_DETERMINERS = re.compile(
    r"^(?:(?:the|our|their|a|die|das|der|unsere?|le|la|les|l'|notre|nos)\s+|l')?"
    r"(?:(?:customer(?:'?s)?|client(?:'?s)?|business|key|main|kunden|kundens?eitige)[ -]+)?"
)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$")
_LABELLED = re.compile(
    r"^\s*(?:[-*•]\s+)?(?:\*\*|__)?(?P<label>[^:*|]{3,40}?)(?:\*\*|__)?\s*:(?:\*\*|__)?(?:\s+(?P<text>.*))?$"
)
_BARE_LABEL = re.compile(r"^\s*(?:\*\*|__)?(?P<label>[^:*|]{3,40}?)(?:\*\*|__)?\s*$")
_CASE_LINE = re.compile(
    r"^\W*(?:case(?: study)?|customer (?:story|case)|success story|fallstudie|fall|fallbeispiel|praxisbeispiel|"
    r"beispiel|cas(?: client)?|étude de cas|exemple|example|story)\s*(?:no\.?|nr\.?|n°|#)?\s*"
    r"(?:\d{1,3}|[A-Z])\b\s*[:.)–-]*\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_NOTES = frozenset({"notes", "notes:", "notizen", "remarques"})


@dataclass(frozen=True, slots=True)
class Block:
    """Text below a heading or label; `kind` is a `SectionKind`, `title`, `industry`, `region`, or empty.

    `level` is the heading's, `LABEL_LEVEL` for a label, 0 where nothing stands above the text.
    """

    level: int
    heading: str
    kind: str
    text: str

    def as_markdown(self) -> str:
        """Return the block with its heading, so that nothing of it is lost."""
        heading = f"### {self.heading}" if self.heading else ""
        return "\n\n".join(part for part in (heading, self.text.strip()) if part)


class Labels:
    """What the headings and labels of a library's files say, in its languages."""

    def __init__(self, headings: Mapping[str, SectionKind] | None = None) -> None:
        self._kinds: dict[str, str] = {
            _fold(label): kind for kind, labels in _LABELS.items() for label in (*labels.split(", "), str(kind))
        }
        self._kinds |= {_fold(heading): kind for heading, kind in (headings or heading_kinds()).items()}

    def kind_of(self, text: str) -> str:
        """Return what a heading or label stands for; empty if it is none."""
        folded = _fold(text)
        if len(folded) > _MAX_HEADING:
            return ""
        plain = _BEFORE.sub("", folded)
        return self._kinds.get(plain) or self._kinds.get(_DETERMINERS.sub("", plain), "")


def case_title(heading: str) -> str | None:
    """Return the title behind `Case 3:` and its like (perhaps empty); None for any other heading."""
    found = _CASE_LINE.match(heading) if len(heading) <= _MAX_HEADING else None
    return found["rest"].strip() if found else None


def read_blocks(markdown: str, labels: Labels) -> list[Block]:
    """Return the blocks of a text in order; every word of it stands in one of them."""
    blocks = [Block(0, "", "", "")]
    in_code = False
    for line in _lines(markdown, labels):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        opened = None if in_code else _opened(line, labels)
        if opened is None or _is_part_of(opened, blocks[-1]):
            last = blocks[-1]
            blocks[-1] = Block(last.level, last.heading, last.kind, f"{last.text}{line}\n")
        else:
            blocks.append(opened)
    return [block for block in blocks if block.heading or block.text.strip()]


def _opened(line: str, labels: Labels) -> Block | None:
    """Return the block that a line begins, if it begins one."""
    if line.startswith(SLIDE):
        return Block(0, "", "", "")
    found = _HEADING.match(line)
    if found:
        heading = _plain(found[2])
        return Block(len(found[1]), heading, labels.kind_of(heading), "") if heading else None
    label = _LABELLED.match(line) or _BARE_LABEL.match(line)
    if label and (kind := labels.kind_of(label["label"])):
        text = label.groupdict().get("text")
        if label.re is _LABELLED or kind in list(SectionKind):  # a line with nothing but "Country" is text
            return Block(LABEL_LEVEL, _plain(label["label"]), kind, f"{text}\n" if text else "")
    if case_title(line) is not None and line.strip() and len(line) <= _MAX_HEADING and not line.rstrip().endswith("."):
        return Block(1, _plain(line), "", "")
    return None


def _is_part_of(opened: Block, last: Block) -> bool:
    """Whether a heading stands within the part above it: deeper, and no part of a case of its own."""
    is_notes = opened.heading.casefold() in _NOTES
    return bool(last.kind) and not opened.kind and not is_notes and last.level < opened.level < LABEL_LEVEL


def _lines(markdown: str, labels: Labels) -> Iterator[str]:
    """Yield the lines; a table whose first column says what stands beside it becomes labels."""
    table: list[str] = []
    for line in (*markdown.split("\n"), ""):
        if line.lstrip().startswith("|"):
            table.append(line)
            continue
        yield from _table(table, labels)
        table = []
        yield line


def _table(lines: list[str], labels: Labels) -> Iterable[str]:
    rows = [_cells(line) for line in lines]
    if not any(len(cells) > 1 and labels.kind_of(cells[0]) for cells in rows):
        return lines
    told = [row for row in rows if any(row) and not all(re.fullmatch(r":?-{3,}:?|", cell) for cell in row)]
    return [f"{row[0].rstrip(': ')}: {' '.join(filter(None, row[1:]))}" if row[0] else " ".join(row) for row in told]


def _cells(line: str) -> list[str]:
    return [_plain(cell.replace(r"\|", "|")) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\*\*|__|`", "", text).split())


def _fold(text: str) -> str:
    return " ".join(_plain(text).replace("\u2019", "'").casefold().split()).strip(":. ")
