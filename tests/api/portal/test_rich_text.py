"""An item's Markdown on a page: safe, with links that lead somewhere, and headings in their place."""

from __future__ import annotations

import pytest

from api.portal.rich_text import BodyAddresses, linked_parts, rich_text
from search.view import View
from tests.api.conftest import ANONYMOUS, LIBRARY, RED
from tests.conftest import index_library, write_library


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> BodyAddresses:
    """Where the links of the price case lead for somebody without groups."""
    engine = index_library(write_library(tmp_path_factory.mktemp("library"), LIBRARY))
    view = View(engine, ANONYMOUS)
    return BodyAddresses(
        view=view,
        record=view.record("price-case"),
        attachments=("model.xlsx", "charts/line.png"),
        item_url=lambda item_type, item_id: f"/{item_type}/{item_id}",
        attachment_url=lambda number: f"/attachments/{number}",
    )


def html(markdown: str, addresses: BodyAddresses) -> str:
    return str(rich_text(markdown, addresses, table_label="Table"))


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "text <img src=x onerror=alert(1)> text",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "[x](file:///etc/passwd)",
        "[x](//evil.example/)",
        "![x](javascript:alert(1))",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "<a href='javascript:alert(1)'>x</a>",
        "<svg/onload=alert(1)>",
        "<iframe src='https://evil.example'></iframe>",
        '[x](https://a.example "onmouseover=alert(1)")',
        "[x](http://)",
        "```\n<script>alert(1)</script>\n```",
        "<javascript:alert(1)>",
    ],
)
def test_nothing_that_runs_reaches_a_page(attack: str, addresses: BodyAddresses) -> None:
    """Raw HTML is text, and a link leads to a page, a mailbox or nowhere."""
    made = html(attack, addresses).lower()
    for forbidden in ("<script", "<svg", "<iframe", "<img", 'href="javascript', 'href="data', 'href="vbscript'):
        assert forbidden not in made
    for forbidden in ('href="file', 'href="//', "title=", " style=", 'href="http://"'):
        assert forbidden not in made


def test_comments_are_left_out(addresses: BodyAddresses) -> None:
    """What an author notes beside the text is not shown, as it is not searched."""
    made = html("Before <!-- inline --> after\n\n<!-- a\nblock -->\n\nEnd", addresses)
    assert "inline" not in made
    assert "block" not in made
    assert "Before" in made
    assert "End" in made


@pytest.mark.parametrize(
    ("markdown", "levels"),
    [
        ("## A\n\n## B", ["h2", "h2"]),
        ("# A\n\n### B\n\n# C", ["h2", "h3", "h2"]),
        ("#### A\n\n## B\n\n###### C", ["h2", "h2", "h3"]),
        ("> # A", []),
        ("- # A", []),
    ],
)
def test_headings_continue_the_page(markdown: str, levels: list[str], addresses: BodyAddresses) -> None:
    """The page's title is above them, none skips a level, and one in a quotation is text."""
    made = html(markdown, addresses)
    assert [tag for tag in made.replace("<", " <").replace(">", " ").split() if tag[:2] == "<h"] == [
        f"<{level}" for level in levels
    ]


def test_links_out_tell_nothing(addresses: BodyAddresses) -> None:
    """They open with no referrer and no hold on this page."""
    made = html("[x](https://a.example/b?c=d&e=f) <https://b.example> [m](mailto:a@b.example)", addresses)
    assert '<a href="https://a.example/b?c=d&amp;e=f" rel="nofollow noopener noreferrer">x</a>' in made
    assert 'href="https://b.example"' in made
    assert 'href="mailto:a@b.example"' in made


@pytest.mark.parametrize(
    "target",
    ["sponsor-case", "sponsor-case.md", "../cases/sponsor-case.md", "cases/sponsor-case.md", "/cases/sponsor-case.md"],
)
def test_links_to_items_lead_to_their_pages(target: str, addresses: BodyAddresses) -> None:
    """By id or by file, as authors write them."""
    assert 'href="/business_case/sponsor-case"' in html(f"[x]({target})", addresses)


@pytest.mark.parametrize("name", ["hidden-case", "no-such-case"])
def test_links_to_hidden_items_are_text(name: str, addresses: BodyAddresses) -> None:
    """They look just like links to what does not exist: by link, by file, by name and in code."""
    made = html(f"[x]({name}) [y]({name}.md) {name} `{name}`", addresses)
    assert "<a" not in made
    assert "x y" in made


def test_named_items_are_links(addresses: BodyAddresses) -> None:
    """An id in the text leads to the item; the item's own id and one within a link do not."""
    made = html("See sponsor-case, `price-corridor` and price-case, [or sponsor-case](https://a.example).", addresses)
    assert made.count("<a ") == 3
    assert '<a href="/business_case/sponsor-case" rel="nofollow noopener noreferrer">sponsor-case</a>,' in made
    assert 'href="/enabler/price-corridor"' in made
    assert 'href="/business_case/price-case"' not in made


def test_a_hidden_item_is_a_link_for_who_sees_it(addresses: BodyAddresses) -> None:
    """Visibility decides, not the text."""
    view = View(addresses.view.engine, RED)
    red = BodyAddresses(view, addresses.record, (), addresses.item_url, addresses.attachment_url)
    assert 'href="/business_case/hidden-case"' in html("hidden-case", red)


def test_attached_files_are_links_and_pictures(addresses: BodyAddresses) -> None:
    """What the item lists is handed out; another file is not, and no other host's picture is loaded."""
    made = html("[m](model.xlsx) ![chart](charts/line.png) ![other](other.png) [o](other.xlsx)", addresses)
    assert 'href="/attachments/1"' in made
    assert '<img src="/attachments/2" alt="chart">' in made
    assert made.count("<a ") == 1
    assert "other o" in made
    assert '<a href="https://a.example/x.png"' in html("![x](https://a.example/x.png)", addresses)


def test_tables_scroll_and_say_what_their_heads_head(addresses: BodyAddresses) -> None:
    """Each stands in a region that a keyboard reaches; an empty head is no head; numbers stand to the right."""
    made = html("| | B |\n|--|--:|\n| a | 1 |", addresses)
    assert '<div class="scroll" role="region" tabindex="0" aria-label="Table">' in made
    assert "<td></td>" in made
    assert 'scope="col"' in made
    assert '<td class="right">1</td>' in made
    assert "style" not in made


def test_addresses_in_plain_texts_are_links() -> None:
    """Of the web as far as the sentence's end, or a mailbox alone."""
    parts = linked_parts("See https://a.example/b. And javascript:alert(1)")
    assert [(part.text, part.address) for part in parts] == [
        ("See ", ""),
        ("https://a.example/b", "https://a.example/b"),
        (". And javascript:alert(1)", ""),
    ]
    assert linked_parts("coe@example.org")[0].address == "mailto:coe@example.org"
    assert linked_parts("https://[broken")[0].address == ""
