"""Who the caller is to this server, and who issues tokens for it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.credentials.identity import METADATA_PATH, resource_metadata
from api.dependencies import Caller, Serving
from api.requests.conditional import json_answer
from api.requests.problems import ProblemError
from library.access import Role

router = APIRouter(tags=["access"])


class Me(BaseModel):
    """What the server makes of the caller's credentials."""

    name: Annotated[
        str,
        Field(
            description="The name under which limits and logs know the caller: `anyone`, `key:` and the key's id, or "
            "`user:` and a hash of issuer and subject.",
            examples=["user:3f9c0a7d21be"],
        ),
    ]
    kind: Annotated[
        Literal["anyone", "service", "user"],
        Field(description="`anyone`, `service` (a key alone) or `user` (a token).", examples=["user"]),
    ]
    role: Annotated[Role, Field(description="The role of the key or user.", examples=["reader"])]
    user: Annotated[
        str | None,
        Field(
            description="The user's name as it is compared with owners and authors; null if the token names none.",
            examples=["anna.keller@example.com"],
        ),
    ]
    groups: Annotated[int, Field(description="How many groups the user is known to be in.", examples=[3])]
    key: Annotated[str | None, Field(description="The public id of the key that was sent.", examples=["k3v9x2ab"])]
    notices: Annotated[
        list[str],
        Field(
            description="What limits the caller's rights: `groups-overage` if the user's groups did not fit into the "
            "token and cannot be asked for.",
            examples=[["groups-overage"]],
        ),
    ]


class ProtectedResource(BaseModel):
    """Metadata of a protected resource (RFC 9728)."""

    resource: Annotated[str, Field(description="What tokens are for.", examples=["https://kb.example.com"])]
    resource_name: Annotated[str, Field(description="Its name for people.", examples=["Casebook"])]
    authorization_servers: Annotated[
        list[str], Field(description="Who issues tokens.", examples=[["https://login.example.com"]])
    ]
    bearer_methods_supported: Annotated[list[str], Field(description="How tokens are sent.", examples=[["header"]])]


@router.get("/v1/me", operation_id="getMe", summary="Who am I to this server?", response_model=Me)
def me(request: Request, caller: Caller) -> Response:
    """Tell the caller's name, role and notices; never a secret."""
    asker = caller.asker
    answer = Me(
        name=caller.name,
        kind=caller.kind,
        role=asker.role,
        user=asker.user or None,
        groups=len(asker.groups),
        key=caller.key,
        notices=list(caller.notices),
    )
    return json_answer(request, answer)


@router.get(
    METADATA_PATH,
    operation_id="getProtectedResource",
    summary="Who issues tokens for this server?",
    response_model=ProtectedResource,
)
def protected_resource(request: Request, services: Serving) -> Response:
    """Return the metadata that clients ask for before they have a token; 404 where none are taken."""
    return _metadata(request, services, "")


@router.get(f"{METADATA_PATH}/mcp", include_in_schema=False)
def protected_connector(request: Request, services: Serving) -> Response:
    """Return the metadata of the connector alone."""
    return _metadata(request, services, "/mcp")


def _metadata(request: Request, services: Serving, resource: str) -> Response:
    if not services.settings.oidc.issuer:
        raise ProblemError("not-found")
    return json_answer(request, resource_metadata(services.settings, resource))
