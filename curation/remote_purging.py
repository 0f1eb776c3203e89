"""Purge an item from afar: only one that the asker sees himself, told without what he does not see.

Whoever works on the server's own files may purge more (`curation.purging`): an administrator what he cannot read, and
anybody a file that cannot be read as an item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from curation.purging import PurgePlan, PurgeReport, plan_purge, purge_item
from curation.review.audit import Act, AuditFilter, audit_lines, name_of
from curation.review.desk import Desk
from curation.review.refusing import refusals_kept
from curation.review.roles import Action
from indexer.build import BuildReport
from library.errors import UnknownItemError
from search.view import View


def plan_remote_purge(desk: Desk, view: View, item_id: str) -> PurgePlan:
    """Return what a purge would remove, and where copies would remain.

    Raises:
        RoleError: the asker is neither publisher nor administrator.
        UnknownItemError: he does not see it, in the files or in the index, and has not purged it before.
    """
    _require_seen(desk, view, item_id)
    return _told(desk, plan_purge(desk.settings, desk.asker, item_id, state=desk.state))


def purge_remotely(desk: Desk, view: View, item_id: str, *, publish: Callable[..., BuildReport]) -> PurgeReport:
    """Remove an item's text and its file; `publish` makes the index anew, as `publish_library` does.

    Raises:
        RoleError: the asker is neither publisher nor administrator.
        UnknownItemError: he does not see it, in the files or in the index, and has not purged it before.
        ConflictError: its file was changed meanwhile.
        StateError: the state cannot be written.
        IndexBusyError: another process is indexing; the file is gone, and the same again finishes it.
        IndexWriteError: the index could not be made anew; the same.
    """
    _require_seen(desk, view, item_id)
    report = purge_item(desk.settings, desk.asker, item_id, delete_file=True, publish=publish)
    return replace(report, plan=_told(desk, report.plan))


def _require_seen(desk: Desk, view: View, item_id: str) -> None:
    with refusals_kept(desk, Action.PURGE, item_id):
        if not (desk.sees(item_id) or item_id in view.by_id or _has_purged(desk, item_id)):
            raise UnknownItemError(f"There is no item {item_id!r}.")


def _has_purged(desk: Desk, item_id: str) -> bool:
    """Whether the asker has begun to purge an item before, and may go on."""
    who = name_of(desk.asker)
    lines = audit_lines(desk.state, AuditFilter(item=item_id))
    return any(line.what == Act.PURGED and line.who == who for line in lines)


def _told(desk: Desk, plan: PurgePlan) -> PurgePlan:
    seen = {found.document.path for found in desk.items().values()}
    return replace(plan, mentions=tuple(path for path in plan.mentions if path in seen))
