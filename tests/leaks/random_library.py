"""Random libraries in which every rule of who sees what comes up, and what is left of one for an asker."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations

from library.access import Asker, Role, Visibility, visible
from library.items import FOLDERS
from tests.leaks.front_matter import front_matter

WORDS = (
    *("price", "purchasing", "tender", "contract", "sponsor", "plant", "downtime", "carbon", "packaging"),
    *("hospital", "supplier", "delivery", "stock", "quality", "board", "margin", "rebate", "scorecard"),
    *("innovation", "rollout", "service", "failure", "retrofit", "audit", "invoice", "energy"),
)
GROUPS = ("red", "green", "blue")
PEOPLE = ("ann", "bob", "cyd")
_IDS = {
    "challenge_type": [f"chl-{n}" for n in range(4)],
    "competency": [f"cmp-{n}" for n in range(4)],
    "enabler": [f"enb-{n}" for n in range(3)],
    "business_case": [f"case-{n}" for n in range(14)],
    "industry_note": [f"note-{n}" for n in range(3)],
    "learning_resource": [f"lrn-{n}" for n in range(4)],
}
ID_KINDS = sorted({id_.partition("-")[0] for ids in _IDS.values() for id_ in ids})
CONSONANTS = "bcdfgklmnprstv"
# A stub shows the section alone, so another industry of the same section has to answer alike.
_INDUSTRIES = ("10", "11", "20", "29", "86", "87", "Secretindustry", "Otherindustry")
_SAME_SECTION = {other: same for n in range(0, 8, 2) for other, same in permutations(_INDUSTRIES[n : n + 2])}
_REGIONS = ("DE", "FR", "US", "EMEA", "Atlantis")
_LANGUAGES = ("en", "de", "fr")
_OUTCOMES = ("success", "success", "partial", "unsuccessful")
_DAYS = ("2025-02-11", "2026-01-05", "2026-06-30", "2026-07-15")


@dataclass(frozen=True)
class Item:
    """An item: the fields that decide who sees it, and text full of a word of its own.

    `variant` chooses what else its file says; `account` is a field that nobody is ever shown.
    """

    id: str
    type: str
    status: str
    classification: str | None
    access_groups: tuple[str, ...] = ()
    existence: str | None = None
    owner: str | None = None
    authors: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    secret: str = ""
    links: dict[str, tuple[str, ...]] = field(default_factory=dict)
    industry: str = "10"
    region: str = "DE"
    language: str = "en"
    outcome: str = "success"
    created: str = "2026-01-05"
    verified: str = "2026-06-30"
    variant: int = 0

    @property
    def account(self) -> str:
        return f"zx{self.secret[2:]}"

    def path(self) -> str:
        return f"{FOLDERS[self.type]}/{self.id}.md"

    def attached(self) -> str:
        return f"{FOLDERS[self.type]}/{self.secret}.pdf"

    @property
    def mentions(self) -> str:
        """What the text of a few items names, whoever sees it."""
        return f"case-{(self.variant + 3) % 14}" if self.variant % 4 == 0 and self.type == "business_case" else ""

    def text(self) -> str:
        text = " ".join(self.words)
        body = (
            f"## Context\n\n{self.secret} {text}\n\n## Challenge\n\n{text} {self.secret}.\n\n## Solution\n\n{text}.\n"
            f"\n## What went wrong\n\n{self.words[0]} {self.secret} failed. {text}.\n"
        )
        if self.type == "enabler":
            body += f"\n## Do we have it?\n\n- {self.words[0]} {self.secret}?\n- {self.words[1]}?\n\nIf not, ask.\n"
        if self.mentions:
            body += f"\nSee [there]({self.mentions}.md), [it]({self.secret}.pdf) and `{self.mentions}`.\n"
        return "---\n" + "\n".join(front_matter(self)) + "\n---\n\n" + body


def random_items(rng: random.Random) -> list[Item]:
    """Return a library whose items refer to each other freely, whoever sees them."""
    return [_random_item(rng, kind, item_id) for kind, members in _IDS.items() for item_id in members]


def next_state(items: Sequence[Item], rng: random.Random) -> list[Item]:
    """Return what becomes of a library: items get hidden, shown, edited, other groups, and lost."""
    return [_changed(item, rng) for item in items if rng.random() > 0.05]


def as_seen(items: Sequence[Item], asker: Asker, rng: random.Random) -> Iterator[Item]:
    """Yield what an asker may see, with references to that alone; of a stub all but what a stub shows is replaced."""
    full = {item.id for item in items if visible(asker, item) is Visibility.FULL}
    for item in items:
        links = {name: tuple(id_ for id_ in ids if id_ in full) for name, ids in item.links.items()}
        match visible(asker, item):
            case Visibility.FULL:
                yield replace(item, links=links)
            case Visibility.STUB:
                yield _masked(replace(item, links=links), rng)


def random_asker(rng: random.Random) -> Asker:
    """Return anyone: a user of any role and some groups, or a key of a service."""
    role = rng.choice(list(Role))
    if rng.random() < 0.15:
        return Asker(role=role, is_service=True)
    groups = frozenset(rng.sample(GROUPS, rng.choice((0, 0, 1, 2))))
    return Asker(user=rng.choice(["", "eve", *PEOPLE]), role=role, groups=groups)


def _masked(item: Item, rng: random.Random) -> Item:
    return replace(
        item,
        words=tuple(rng.choices(WORDS, k=15)),
        secret="zqreplaced",
        access_groups=("elsewhere",),
        owner=None if item.owner is None else "somebody",
        authors=(),
        links={name: ids if name == "challenge_types" else () for name, ids in item.links.items()},
        industry=_SAME_SECTION[item.industry],
        region="US",
        language="en",
        outcome="success",
        created=_DAYS[0],
        verified=_DAYS[1],
        variant=0,
    )


def _changed(item: Item, rng: random.Random) -> Item:
    match rng.randint(0, 8):
        case 0:
            return replace(item, status=rng.choice(["approved", "draft", "in_review", "archived"]))
        case 1:
            classification, groups = _guard(rng, closed=rng.random() < 0.4)
            return replace(item, classification=classification, access_groups=groups)
        case 2:
            owner, existence = rng.choice([None, *PEOPLE]), rng.choice([None, "discoverable"])
            return replace(item, access_groups=_some(rng, GROUPS, 2), owner=owner, existence=existence)
        case 3:
            return replace(item, words=tuple(rng.choices(WORDS, k=20)))
        case 4:
            return replace(item, links=_links(rng, item.type, item.id))
    return item


def _random_item(rng: random.Random, kind: str, item_id: str) -> Item:
    classification, groups = _guard(rng, closed=rng.random() < 0.45)
    return Item(
        id=item_id,
        type=kind,
        status=rng.choice(["approved"] * 6 + ["draft", "in_review", "archived"]),
        classification=classification,
        access_groups=groups,
        existence=rng.choice([None, "hidden", *["discoverable"] * 4]),
        owner=rng.choice([None, *PEOPLE]),
        authors=_some(rng, PEOPLE, 1),
        words=tuple(rng.choices(WORDS, k=rng.randint(12, 40))),
        secret="zq" + "".join(rng.choices(CONSONANTS, k=8)),
        links=_links(rng, kind, item_id),
        industry=rng.choice(_INDUSTRIES),
        region=rng.choice(_REGIONS),
        language=rng.choice(_LANGUAGES),
        outcome=rng.choice(_OUTCOMES),
        created=rng.choice(_DAYS),
        verified=rng.choice(_DAYS),
        variant=rng.randint(0, 59),
    )


def _guard(rng: random.Random, *, closed: bool) -> tuple[str | None, tuple[str, ...]]:
    names = ["confidential", "restricted"] if closed else ["public", "internal", "internal", None]
    return rng.choice(names), _some(rng, GROUPS, 2) if closed else ()


def _some(rng: random.Random, names: Sequence[str], most: int = 3) -> tuple[str, ...]:
    return tuple(rng.sample(names, rng.randint(0, min(most, len(names)))))


def _links(rng: random.Random, kind: str, item_id: str) -> dict[str, tuple[str, ...]]:
    others = [other for other in _IDS[kind] if other != item_id]
    links = {"related": _some(rng, [*_IDS["business_case"], *_IDS["industry_note"]])}
    links["translation_of"] = _some(rng, others, 1) if rng.random() < 0.3 else ()
    if kind == "business_case":
        links["challenge_types"] = tuple(rng.sample(_IDS["challenge_type"], rng.randint(1, 3)))
        links["enablers"] = _some(rng, _IDS["enabler"])
        links["competencies"] = _some(rng, _IDS["competency"])
        links["supersedes"] = _some(rng, others, 1)
        links["replicates"] = _some(rng, others, 1)
    elif kind == "learning_resource":
        links["teaches"] = _some(rng, _IDS["competency"])
        links["related"] += _some(rng, _IDS["enabler"])
    elif kind != "industry_note":
        links["broader"] = _some(rng, [other for other in others if other < item_id], 1)
    return links
