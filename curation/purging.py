"""Purge an item: its text leaves files, index, cache and state; what cannot be reached is named.

It can be run again: what an earlier run that was stopped had not removed goes then. The audit keeps the id and the
time, and the history of the index keeps for whom the item was there, so that whoever holds a copy is told to drop it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curation.changing import finish_changes
from curation.copies import ItemFile, drop_leftovers, remaining_copies
from curation.publishing import publish_library
from curation.review.approvals import redact_reviews
from curation.review.audit import Act, AuditEntry, append_act, name_of, record_refusal
from curation.review.roles import Action, require_role
from curation.state import State
from curation.writing import etag_of, remove_file
from indexer.build import BuildReport
from indexer.generations import CACHE, GENERATIONS, drop_older
from indexer.history import FORGOTTEN, Event, published_history
from library.access import Asker, Guarded, Role, Visibility, visible
from library.documents import heading_kinds
from library.errors import PurgeError, RoleError, UnknownItemError
from library.reading import find_files, plain_reader, read_file
from library.settings import Settings


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """Where an item is kept: its files, and how many rows of the state hold a text of it or about it.

    `remaining` says where copies may be that a purge does not reach; `mentions` are files that name the id.
    """

    id: str
    files: tuple[str, ...]
    indexed: bool
    state_rows: Mapping[str, int]
    mentions: tuple[str, ...]
    remaining: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        """Whether anything is kept of the item at all."""
        return bool(self.files or self.indexed or any(self.state_rows.values()))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "id": self.id,
            "files": list(self.files),
            "indexed": self.indexed,
            "state_rows": dict(self.state_rows),
            "mentions": list(self.mentions),
            "remaining": list(self.remaining),
        }

    def as_lines(self) -> list[str]:
        """Return the text form."""
        kept = [f"file {path}" for path in self.files]
        kept += ["the index, with the older one, and its cache"] if self.indexed else []
        kept += [
            f"{name} in the state: {count}" for name, count in self.state_rows.items() if count and name != "purges"
        ]
        lines = [f"{self.id} is kept in:", *(f"  {place}" for place in kept or ["nothing that a purge can reach"])]
        if self.mentions:
            lines += [
                "These files refer to it; `casebook check` tells where:",
                *(f"  {path}" for path in self.mentions),
            ]
        return [*lines, "Copies may remain in:", *(f"  {place}" for place in self.remaining)]


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What a purge did: files removed, the generation that was published without the item, rows emptied."""

    plan: PurgePlan
    generation: int
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**self.plan.as_dict(), "generation": self.generation, "notes": list(self.notes)}

    def as_lines(self) -> list[str]:
        """Return the text form."""
        first, *rest = self.plan.as_lines()
        published = f"Index {self.generation} holds nothing of it." if self.generation else "There is no index."
        return [first.replace("is kept in", "was removed from"), *rest, published, *self.notes]


_CONTENTS = {
    "reviews": "SELECT count(*) FROM reviews WHERE item=? AND text IS NOT NULL",
    "reasons": "SELECT count(*) FROM reviews WHERE item=? AND reason<>''",
    "comments": "SELECT count(*) FROM feedback WHERE case_id=? AND comment<>''",
    "purges": "SELECT count(*) FROM audit WHERE item=? AND what='purged'",
}


def plan_purge(settings: Settings, asker: Asker, item_id: str, *, state: State | None = None) -> PurgePlan:
    """Return what a purge would remove, and where it says that copies remain.

    Raises:
        RoleError: the asker is neither publisher nor administrator.
        UnknownItemError: nothing is kept of such an item, or a publisher does not see it.
    """
    return _plan(settings, asker, item_id, state or State(settings.state_file))[0]


