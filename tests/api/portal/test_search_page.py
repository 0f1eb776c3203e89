"""The search as a person walks it: ask, read, narrow, come back; and what never stands in an address."""

from __future__ import annotations

import re
from html import unescape

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.portal.held import HeldChallenges
from api.portal.refining import LIMITS, Refinement
from api.portal.sessions import Session
from api.portal.vault import Room, Vault
from api.requests.problems import ProblemError
from tests.api.conftest import ANONYMOUS, HIDDEN_WORDS, RED, MakeClient
from tests.api.portal.portal_forms import PAGE, token_for

CHALLENGE = "Purchasing demands a price cut of eight percent"


def _ask(api: TestClient, challenge: str = CHALLENGE, **more: str) -> Response:
    fields = {"csrf": token_for(api), "challenge": challenge, **more}
    return api.post("/search", data=fields, headers=PAGE)


def _titles(page: Response) -> list[str]:
    return [unescape(title) for title in re.findall(r'<h2 id="title-\d+">.*?<a [^>]*>(.*?)</a>', page.text, re.DOTALL)]


def test_an_answer_begins_with_the_verdict_and_the_closest_case(client: MakeClient) -> None:
    """The verdict in words, the first case, why, its value and whom to ask come before anything else."""
    page = _ask(client(asker=ANONYMOUS))
    assert page.status_code == 200
    assert _titles(page)[0] == "Purchasing asks for a price cut"
    parts = ['class="verdict', 'id="title-1"', 'class="why"', "<dt>Value</dt>", "<dt>Ask</dt>", 'id="title-2"']
    places = [page.text.index(part) for part in parts]
    assert places == sorted(places)


def test_the_challenge_stands_in_no_address(client: MakeClient) -> None:
    """A challenge is posted and held; addresses, links and forms that are sent as addresses hold an id alone."""
    page = _ask(client(asker=ANONYMOUS), "Nachlass Quetzalcoatl")
    assert re.fullmatch(r"/answers/[A-Za-z0-9_-]{22}", page.url.path)
    assert not page.url.query
    assert "Quetzalcoatl" not in "".join(re.findall(r'(?:href|action|src)="([^"]*)"', page.text))
    assert page.headers["cache-control"] == "private, no-store"
    assert page.headers["referrer-policy"] == "same-origin"


def test_an_answer_can_be_loaded_again(client: MakeClient) -> None:
    """Reload and back show the same cases, since the challenge is still held."""
    api = client(asker=ANONYMOUS)
    page = _ask(api)
    assert _titles(api.get(page.url.path, headers=PAGE)) == _titles(page)


def test_another_session_reaches_no_challenge(client: MakeClient) -> None:
    """An address that is passed on tells its reader nothing: the page says so, and offers the box."""
    api = client(asker=ANONYMOUS)
    path = _ask(api).url.path
    api.cookies.clear()
    page = api.get(path, headers=PAGE)
    assert page.status_code == 410
    assert "no longer held" in page.text
    assert '<textarea id="challenge"' in page.text
    assert CHALLENGE not in page.text


def test_a_challenge_is_forgotten_after_an_hour() -> None:
    """What is held is held for sixty minutes, for its own session."""
    now = [0.0]
    held = HeldChallenges(Vault(clock=lambda: now[0]))
    mine = Session("mine")
    held_id = held.hold(mine, CHALLENGE)
    assert held.find(Session("other"), held_id) is None
    now[0] = 3599
    assert held.find(mine, held_id) == CHALLENGE
    now[0] = 3601
    assert held.find(mine, held_id) is None


def test_a_session_holds_so_many_challenges_and_the_eldest_gives_way() -> None:
    """A script that posts without end takes its own session's room, and no other challenge with it."""
    held = HeldChallenges(Vault(room=Room(each=3)))
    mine, other = Session("mine"), Session("other")
    others = held.hold(other, "of another")
    ids = [held.hold(mine, f"{CHALLENGE} {number}") for number in range(5)]
    assert [held.find(mine, held_id) for held_id in ids] == [None, None, *(f"{CHALLENGE} {n}" for n in (2, 3, 4))]
    assert held.find(other, others) == "of another"


