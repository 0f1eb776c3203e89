"""All checks together: of a library's files, or of a text that need not be saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from curation.checks.completeness import measure_completeness
from curation.checks.deny_list import DenyList, load_deny_list
from curation.checks.duplicates import find_duplicates
from curation.checks.names import find_names, name_problems
from curation.checks.results import CheckReport, Duplicate, ItemCheck, WrittenItem
from curation.checks.schema import read_for_check
from curation.checks.small_groups import find_small_groups
from curation.checks.stale import find_stale_dates
from curation.checks.style import find_style_hints
from library.codes import CodeList
from library.documents import heading_kinds, read_document
from library.messages import Message
from library.problems import Problem, Severity
from library.reading import check_codes, check_references
from library.settings import Settings, known_codes
from search.view import View

NEARLY_THE_SAME = "%(id)s (“%(title)s”) tells nearly the same"


@dataclass(frozen=True, slots=True)
class Checks:
    """What checks need to know: the firm's regions and deny list, the day, and an index as one asker sees it.

    Without an index no near-duplicates are looked for.
    """

    regions: CodeList
    industries: CodeList
    deny_list: DenyList | None = None
    view: View | None = None
    today: date = field(default_factory=date.today)

    @classmethod
    def of(cls, settings: Settings, view: View | None = None) -> Checks:
        """Return the checks that a library's settings ask for; raises SettingsError for a deny list that is no use."""
        return cls(*known_codes(settings), load_deny_list(settings), view)


def check_files(settings: Settings, paths: Sequence[Path] = (), *, view: View | None = None) -> CheckReport:
    """Check the whole library, or given files and folders of it.

    Near-duplicates are looked for with a `view` of the index; without one this reads files alone.

    Raises:
        LibraryError: the folder is no library, or a path does not lie in it.
        SettingsError: the deny list cannot be used.
    """
    checks = Checks.of(settings, view)
    read = read_for_check(settings, paths)
    items, problems = [], list(read.problems)
    for file in read.files:
        if file.document is not None:
            text = read.sources[file.path].place.read_bytes().decode("utf-8-sig", "replace")
            item, found = _check_item(WrittenItem(file.document, text), checks)
            items.append(item)
            problems += found
    return CheckReport(len(read.files), tuple(sorted(problems)), tuple(items))


def check_text(settings: Settings, path: str, text: str, *, checks: Checks, types: Mapping[str, str]) -> CheckReport:
    """Check a text that need not be saved; `path` says where in the library it is to lie.

    `types` gives the type of each id that the author may refer to, which are those that the author may see.
    """
    file = read_document(path, text.encode(), heading_kinds(settings.headings))
    problems = [
        *file.problems,
        *check_references([file], types),
        *check_codes([file], checks.regions, checks.industries),
    ]
    if file.document is None:
        return CheckReport(1, tuple(sorted(problems)))
    item, found = _check_item(WrittenItem(file.document, text), checks)
    return CheckReport(1, tuple(sorted([*problems, *found])), (item,))


def _check_item(written: WrittenItem, checks: Checks) -> tuple[ItemCheck, list[Problem]]:
    document = written.document
    names = find_names(written, checks.deny_list)
    duplicates = find_duplicates(checks.view, document) if checks.view else ()
    problems = [
        *find_style_hints(written),
        *name_problems(written, names, today=checks.today),
        *find_small_groups(written, checks.regions),
        *find_stale_dates(written, today=checks.today),
        *_duplicate_problems(document.path, duplicates),
    ]
    item = document.item
    completeness = measure_completeness(document)
    return ItemCheck(document.path, item.id, item.type, item.status, completeness, duplicates, names), problems


def _duplicate_problems(path: str, duplicates: Sequence[Duplicate]) -> Iterator[Problem]:
    for one in duplicates:
        message = Message(NEARLY_THE_SAME, id=one.id, title=one.title)
        remedy = f"Add a replication instead? Write `replicates: {one.id}`, and here only what was different"
        yield Problem(path, 1, Severity.WARNING, message, remedy)