def purge_item(
    settings: Settings,
    asker: Asker,
    item_id: str,
    *,
    delete_file: bool = False,
    publish: Callable[..., BuildReport] = publish_library,
) -> PurgeReport:
    """Remove an item's text from the library's files, from every generation, from the cache and from the state.

    `publish` makes the index anew, as `publish_library` does.

    Raises:
        RoleError: the asker is neither publisher nor administrator.
        UnknownItemError: nothing is kept of such an item, or a publisher does not see it.
        PurgeError: its file is still there and may not be deleted.
        ConflictError: its file was changed meanwhile.
        StateError: the state cannot be written.
        IndexWriteError: the index could not be made anew, or an older one not removed.
    """
    state = State(settings.state_file)
    require_role(asker, Action.PURGE)
    finish_changes(settings.library)  # a change of several files that was stopped keeps their texts beside the index
    plan, files = _plan(settings, asker, item_id, state)
    if files and not delete_file:
        raise PurgeError(
            f"{item_id} still has its file: {', '.join(plan.files)}.",
            hint="Delete it first, or add --delete-file; whoever indexes would bring it back.",
        )
    # The state first: of a purge that is stopped half-way it is known that it began, and it can be run again.
    _empty_state(state, name_of(asker), item_id)
    for file in files:
        remove_file(file.place, root=settings.library, expect=file.etag)
    notes = list(drop_leftovers(settings.library))
    generation = 0
    if (settings.data_folder / GENERATIONS).exists() or (settings.data_folder / CACHE).exists():
        generation = publish(settings, forgotten={item_id}).generation
        drop_older(settings.data_folder)
    notes += [] if state.compact() else [_LOG_IN_USE]
    return PurgeReport(plan, generation, tuple(notes))


_LOG_IN_USE = "The state's log still holds pages, since another process reads the state: run this again when none does."


def _plan(settings: Settings, asker: Asker, item_id: str, state: State) -> tuple[PurgePlan, Sequence[ItemFile]]:
    files, mentions = _files_of(settings, item_id)
    events = _events_of(settings, item_id)
    rows = _state_rows(state, item_id)
    try:
        require_role(asker, Action.PURGE)
        # An administrator works on what he cannot read; a publisher decides on what he sees, or goes on.
        guards: list[Guarded] = [file.item for file in files if file.item is not None]
        if not files:
            guards += events[-1:]
        if asker.role is Role.PUBLISHER and not rows["purges"] and not any(_is_seen(asker, guard) for guard in guards):
            raise _unknown(item_id)
    except (RoleError, UnknownItemError):
        if files:
            record_refusal(state, asker, item_id, Action.PURGE.value)
        raise
    plan = PurgePlan(
        id=item_id,
        files=tuple(file.path for file in files),
        indexed=bool(events),
        state_rows=rows,
        mentions=mentions,
        remaining=tuple(remaining_copies(settings.library, item_id, files)),
    )
    if not plan.is_known:
        raise _unknown(item_id)
    return plan, files


def _empty_state(state: State, who: str, item_id: str) -> None:
    with state.writing() as db:
        append_act(db, AuditEntry(who, Act.PURGED, item_id))
        redact_reviews(db, item_id)
        db.execute("UPDATE feedback SET comment='' WHERE case_id=?", (item_id,))
        db.execute("DELETE FROM repeatable_writes WHERE instr(answer, ?)", (item_id,))


def _files_of(settings: Settings, item_id: str) -> tuple[list[ItemFile], tuple[str, ...]]:
    """Return the files that hold an item, all of them, and the paths of others that refer to it.

    A file of its name that cannot be read as any item counts: nobody knows what else it would be.
    """
    files: list[ItemFile] = []
    mentions: list[str] = []
    reader = plain_reader(heading_kinds(settings.headings))
    for source in find_files(settings.library)[0]:
        document = read_file(settings.library, source, reader, settings.max_file_kilobytes * 1000).document
        named = source.place.stem if document is None else document.id
        if named == item_id and source.place.is_file():
            item = document.item if document is not None else None
            files.append(ItemFile(source.place, source.path, etag_of(source.place.read_bytes()), item))
        elif document is not None and any(target == item_id for _, target, _ in document.item.referenced()):
            mentions.append(source.path)
    return files, tuple(mentions)


def _is_seen(asker: Asker, item: Guarded) -> bool:
    return visible(asker, item) is Visibility.FULL


def _events_of(settings: Settings, item_id: str) -> list[Event]:
    """Return what the index still tells of an item that was there; nothing after a purge."""
    history = published_history(settings.data_folder)
    events = history.events if history is not None else ()
    return [event for event in events if event.id == item_id and event.content not in ("", FORGOTTEN)]


def _state_rows(state: State, item_id: str) -> dict[str, int]:
    with state.reading() as db:
        return {name: db.execute(query, (item_id,)).fetchone()[0] for name, query in _CONTENTS.items()}


def _unknown(item_id: str) -> UnknownItemError:
    return UnknownItemError(f"Nothing is kept of an item {item_id!r}.", hint="Look at the id; it is the file's name.")