def test_what_a_session_held_is_forgotten_when_it_ends() -> None:
    """After signing out nothing of it lies anywhere, even encrypted; what another session holds stays."""
    vault = Vault()
    held = HeldChallenges(vault)
    mine, other = Session("mine"), Session("other")
    ids = [held.hold(session, CHALLENGE) for session in (mine, other)]
    held.forget(mine)
    assert held.find(mine, ids[0]) is None
    assert held.find(other, ids[1]) == CHALLENGE


@pytest.mark.parametrize("held_id", ["x", "a" * 22, "a" * 5000, "a b", "%00"])
def test_an_id_that_never_was_looks_like_one_that_is_over(client: MakeClient, held_id: str) -> None:
    """No id tells whether a challenge was ever held under it."""
    assert client(asker=ANONYMOUS).get(f"/answers/{held_id}", headers=PAGE).status_code == 410


@pytest.mark.parametrize(
    ("challenge", "told"),
    [("", "Write a few words"), ("  \n ", "Write a few words"), ("x" * 20_001, "too long")],
)
def test_a_text_that_cannot_be_searched_with_comes_back_with_a_reason(
    client: MakeClient, challenge: str, told: str
) -> None:
    """Nothing that was typed is lost, and the page says what to do."""
    page = _ask(client(asker=ANONYMOUS), challenge)
    assert page.status_code == 422
    assert told in page.text
    assert challenge[:20_000].strip() in page.text


def test_a_form_whose_session_is_over_keeps_its_text(client: MakeClient) -> None:
    """A tab that was open overnight does not swallow an e-mail that was pasted into it."""
    api = client(asker=ANONYMOUS)
    page = api.post("/search", data={"csrf": "old", "challenge": CHALLENGE}, headers=PAGE)
    assert page.status_code == 403
    assert f">{CHALLENGE}</textarea>" in page.text


def test_an_example_is_one_click_away(client: MakeClient) -> None:
    """A button with an example sends that text, whatever stands in the box."""
    page = _ask(client(asker=ANONYMOUS), "", example=CHALLENGE)
    assert _titles(page)[0] == "Purchasing asks for a price cut"


def test_a_whole_mail_is_answered(client: MakeClient) -> None:
    """A pasted mail of several parts is read in parts, and a passage says which of them it answers."""
    mail = "\n\n".join(
        f"Purchasing demands a price cut of {n} percent at the contract of plant {n}." for n in range(60)
    )
    page = _ask(client(asker=ANONYMOUS), mail)
    assert page.status_code == 200
    assert "Corresponds to:" in page.text


def test_what_is_typed_stays_text(client: MakeClient) -> None:
    """A pasted tag is shown as it was typed, in the box and in the line above the verdict."""
    page = _ask(client(asker=ANONYMOUS), 'price cut <script>alert(1)</script> & "quoted" </textarea>')
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


def test_passages_mark_the_words_of_the_challenge(client: MakeClient) -> None:
    """Highlights are marks around slices of the passage's own text."""
    assert "<mark>price</mark>" in _ask(client(asker=ANONYMOUS)).text


def test_filters_stand_in_the_address_and_are_ticked(client: MakeClient) -> None:
    """A filter narrows the cases, is ticked in the form, and can be taken back by its link."""
    api = client(asker=ANONYMOUS)
    path = _ask(api).url.path
    page = api.get(f"{path}?region=FR", headers=PAGE)
    assert _titles(page) == ["The sponsor at the customer left"]
    assert re.search(r'name="region" value="FR" id="f-region-FR" checked', page.text)
    assert re.search(rf'<a href="{path}">.*?Region: France', page.text, re.DOTALL)


def test_facets_count_what_this_visitor_may_see(client: MakeClient) -> None:
    """A count is exact over the visible cases: a hidden case is in none of them."""

    def count(page: Response) -> int:
        found = re.search(r'value="price-pressure".*?<span class="tally">(\d+)', page.text, re.DOTALL)
        assert found
        return int(found[1])

    assert count(_ask(client(asker=ANONYMOUS))) == 2
    assert count(_ask(client(asker=RED))) == 3


