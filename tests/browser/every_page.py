"""Every page of the portal and the states that it can be in: what they are called and where they are."""

from __future__ import annotations

from dataclasses import dataclass

CHALLENGE = "Our executive sponsor left and purchasing has taken over the relationship"
CASE = "/cases/case-brewer-scope3-packaging"
HELD = "{answer}"  # stands for the address of an answer that the visitor's session holds
_GONE = "/answers/AAAAAAAAAAAAAAAAAAAAAA"
# What these paths lead to is no page: a file, or the way to another page.
NO_PAGES = {
    "/static/{name}",
    "/language",
    "/cases/{item_id}/attachments/{number}",
    "/brief/file/{form}",
    "/signin/openid",
    "/signin/openid/back",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A page in one of its states; `locked` ones are those of a server that asks who comes, `desk` ones a curator's."""

    name: str
    path: str
    locked: bool = False
    desk: bool = False


_EXCLUDING = "?industry=A&region=JP&outcome=ongoing"
# By the path of their route; what is not listed here is no route.
PLACES: dict[str, tuple[Place, ...]] = {
    "/": (Place("search", "/"),),
    "/answers/{held_id}": (
        Place("answer", HELD),
        Place("answer-gaps", f"{HELD}?have=cmp-joint-planning"),
        Place("answer-filtered", f"{HELD}?industry=C&region=EMEA&since=2025-01-01"),
        Place("answer-excluded", f"{HELD}{_EXCLUDING}"),
        Place("answer-gone", _GONE),
    ),
    "/answers/{held_id}/map": (Place("answer-map", f"{HELD}/map"),),
    "/cases": (
        Place("cases", "/cases"),
        Place("cases-filtered", "/cases?industry=C&region=EMEA&sort=title&page=2"),
        Place("cases-excluded", f"/cases{_EXCLUDING}"),
    ),
    "/cases/{item_id}": (
        Place("case", CASE),
        Place("case-failed", "/cases/case-insulin-pen-second-source"),
        Place("case-missing", "/cases/case-that-never-was"),
    ),
    "/notes": (Place("notes", "/notes"),),
    "/notes/{item_id}": (Place("note", "/notes/note-food-beverage-packaging-rules"),),
    "/competencies": (Place("competencies", "/competencies"),),
    "/competencies/{item_id}": (Place("competency", "/competencies/cmp-joint-planning"),),
    "/enablers": (Place("enablers", "/enablers"),),
    "/enablers/{item_id}": (
        Place("enabler", "/enablers/enb-enterprise-alignment"),
        Place("enabler-checked", "/enablers/enb-enterprise-alignment?checked=1&yes=0"),
    ),
    "/challenge-types": (Place("challenge-types", "/challenge-types"),),
    "/challenge-types/{item_id}": (Place("challenge-type", "/challenge-types/chl-price-pressure"),),
    "/learning": (Place("learning-list", "/learning"),),
    "/learning/{item_id}": (Place("learning", "/learning/lrn-steering-committee-guide"),),
    "/industries": (Place("industries", "/industries"),),
    "/industries/{code:path}": (Place("industry", "/industries/C"),),
    "/offerings": (Place("offerings", "/offerings"),),
    "/offerings/{slug}": (Place("offering", "/offerings/account-management"),),
    "/a-z": (Place("a-z", "/a-z"),),
    "/map": (Place("map", "/map"), Place("map-one-kind", "/map?kind=chl-price-pressure")),
    "/coverage": (Place("coverage", "/coverage"),),
    "/brief": (
        Place("brief", "/brief"),
        Place("brief-customer", "/brief?for=customer"),
        Place("brief-full", "/brief?full=1"),
    ),
    "/contribute": (Place("contribute", "/contribute", desk=True), Place("contribute-how", "/contribute")),
    "/contribute/{item_id}": (
        Place("contribute-draft", CASE.replace("/cases/", "/contribute/"), desk=True),
        Place("contribute-missing", "/contribute/case-that-never-was", desk=True),
    ),
    "/review": (
        Place("review", "/review", desk=True),
        Place("review-overdue", "/review?tab=overdue", desk=True),
        Place("review-use", "/review?tab=use", desk=True),
        Place("review-how", "/review"),
    ),
    "/review/{item_id}": (Place("review-item", CASE.replace("/cases/", "/review/"), desk=True),),
    "/embed": (Place("embed", "/embed"),),
    "/signin": (Place("signin", "/signin", locked=True),),
    "/signout": (Place("signed-out", "/signout"), Place("signed-out-locked", "/signout", locked=True)),
}
EVERY = [place for places in PLACES.values() for place in places]
