"""Answers from the index on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from commands.sources import Wish
from commands.streams import print_note

if TYPE_CHECKING:
    from commands.options import AskerOptions, Place
    from library.access import Asker
    from library.settings import Settings
    from search.answers.answer import Answer
    from search.answers.options import SearchOptions
    from search.browsing.listing import ItemPage, ListedItem
    from search.engine import LocalEngine
    from search.filters import Filters

_NAMED_FILES = 3


class LocalSource:
    """The published index of a library, as one asker sees it; says so when it is behind the library's files."""

    def __init__(self, engine: LocalEngine, settings: Settings, asker: Asker) -> None:
        self._engine = engine
        self._settings = settings
        self._asker = asker

    def search(self, text: str, filters: Filters, wish: Wish) -> Answer:
        """Return the closest cases to a challenge."""
        from search.answering.assembling import search_cases

        answer = search_cases(self._engine, text, asker=self._asker, filters=filters, options=self._options(wish))
        warn_if_stale(self._engine, self._settings, self._asker)
        return answer

    def similar(self, case_id: str, wish: Wish) -> Answer:
        """Return the cases closest to a case."""
        from search.answering.assembling import similar_cases

        answer = similar_cases(self._engine, case_id, asker=self._asker, options=self._options(wish))
        warn_if_stale(self._engine, self._settings, self._asker)
        return answer

    def show(self, item_id: str) -> ItemPage:
        """Return an item in full."""
        from search.browsing.listing import show_item
        from search.view import View

        page = show_item(View(self._engine, self._asker), item_id)
        warn_if_stale(self._engine, self._settings, self._asker)
        return page

    def items(self, item_type: str, statuses: Sequence[str]) -> Sequence[ListedItem]:
        """Return the items of a type, by id."""
        from search.browsing.listing import list_items
        from search.view import View

        return list_items(View(self._engine, self._asker), item_type, statuses=statuses)

    def brief(self, case_ids: Sequence[str], form: str) -> bytes:
        """Return the brief of cases as a file."""
        from search.briefs.brief import make_brief
        from search.briefs.files import BriefFormat, write_brief
        from search.view import View

        brief = make_brief(View(self._engine, self._asker), case_ids, self._options(Wish()))
        warn_if_stale(self._engine, self._settings, self._asker)
        return write_brief(brief, BriefFormat(form))

    def _options(self, wish: Wish) -> SearchOptions:
        return search_options(self._settings, wish.limit, facets=wish.facets, have=wish.have)


@contextmanager
def open_local(place: Place, who: AskerOptions, *, for_challenge: bool = False) -> Iterator[LocalSource]:
    """Open the index of a place for an asker; `for_challenge` begins to load the model."""
    settings = place.settings()
    asker = who.asker(settings)
    with open_engine(settings) as engine:
        if for_challenge:
            engine.load_ahead()
        yield LocalSource(engine, settings, asker)


@contextmanager
def open_engine(settings: Settings) -> Iterator[LocalEngine]:
    """Open the published index."""
    from search.engine import LocalEngine

    engine = LocalEngine.from_data_folder(settings.data_folder)
    try:
        yield engine
    finally:
        engine.close()


def search_options(settings: Settings, limit: int | None, *, facets: bool, have: tuple[str, ...] = ()) -> SearchOptions:
    """Return how to answer: what no option says, the settings do."""
    from library.settings import known_codes
    from search.answers.options import SearchOptions
    from search.ranking.reranking import open_reranker

    return SearchOptions(
        limit=limit or settings.limit,
        language=settings.language,
        contact=settings.contact,
        regions=known_codes(settings)[0],
        facets=facets,
        have=have,
        reranker=open_reranker(settings.reranker, print_note),
    )


def warn_if_stale(engine: LocalEngine, settings: Settings, asker: Asker) -> None:
    """Say on standard error that another model is set, or that files have changed since they were indexed."""
    from indexer.models import same_model
    from search.browsing.freshness import find_stale
    from search.view import View

    if "model" in settings.model_fields_set and not same_model(settings.model, engine.manifest.model):
        print_note(
            f"Note: the index was made with {engine.manifest.model}; the settings name {settings.model}. "
            "Run `casebook index` to change over."
        )
    stale = find_stale(View(engine, asker), settings, most=_NAMED_FILES + 1)
    if stale:
        names = ", ".join(file.path for file in stale[:_NAMED_FILES]) + (" ..." if len(stale) > _NAMED_FILES else "")
        print_note(f"Note: files differ from the index ({names}). Run `casebook index`.")
