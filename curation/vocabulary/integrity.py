"""Hold concept pages to SKOS's rules: labels apart, no circles in `broader`, references and ids that are some."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from curation.vocabulary.pages import ConceptPage, PageFile, plain_text, strings
from library.front_matter import FrontMatter, FrontMatterError, Place, Value, split_front_matter
from library.items import ITEM_TYPES, Concept
from library.problems import Problem, Severity

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_KINDS = {"labels": "preferred label", "alt_labels": "alternative label", "hidden_labels": "hidden label"}


@dataclass(frozen=True, slots=True)
class _Label:
    file: PageFile
    field: str
    language: str
    text: str
    place: Place

    @property
    def where(self) -> str:
        return f"{_KINDS[self.field]} of {self.file.page.id}"


def check_pages(files: Sequence[PageFile], types: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with concept pages as a vocabulary, in order of path.

    `types` is the type of every item of the library by id. Archived concepts keep their labels to themselves.
    """
    current = [file for file in files if file.page.fields.get("status") != "archived"]
    found = [problem for file in files for problem in _check_page(file, types)]
    found += _check_labels(current)
    found += _check_circles(files)
    return sorted(set(found))


def fold_label(text: str) -> str:
    """Return a label as it is compared: without case, accents and further space."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


def known_references(file: PageFile, known: Container[str], told: Mapping[str, Value]) -> PageFile:
    """Return a page with those references alone that lead to known ids, or that are told of it by field.

    Whoever reads what is wrong with a page need not see all that it refers to.
    """
    fields = dict(file.page.fields)
    for name in _references(file.page):
        targets, given = list(strings(fields.get(name))), set(strings(told.get(name)))
        kept = [target for target in targets if target in known or target in given]
        if kept != targets:
            fields[name] = [*kept]
    return replace(file, page=replace(file.page, fields=fields))


def _check_page(file: PageFile, types: Mapping[str, str]) -> Iterator[Problem]:
    page = file.page
    if not ID.fullmatch(page.id):
        remedy = "Rename it, so that every use follows: lower-case letters, digits and hyphens"
        yield _problem(file, ("id",), f"the id {page.id!r} is none that a link can hold", remedy, Severity.WARNING)
    for name in ("labels", "definition", "alt_labels", "hidden_labels"):
        yield from _check_languages(file, name)
    for target in strings(page.fields.get("close_match")):
        if not _URI.fullmatch(target):
            message = f"`close_match`: {target!r} is no URI"
            yield _problem(
                file, ("close_match",), message, "Write one such as http://data.europa.eu/...", Severity.WARNING
            )
    yield from _check_references(file, types)


def _check_languages(file: PageFile, name: str) -> Iterator[Problem]:
    """Yield a problem for two tags that are one language: each has one preferred label and one definition."""
    value = file.page.fields.get(name)
    seen: dict[str, str] = {}
    for tag in value if isinstance(value, dict) else ():
        other = seen.setdefault(tag.lower(), tag)
        if other != tag:
            message = f"`{name}`: {tag!r} and {other!r} are one language"
            yield _problem(file, (name, tag), message, "Keep one of them")


def _check_references(file: PageFile, types: Mapping[str, str]) -> Iterator[Problem]:
    page = file.page
    for name, expected in _references(page).items():
        for target in strings(page.fields.get(name)):
            place = _place_of(page, name, target)
            if target == page.id:
                yield _problem(file, place, f"`{name}`: {target!r} is the concept itself", "Take it out")
            elif target not in types:
                yield _problem(file, place, f"`{name}`: there is no item {target!r}", "Take it out or correct it")
            elif expected and types[target] != expected:
                message = f"`{name}`: {target!r} is of type {types[target]}, not {expected}"
                yield _problem(file, place, message, f"Write the id of a {expected}")


def _references(page: ConceptPage) -> Mapping[str, str]:
    model = ITEM_TYPES[page.type]
    assert issubclass(model, Concept)
    return model.REFERENCES


def _check_labels(files: Sequence[PageFile]) -> Iterator[Problem]:
    """Yield a problem for each label that stands twice in its language among the concepts of a type."""
    first: dict[tuple[str, str, str], _Label] = {}
    for label in sorted(_labels(files), key=lambda label: list(_KINDS).index(label.field)):
        folded = fold_label(label.text)
        key = (label.file.page.type, label.language, folded)
        known = first.setdefault(key, label)
        if known is label:
            continue
        # Two concepts of one name cannot be told apart; a word that leads to both is at worst a detour.
        severity = Severity.ERROR if label.field == known.field == "labels" else Severity.WARNING
        message = f"the {_KINDS[label.field]} {label.text!r} ({label.language}) is a {known.where} too"
        yield _problem(label.file, label.place, message, "Keep it where it says most", severity)


def _labels(files: Sequence[PageFile]) -> Iterator[_Label]:
    for file in files:
        for name in _KINDS:
            by_language = file.page.fields.get(name)
            for tag, value in by_language.items() if isinstance(by_language, dict) else ():
                language = tag.partition("-")[0].lower()
                for n, text in enumerate(strings(value)):
                    place: Place = (name, tag, n) if isinstance(value, list) else (name, tag)
                    if fold_label(text):
                        yield _Label(file, name, language, text, place)


def _check_circles(files: Sequence[PageFile]) -> Iterator[Problem]:
    """Yield a problem for each circle of `broader`, and for what is broader and related at once."""
    by_id = {file.page.id: file for file in files}
    broader = {file.page.id: list(strings(file.page.fields.get("broader"))) for file in files}
    above = {item_id: _above(item_id, broader) for item_id in broader}
    told: set[frozenset[str]] = set()
    for item_id, over in above.items():
        circle = frozenset(other for other in over if item_id in above.get(other, ()))
        if item_id in over and circle | {item_id} not in told:
            told.add(circle | {item_id})
            names = ", ".join(sorted(circle | {item_id}))
            yield _problem(by_id[item_id], ("broader",), f"`broader` leads round in a circle: {names}", "Break it")
        for target in strings(by_id[item_id].page.fields.get("related")):
            if target in over or item_id in above.get(target, ()):
                message = f"{target!r} is related and broader (or narrower) at once"
                yield _problem(by_id[item_id], _place_of(by_id[item_id].page, "related", target), message, "Keep one")


def _above(item_id: str, broader: Mapping[str, Sequence[str]]) -> set[str]:
    over: set[str] = set()
    waiting = list(broader.get(item_id, ()))
    while waiting:
        target = waiting.pop()
        if target not in over:
            over.add(target)
            waiting += broader.get(target, ())
    return over


def _place_of(page: ConceptPage, name: str, target: str) -> Place:
    value = page.fields.get(name)
    return (name, value.index(target)) if isinstance(value, list) and target in value else (name,)


def _problem(file: PageFile, place: Place, message: str, remedy: str, severity: Severity = Severity.ERROR) -> Problem:
    return Problem(file.path, _front(file).line_of(place), severity, message, remedy)


def _front(file: PageFile) -> FrontMatter:
    try:
        return split_front_matter(plain_text(file.text))[0]
    except FrontMatterError:
        return FrontMatter({})
