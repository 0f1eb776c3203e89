"""Who may see what: the whole table, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from library.access import Asker, Role, Visibility, open_to_all, visible

# item, the asker's relation to it -> reader, curator, service key, administrator
TABLE = """
unknown                   stranger  nothing nothing nothing nothing
unknown                   owner     nothing nothing nothing nothing
unknown                   author    nothing nothing nothing nothing
unknown                   member    nothing nothing nothing nothing
draft open                stranger  nothing full    nothing nothing
draft open                owner     full    full    nothing full
draft open                author    full    full    nothing full
draft open                member    nothing full    nothing nothing
draft closed              stranger  nothing nothing nothing nothing
draft closed              owner     full    full    nothing full
draft closed              author    full    full    nothing full
draft closed              member    nothing full    nothing nothing
archived open             stranger  nothing full    nothing nothing
archived open             owner     nothing full    nothing nothing
archived open             author    nothing full    nothing nothing
archived open             member    nothing full    nothing nothing
archived closed           stranger  nothing nothing nothing nothing
archived closed           owner     nothing full    nothing nothing
archived closed           author    nothing full    nothing nothing
archived closed           member    nothing full    nothing nothing
approved open             stranger  full    full    full    full
approved open             owner     full    full    full    full
approved open             author    full    full    full    full
approved open             member    full    full    full    full
approved closed           stranger  nothing nothing nothing nothing
approved closed           owner     full    full    nothing full
approved closed           author    full    full    nothing full
approved closed           member    full    full    nothing full
approved discoverable     stranger  stub    stub    nothing stub
approved discoverable     owner     full    full    nothing full
approved discoverable     author    full    full    nothing full
approved discoverable     member    full    full    nothing full
"""
STATUSES = {"draft": ["draft", "in_review"], "archived": ["archived"], "approved": ["approved"]}
CLASSES: dict[str, list[str | None]] = {
    "unknown": [None, "", "secret", "Internal", "INTERNAL", "public "],
    "open": ["public", "internal"],
    "closed": ["confidential", "restricted"],
    "discoverable": ["confidential", "restricted"],
}
EXISTENCES: dict[str, list[str | None]] = {"closed": [None, "hidden", "open"], "discoverable": ["discoverable"]}
ROLES = {
    "reader": [Role.READER, Role.CONTRIBUTOR],
    "curator": [Role.CURATOR, Role.PUBLISHER],
    "service": list(Role),
    "administrator": [Role.ADMINISTRATOR, Role.AUDITOR],
}


@dataclass(frozen=True)
class _Item:
    status: str = "approved"
    classification: str | None = "internal"
    existence: str | None = None
    access_groups: tuple[str, ...] = ("red", "blue")
    owner: str | None = "olga"
    authors: tuple[str, ...] = ("anna", "otto")


def _cells() -> Iterator[object]:
    """Yield every cell of the table as (item, relation, column, expected)."""
    for line in TABLE.strip().splitlines():
        item, relation, *expected = line[:26].strip(), *line[26:].split()
        for column, cell in zip(ROLES, expected, strict=True):
            yield pytest.param(item, relation, column, Visibility(cell), id=f"{item}-{relation}-{column}")


def _items(name: str) -> Iterator[_Item]:
    """Yield every item that a row of the table stands for."""
    status, _, kind = name.rpartition(" ")
    statuses = STATUSES[status] if status else [one for some in STATUSES.values() for one in some]
    existences = EXISTENCES.get(kind, [None, "open", "hidden", "discoverable"])
    # Only an approved item has a stub: what is said of closed drafts holds for discoverable ones too.
    extra = ["discoverable"] if status in ("draft", "archived") else []
    for values in product(statuses, CLASSES[kind], dict.fromkeys([*existences, *extra])):
        yield _Item(*values)


def _asker(relation: str, column: str, role: Role) -> Asker:
    user = {"owner": "olga", "author": "otto"}.get(relation, "zoe")
    groups = frozenset({"green", "blue"} if relation == "member" else {"green"})
    return Asker(user, role, groups, is_service=column == "service")


@pytest.mark.parametrize(("item", "relation", "column", "expected"), list(_cells()))
def test_cell_of_the_table(item: str, relation: str, column: str, expected: Visibility) -> None:
    """Each combination of item and asker sees what the table of the domain page says, and no more."""
    cases = list(product(_items(item), ROLES[column]))
    assert cases
    for each, role in cases:
        assert visible(_asker(relation, column, role), each) is expected, (each, role)


@pytest.mark.parametrize("status", ["", "Approved", "published", "deleted"])
@pytest.mark.parametrize("classification", ["public", "internal", "confidential", "restricted"])
@pytest.mark.parametrize("role", list(Role))
def test_unknown_status_is_not_seen(status: str, classification: str, role: Role) -> None:
    """What cannot be judged is not shown, not even to its owner."""
    item = _Item(status, classification, "discoverable")
    assert visible(Asker("olga", role, frozenset({"red"})), item) is Visibility.NOTHING


@pytest.mark.parametrize("owner", [None, ""])
@pytest.mark.parametrize("authors", [(), ("",)])
def test_asker_without_name_owns_nothing(owner: str | None, authors: tuple[str, ...]) -> None:
    """An item without owner does not belong to whoever has no name."""
    for status in ("draft", "approved"):
        item = _Item(status, "confidential", None, ("red",), owner, authors)
        assert visible(Asker(), item) is Visibility.NOTHING


def test_groups_and_names_are_compared_exactly() -> None:
    """Part of a name, or a name in other letters, is another name."""
    item = _Item(classification="restricted")
    for asker in (Asker("Olga"), Asker("olg"), Asker(groups=frozenset({"RED"})), Asker(groups=frozenset({"re", "d"}))):
        assert visible(asker, item) is Visibility.NOTHING


@pytest.mark.parametrize(
    ("user", "name", "expected"),
    [
        ("Anna.Keller@Example.com", "anna.keller@example.com", Visibility.FULL),
        ("anna.keller@example.com", "Anna.Keller@Example.COM", Visibility.FULL),
        ("anna@example.com", "anna@example.org", Visibility.NOTHING),
        ("anna@example.com", "anna", Visibility.NOTHING),
        ("K7", "k7", Visibility.NOTHING),
        ("\u212aeller@example.com", "keller@example.com", Visibility.NOTHING),  # a kelvin sign, in small letters a k
        ("ÄNNE@example.com", "änne@example.com", Visibility.NOTHING),
        ("änne@example.com", "änne@example.com", Visibility.FULL),
    ],
)
def test_capitals_do_not_count_in_addresses(user: str, name: str, expected: Visibility) -> None:
    """A directory writes an address otherwise than an author does; of other names and letters each is its own."""
    for item in (
        _Item(classification="restricted", owner=name, authors=()),
        _Item(classification="restricted", owner=None, authors=("otto", name)),
    ):
        assert visible(Asker(user), item) is expected
        assert visible(Asker(user, is_service=True), item) is Visibility.NOTHING


def test_item_without_groups_is_seen_by_its_people_alone() -> None:
    """Nobody is a member of no group."""
    item = _Item(classification="confidential", access_groups=())
    assert visible(Asker("zoe", groups=frozenset({"red"})), item) is Visibility.NOTHING
    assert visible(Asker("anna"), item) is Visibility.FULL


def test_default_asker_is_a_reader_without_groups() -> None:
    """Who says nothing of themselves is trusted with nothing."""
    assert Asker() == Asker("", Role.READER, frozenset(), is_service=False)


@pytest.mark.parametrize("classification", ["public", "internal", "confidential", "restricted", None, "secret"])
@pytest.mark.parametrize("status", ["draft", "in_review", "approved", "archived", "deleted"])
@pytest.mark.parametrize("existence", [None, "discoverable"])
def test_open_to_all_is_what_every_asker_sees_in_full(
    status: str, classification: str | None, existence: str | None
) -> None:
    """Statistics are taken from these items alone, so that they tell nobody of another."""
    item = _Item(status, classification, existence)
    askers = [Asker("zoe", role, is_service=service) for role in Role for service in (False, True)]
    assert open_to_all(item) is all(visible(asker, item) is Visibility.FULL for asker in askers)
