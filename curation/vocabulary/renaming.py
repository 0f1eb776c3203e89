"""Rename a concept, or merge one into another: every file that uses it follows, all or none."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Sequence
from pathlib import Path

from curation.changing import Change
from curation.front_matter_edit import set_keys
from curation.vocabulary.fields import unite, unite_by_language
from curation.vocabulary.integrity import ID, fold_label
from curation.vocabulary.mentions import Text, mentions_in, read_texts, replace_key, replace_links, replace_mentions
from curation.vocabulary.pages import ConceptPage, PageFile, normal, read_items, strings
from curation.vocabulary.plans import RenamePlan
from library.errors import UnknownItemError, VocabularyError
from library.front_matter import Value


def plan_rename(root: Path, old: str, new: str, *, only: Container[str] | None = None) -> RenamePlan:
    """Return what renaming a concept changes: its page's name, and every reference and link to it.

    Where the page has its new name already, what still names the old one follows: so a change that was begun can
    be finished. `only` are the paths of the files that count, if not all do.

    Raises:
        UnknownItemError: there is no such concept.
        VocabularyError: the new id is none, or belongs to another item.
    """
    if not ID.fullmatch(new):
        raise VocabularyError(f"{new!r} is no id.", hint="Use lower-case letters, digits and hyphens.")
    pages, types = read_items(root, only=only)
    by_id = {file.page.id: file for file in pages}
    moved = old not in by_id and old not in types and new in by_id
    if new in types and not moved:
        raise VocabularyError(
            f"The id {new!r} is taken.",
            hint="Choose another id, or merge the two if they are one.",
            command=f"`casebook vocabulary merge {old} {new}` makes one concept of two.",
        )
    if moved and not any(old in mentions_in(file.text) for file in read_texts(root, only=only)):
        raise _unknown(old)
    page = by_id.get(new if moved else old)
    if page is None:
        raise _unknown(old)
    path = page.path if moved else _renamed_path(page, old, new)
    if path != page.path and (root / path).exists() and (only is None or path in only):
        raise VocabularyError(f"{path} exists already.", hint="Choose another id.")
    changes = []
    for file in read_texts(root, only=only):
        text = replace_mentions(file.text, old, new)
        text = replace_links(file.path, text, page.path, path)
        if file.path == page.path and not moved and "id" in page.page.fields:
            text = replace_key(text, "id", new)
        changes += _changes(file, text, path if file.path == page.path else file.path)
    return RenamePlan(tuple(changes), _files(changes))


def plan_merge(
    root: Path, old: str, new: str, *, delete: bool = False, only: Container[str] | None = None
) -> RenamePlan:
    """Return what merging a concept into another changes.

    References and links lead to the one that stays, which takes the other's labels and what it lacks. The other's
    page is archived and superseded, so that its text and id are still found; with `delete` it goes.

    Raises:
        UnknownItemError: there is no such concept.
        VocabularyError: they are one, or of different types.
    """
    by_id = {file.page.id: file for file in read_items(root, only=only)[0]}
    for item_id in (old, new):
        if item_id not in by_id:
            raise _unknown(item_id)
    gone, kept = by_id[old], by_id[new]
    if old == new or gone.page.type != kept.page.type:
        what = "are one concept" if old == new else f"are of different types ({gone.page.type}, {kept.page.type})"
        raise VocabularyError(f"{old} and {new} {what}.", hint="Merge concepts of one type.")
    # The archived page stays what the other supersedes, and what others have superseded.
    but = frozenset() if delete else frozenset({"supersedes"})
    changes = []
    for file in read_texts(root, only=only):
        if file.path == gone.path:
            changes.append(Change(file.path, file.etag, None if delete else _archived(file.text, new)))
            continue
        own = kept.page.id if file.path == kept.path else ""
        text = replace_mentions(file.text, old, new, but=but, self_id=own)
        text = replace_links(file.path, text, gone.path, kept.path)
        if own:
            text = set_keys(text, _taken_over(gone.page, kept.page, supersede=not delete))
        changes += _changes(file, text, file.path)
    notes = (
        () if gone.page.body.strip() == "" else (f"The text of {gone.path} is not merged; take over what is missing.",)
    )
    return RenamePlan(tuple(changes), _files(changes), notes)


def _changes(file: Text, text: str, path: str) -> list[Change]:
    if path != file.path:
        return [Change(path, None, text), Change(file.path, file.etag, None)]
    return [Change(path, file.etag, text)] if text != file.text else []


def _files(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(sorted({change.path for change in changes}))


def _renamed_path(file: PageFile, old: str, new: str) -> str:
    """Return where a page lies then; one whose name is not its id keeps its name."""
    folder, name = posixpath.split(file.path)
    stem, suffix = posixpath.splitext(name)
    return posixpath.join(folder, new + suffix) if stem == old else file.path


def _archived(text: str, new: str) -> str:
    return set_keys(text, {"status": "archived", "archive_reason": f"Merged into {new}"})


def _taken_over(gone: ConceptPage, kept: ConceptPage, *, supersede: bool) -> dict[str, Value]:
    """Return the fields of the concept that stays, with what it takes from the other."""
    old, new = gone.fields, kept.fields
    labels = _by_language(new.get("labels"))
    added = {tag: label for tag, label in _by_language(old.get("labels")).items() if tag not in labels}
    fields: dict[str, Value] = {"labels": {**labels, **added}}
    definition = _by_language(new.get("definition"))
    fields["definition"] = {**_by_language(old.get("definition")), **definition}
    preferred: dict[str, Value] = {
        tag: [label] for tag, label in _by_language(old.get("labels")).items() if tag not in added
    }
    taken = {tag: {fold_label(text) for text in strings(label)} for tag, label in {**labels, **added}.items()}
    alternative = unite_by_language(unite_by_language(new.get("alt_labels"), preferred), old.get("alt_labels"))
    fields["alt_labels"] = _apart(alternative, taken)
    fields["hidden_labels"] = _apart(unite_by_language(new.get("hidden_labels"), old.get("hidden_labels")), taken)
    ids = {gone.id, kept.id}
    for name in ("broader", "related", "close_match"):
        told = [target for target in strings(old.get(name)) if target not in ids]
        if name != "broader" or not [target for target in strings(new.get(name)) if target not in ids]:
            held = [target for target in strings(new.get(name)) if target not in ids]
            fields[name] = unite(list(held), list(told))
    if supersede:
        fields["supersedes"] = unite(new.get("supersedes"), gone.id)
    return {
        name: value for name, value in fields.items() if value and normal(name, value) != normal(name, new.get(name))
    }


def _apart(by_language: Value, taken: dict[str, set[str]]) -> Value:
    """Return labels without those that the concept has already, and note them as taken."""
    apart: dict[str, Value] = {}
    for tag, texts in _by_language(by_language).items():
        seen = taken.setdefault(tag, set())
        kept: list[Value] = []
        for text in strings(texts):
            if fold_label(text) not in seen:
                seen.add(fold_label(text))
                kept.append(text)
        if kept:
            apart[tag] = kept
    return apart


def _by_language(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _unknown(item_id: str) -> UnknownItemError:
    command = "`casebook list challenges`, `list competencies` and `list enablers` show what there is."
    return UnknownItemError(f"There is no concept {item_id!r}.", hint="Look at the id.", command=command)
