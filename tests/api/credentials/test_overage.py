"""Groups that did not fit into a token: asked for as the user, kept a short while, else none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from api.credentials.oidc import GROUPS_OVERAGE
from library.access import Role
from tests.api.local_issuer import (
    Clock,
    LocalIssuer,
    Reply,
    running_issuer,
    verifier_for,
    verify,
)

GROUPS = "/groups"
OVERAGES = [{"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "x"}}}, {"hasgroups": True}]


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with running_issuer() as running:
        yield running


@pytest.mark.parametrize("claims", OVERAGES)
def test_groups_that_did_not_fit_give_no_rights(issuer: LocalIssuer, claims: dict[str, Any]) -> None:
    """Without an address to ask, a user with too many groups has none, and is told."""
    user = verify(issuer, issuer.token(**claims))
    assert user.asker.groups == frozenset()
    assert user.notices == (GROUPS_OVERAGE,)


@pytest.mark.parametrize("claims", OVERAGES)
@pytest.mark.parametrize(
    ("answer", "groups"),
    [
        ({"groups": ["red", "blue"]}, {"red", "blue"}),
        ({"value": ["red"]}, {"red"}),
        ({"value": [{"id": "g-1", "displayName": "red"}, {"displayName": "blue"}, {"id": 7}, 8]}, {"g-1", "blue"}),
        ({"groups": []}, set()),
    ],
)
def test_groups_are_asked_for_as_the_user(
    issuer: LocalIssuer, claims: dict[str, Any], answer: dict[str, Any], groups: set[str]
) -> None:
    """With an address the groups are asked for with the user's own token, and count for roles too."""
    issuer.replies[GROUPS] = Reply(answer)
    token = issuer.token(**claims)
    user = verify(issuer, token, groups_url=f"{issuer.url}{GROUPS}", roles={"red": Role.CURATOR})
    assert user.asker.groups == groups
    assert user.asker.role is (Role.CURATOR if "red" in groups else Role.READER)
    assert user.notices == ()
    assert (GROUPS, f"Bearer {token}") in issuer.asked


def test_an_expiry_written_as_text_is_read(issuer: LocalIssuer) -> None:
    """An expiry in quotes counts as the number in them, here as a limit for how long groups are kept."""
    issuer.replies[GROUPS] = Reply({"groups": ["red"]})
    token = issuer.token(hasgroups=True, exp=str(int(time.time()) + 600))
    assert verify(issuer, token, groups_url=f"{issuer.url}{GROUPS}").asker.groups == {"red"}


def test_groups_in_the_token_are_not_asked_for(issuer: LocalIssuer) -> None:
    """A token that lists its groups is believed alone, and goes nowhere."""
    user = verify(issuer, issuer.token(groups=["red"], hasgroups=True), groups_url=f"{issuer.url}{GROUPS}")
    assert user.asker.groups == {"red"}
    assert issuer.times_asked(GROUPS) == 0


def test_pages_of_groups_are_followed(issuer: LocalIssuer) -> None:
    """Further pages on the same host are read."""
    issuer.replies[GROUPS] = Reply({"value": ["red"], "@odata.nextLink": f"{issuer.url}/more"})
    issuer.replies["/more"] = Reply({"value": ["blue"]})
    user = verify(issuer, issuer.token(hasgroups=True), groups_url=f"{issuer.url}{GROUPS}")
    assert user.asker.groups == {"red", "blue"}


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"error": "no"}, 403),
        Reply({"names": ["red"]}),
        Reply({"groups": "red"}),
        Reply(b"no json"),
        Reply({"value": ["red"], "@odata.nextLink": 7}),
        Reply({"value": ["red"], "@odata.nextLink": GROUPS}),
        Reply(b"", 302, {"Location": "http://127.0.0.2:9/groups"}),
    ],
)
def test_groups_that_cannot_be_had_give_no_rights(issuer: LocalIssuer, reply: Reply) -> None:
    """When the source fails, half an answer included, the user has no groups and is told."""
    issuer.replies[GROUPS] = reply
    user = verify(issuer, issuer.token(hasgroups=True), groups_url=f"{issuer.url}{GROUPS}")
    assert user.asker.groups == frozenset()
    assert user.notices == (GROUPS_OVERAGE,)


def test_a_token_never_goes_to_another_host(issuer: LocalIssuer) -> None:
    """A next page or a redirect on another host is not followed, and no token is sent there."""
    with running_issuer() as other:
        other.replies[GROUPS] = Reply({"groups": ["red"]})
        for reply in (
            Reply({"value": ["red"], "@odata.nextLink": f"{other.url}{GROUPS}"}),
            Reply(b"", 302, {"Location": f"{other.url}{GROUPS}"}),
        ):
            issuer.replies[GROUPS] = reply
            user = verify(issuer, issuer.token(hasgroups=True), groups_url=f"{issuer.url}{GROUPS}")
            assert user.asker.groups == frozenset()
        assert other.asked == []


def test_groups_are_kept_a_short_while(issuer: LocalIssuer) -> None:
    """A user's groups are asked for once in five minutes, another user's never shared, and a failure is tried again."""
    issuer.replies[GROUPS] = Reply({"groups": ["red"]})
    verifier, clock = verifier_for(issuer, groups_url=f"{issuer.url}{GROUPS}"), Clock()
    assert verifier._groups is not None
    verifier._groups._clock = clock
    first, second = issuer.token(hasgroups=True), issuer.token(hasgroups=True, sub="u-2")
    assert verifier.verify(first) == verifier.verify(first)
    assert issuer.times_asked(GROUPS) == 1
    issuer.replies[GROUPS] = Reply({}, 500)
    assert verifier.verify(second).asker.groups == frozenset()
    assert verifier.verify(first).asker.groups == {"red"}
    issuer.replies[GROUPS] = Reply({"groups": ["blue"]})
    clock.now += 31
    assert verifier.verify(second).asker.groups == {"blue"}
    clock.now += 301
    assert verifier.verify(first).asker.groups == {"blue"}