def test_filters_that_exclude_everything_say_which_to_lift(client: MakeClient) -> None:
    """No case passes: the page says that it is the filters, and links to the address without one of them."""
    api = client(asker=ANONYMOUS)
    path = _ask(api).url.path
    page = api.get(f"{path}?region=FR&outcome=partial", headers=PAGE)
    assert not _titles(page)
    assert "No case passes the filters" in page.text
    assert f'<a href="{path}?region=FR">Lift the filter “Outcome”</a>' in page.text
    assert re.search(r'value="FR" id="f-region-FR" checked', page.text)


def test_a_new_text_keeps_the_filters(client: MakeClient) -> None:
    """Changing the challenge on a narrowed answer narrows the next one alike."""
    page = _ask(client(asker=ANONYMOUS), region="FR", have="negotiation")
    assert page.url.query == b"region=FR&have=negotiation"


def test_a_filter_that_nobody_knows_is_told(client: MakeClient) -> None:
    """A value that no visible case has is a fault of the address, and no empty answer."""
    api = client(asker=ANONYMOUS)
    page = api.get(f"{_ask(api).url.path}?region=Atlantis", headers=PAGE)
    assert page.status_code == 422
    assert "cannot be used" in page.text


def test_what_the_team_has_leaves_the_gaps(client: MakeClient) -> None:
    """What is ticked is no gap; what the cases took beside it is listed as one."""
    api = client(asker=ANONYMOUS)
    path = _ask(api).url.path
    page = api.get(f"{path}?have=negotiation", headers=PAGE)
    gaps = page.text.split("data-gaps")[1].split("</div>")[0]
    assert "/enablers/price-corridor" in gaps
    assert "/competencies/negotiation" not in gaps
    assert re.search(r'value="negotiation" id="have-negotiation" form="refine" checked', page.text)


def test_an_answer_names_nothing_hidden(client: MakeClient) -> None:
    """Cases, facets, enablers and notes that this visitor may not see leave no trace on the page."""
    text = _ask(client(asker=ANONYMOUS), "price merger tender draft secret tool").text
    text = text.replace("price merger tender draft secret tool", "")
    assert not [word for word in HIDDEN_WORDS if word in text]


def test_an_answer_speaks_the_visitors_language(client: MakeClient) -> None:
    """Texts of the page, reasons and labels come in the language of the browser."""
    api = client(asker=ANONYMOUS)
    api.headers["Accept-Language"] = "de"
    page = _ask(api)
    assert '<html lang="de">' in page.text
    assert "<dt>Nutzen</dt>" in page.text
    assert "Haben wir das?" in page.text


def test_the_log_holds_no_challenge(client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    """A log names routes, neither the text nor the id under which it is held."""
    caplog.set_level("DEBUG")
    page = _ask(client(asker=ANONYMOUS), "Nachlass Quetzalcoatl")
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("casebook"))
    assert "/answers/{held_id}" in logged
    assert "Quetzalcoatl" not in logged
    assert page.url.path.rpartition("/")[2] not in logged


def test_a_refinement_is_what_its_address_says() -> None:
    """Reading an address and writing it again changes nothing but order and repetition."""
    pairs = [("region", "DE"), ("industry", "10"), ("industry", "10"), ("have", "a"), ("limit", "10"), ("x", "y")]
    refinement = Refinement.from_pairs([*pairs, ("since", "2025-01-31"), ("outcome", " ")])
    assert refinement.query == "?industry=10&region=DE&since=2025-01-31&have=a&limit=10"
    assert Refinement.from_pairs(refinement.pairs) == refinement
    assert refinement.without("region").query == "?industry=10&since=2025-01-31&have=a&limit=10"
    assert refinement.without_filters().query == "?have=a&limit=10"


def test_an_address_asks_for_no_more_than_is_offered() -> None:
    """A number of cases that no link offers counts as the usual one, and a day that is none is refused."""
    assert Refinement.from_pairs([("limit", "100000")]).limit == LIMITS[0]
    longest = Refinement.from_pairs([("limit", str(LIMITS[-1]))])
    assert longest.longer() is None
    with pytest.raises(ProblemError):
        Refinement.from_pairs([("since", "yesterday")])
