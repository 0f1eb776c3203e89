"""What a page tells of a draft: how complete it is, what to add next, what to look at, what it could be linked to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from api.portal.draft_form import DraftForm
from api.portal.visits import Visit
from curation.checks.checking import NEARLY_THE_SAME
from curation.checks.names import LOOKS_LIKE
from curation.checks.results import Duplicate, FoundName, Gap
from curation.contributing import Examination, examine_text
from curation.outlining import LINK_FIELDS
from curation.suggesting.suggestions import Suggestion
from library.documents import EMPTY, MISSING, NO_CHALLENGE, NO_TEXT
from library.messages import Message
from library.problems import Problem, Severity
from library.settings import known_codes
from search.browsing.shelf import Shelf
from search.view import View

_OPEN = (Severity.BLOCKER, Severity.ERROR, Severity.WARNING)
_CELL_ENDS = re.compile(r"(?:\s*\|[\s|:-]*)+")
_LACKING = frozenset({MISSING, EMPTY})
# What the page tells in a place of its own: a name, a near-duplicate, a field to fill in, a gap.
_TOLD_APART = _LACKING | {LOOKS_LIKE, NEARLY_THE_SAME, NO_TEXT, NO_CHALLENGE}
_OF_APPROVAL = "last_verified"  # approving writes it


@dataclass(frozen=True, slots=True)
class Link:
    """Something that a draft is linked to, or could be: `passage` speaks for what is only suggested."""

    field: str
    value: str
    label: str
    is_chosen: bool
    passage: str = ""


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """The links of one field, those that are chosen first."""

    field: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class DraftFindings:
    """What was found; `percent` is None for a text that was not looked at.

    `gaps` tell whether something stands there already; `needed` are the fields without which it cannot be approved.
    """

    groups: tuple[LinkGroup, ...] = ()
    percent: int | None = None
    gaps: tuple[tuple[Gap, bool], ...] = ()
    names: tuple[FoundName, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    warnings: tuple[Problem, ...] = ()
    hints: tuple[Problem, ...] = ()
    needed: tuple[str, ...] = ()

    @classmethod
    def of_links(cls, visit: Visit, draft: DraftForm, *, is_let_in: bool) -> DraftFindings:
        """Return the findings of a text that is shown as it was typed: what it is linked to, and no more."""
        view = view_of_writer(visit) if is_let_in else None
        return cls(groups=_groups(_chosen(visit, draft, view)))


def find_in(visit: Visit, draft: DraftForm, text: str) -> DraftFindings:
    """Return what is found in a draft's text; it may take a second."""
    view = view_of_writer(visit)
    return findings_of(visit, draft, examine_text(visit.desk(), text, view=view, item_id=draft.item_id), view)


def findings_of(visit: Visit, draft: DraftForm, found: Examination, view: View) -> DraftFindings:
    """Return what a page tells of a text that was examined."""
    links = [*_chosen(visit, draft, view), *_suggested(visit, found.suggestions, view)]
    completeness = found.completeness
    rest = [problem for problem in found.problems if _template(problem) not in _TOLD_APART]
    lacking = [
        str(problem.message.values["field"])
        for problem in found.problems
        if isinstance(problem.message, Message) and problem.message.template in _LACKING
    ]
    untitled = [] if draft.outline.title else ["title"]
    return DraftFindings(
        groups=_groups(links),
        percent=round(completeness.share * 100) if completeness else None,
        gaps=tuple((gap, draft.has(gap.part)) for gap in completeness.next) if completeness else (),
        names=tuple({(name.kind, name.text.casefold()): name for name in found.names}.values()),
        duplicates=found.duplicates,
        warnings=tuple(problem for problem in rest if problem.severity in _OPEN),
        hints=tuple(problem for problem in rest if problem.severity not in _OPEN),
        needed=tuple(name for name in dict.fromkeys(untitled + lacking) if name != _OF_APPROVAL),
    )


def view_of_writer(visit: Visit) -> View:
    """Return what somebody who writes sees of the index."""
    return visit.services.view(visit.asker)


def names_of_kinds(visit: Visit, kinds: Sequence[str], view: View) -> list[str]:
    """Return what kinds of challenges are called in the language of the page."""
    labels = _labels(visit, [("challenge_types", kind) for kind in kinds], view)
    return [labels.get(("challenge_types", kind), kind) for kind in kinds]


def _template(problem: Problem) -> str:
    return problem.message.template if isinstance(problem.message, Message) else ""


def _chosen(visit: Visit, draft: DraftForm, view: View | None) -> Iterator[Link]:
    chosen = list(draft.chosen())
    labels = _labels(visit, chosen, view)
    for name, value in chosen:
        yield Link(name, value, labels.get((name, value), value), is_chosen=True)


def _suggested(visit: Visit, suggestions: Sequence[Suggestion], view: View) -> Iterator[Link]:
    labels = _labels(visit, [(one.field, one.value) for one in suggestions], view)
    for one in suggestions:
        label = labels.get((one.field, one.value), one.label)
        yield Link(one.field, one.value, label, is_chosen=False, passage=_plain(one.passage))


def _plain(passage: str) -> str:
    """Return a passage without the strokes between the cells of a table."""
    return _CELL_ENDS.sub(" · ", passage).strip(" ·")


def _labels(visit: Visit, links: Sequence[tuple[str, str]], view: View | None) -> dict[tuple[str, str], str]:
    """Return what links are called in the language of the page; what the visitor does not see has no label."""
    codes = dict(zip(("regions", "industries"), known_codes(visit.services.settings), strict=True))
    labels = {(name, value): codes[name].label(value, visit.language) for name, value in links if name in codes}
    if view is None:
        return labels
    rows = {link: view.by_id[link[1]].row for link in links if link[0] not in codes and link[1] in view.by_id}
    titles = Shelf(view, visit.language).titles(list(rows.values()))
    return labels | {link: titles[row] for link, row in rows.items()}


def _groups(links: Iterable[Link]) -> tuple[LinkGroup, ...]:
    """Return links by field, in the order in which the form asks for them."""
    known = [link for link in links if link.field in LINK_FIELDS]
    ordered: Sequence[Link] = sorted(known, key=lambda link: LINK_FIELDS.index(link.field))
    return tuple(LinkGroup(name, tuple(found)) for name, found in groupby(ordered, key=lambda link: link.field))
