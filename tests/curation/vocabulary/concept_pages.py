"""Random concept pages, as a person or a program may have written them."""

from __future__ import annotations

from hypothesis import strategies as st

from curation.vocabulary.pages import ConceptPage, parse_page
from library.front_matter import format_front_matter
from library.items import FOLDERS

# Everything that front matter can hold: no control characters, no surrogates.
_CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\t\n\r\\'\"=+-@;,#|:")
texts = st.text(_CHARACTERS, min_size=1, max_size=30)
_lists = st.lists(texts, max_size=4)
_tags = st.sampled_from(["en", "de", "fr", "fr-CH", "zh-Hant", "e_n", "x y"])
_bodies = st.lists(
    st.one_of(texts, st.sampled_from(["## Heading\n", "\n", "## ", "##  x", "```\n## no heading\n```\n", "# One\n"])),
    max_size=6,
).map(lambda parts: "".join(parts).replace("\r", ""))


@st.composite
def pages(draw: st.DrawFn) -> ConceptPage:
    """Return a page whose fields are what its file would be read as."""
    kind, prefix = draw(st.sampled_from([("challenge_type", "chl"), ("competency", "cmp"), ("enabler", "enb")]))
    item_id = f"{prefix}-{draw(st.integers(0, 30))}"
    optional = {
        "labels": st.dictionaries(_tags, texts, max_size=3),
        "alt_labels": st.dictionaries(_tags, st.one_of(_lists, texts), max_size=3),
        "hidden_labels": st.dictionaries(_tags, _lists, max_size=2),
        "definition": st.dictionaries(_tags, texts, max_size=3),
        "broader": st.one_of(st.just(f"{prefix}-1"), st.lists(texts, max_size=2)),
        "related": st.lists(st.sampled_from(["chl-1", "cmp-2", "case-3", "größe & maß"]), max_size=4),
        "close_match": st.lists(st.sampled_from(["https://example.org/1", "urn:x:2", "no uri"]), max_size=3),
        "summary": texts,
        "status": st.sampled_from(["draft", "approved"]),
        "language": st.sampled_from(["en", "de", "not a tag"]),
        "keywords": _lists,
        "sources": _lists,
        "supersedes": _lists,
        "behavioural_indicators": _lists,
        "proficiency_levels": st.lists(st.fixed_dictionaries({"level": texts, "description": texts}), max_size=3),
        "owning_function": texts,
        "typical_blockers": _lists,
        "of_our_own": st.one_of(texts, _lists, st.dictionaries(st.sampled_from(["a", "b c"]), texts, max_size=2)),
    }
    fields = draw(st.fixed_dictionaries({}, optional=optional))
    text = format_front_matter(fields) + draw(_bodies)
    page = parse_page(f"{FOLDERS[kind]}/{item_id}.md", text.encode())
    assert page is not None
    return page


libraries = st.lists(pages(), max_size=4, unique_by=lambda page: page.id)
