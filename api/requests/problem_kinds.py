"""The kinds of problems that the API answers with: status, title, and what a caller can do about each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem; `about` is Markdown for whoever follows the problem's `type`."""

    status: int
    slug: str
    title: str
    about: str

    def as_markdown(self) -> str:
        """Return the page of this kind."""
        return f"# {self.title}\n\nStatus {self.status}. {self.about}\n"


_ALL = (
    ProblemKind(400, "bad-request", "The request cannot be read", "Look at its syntax and at the encoding (UTF-8)."),
    ProblemKind(
        401,
        "unauthenticated",
        "Credentials are missing or not valid",
        "Send `Authorization: Bearer <token>` or `X-API-Key: <key>`. A key may have expired or been revoked; "
        "`casebook keys create` makes one.",
    ),
    ProblemKind(403, "forbidden", "You may not do this", "Your role does not allow it; another key or user may."),
    ProblemKind(
        403,
        "origin-refused",
        "Pages of that site may not call this server",
        "Call from your own server, or have the site's origin added to the setting `server.cors_origins`.",
    ),
    ProblemKind(404, "not-found", "There is no such thing", "What you may not see answers like what does not exist."),
    ProblemKind(
        405, "method-not-allowed", "This method is not allowed here", "The header `Allow` lists those that are."
    ),
    ProblemKind(406, "not-acceptable", "There is no such format", "The detail lists the formats that there are."),
    ProblemKind(408, "request-timeout", "The request did not come in time", "Send it again, in one go."),
    ProblemKind(
        409,
        "request-in-progress",
        "A request with this idempotency key is still running",
        "Wait a moment, then send the same request again.",
    ),
    ProblemKind(
        409,
        "conflict",
        "Somebody else has changed this meanwhile",
        "Read it again, bring your change into what is there now, and send that with its new `ETag`.",
    ),
    ProblemKind(
        409,
        "confirmation-needed",
        "This needs to be confirmed",
        "The detail says what goes with it; send the same with `confirmed: true` if it shall.",
    ),
    ProblemKind(
        412,
        "changed-meanwhile",
        "It was changed since you read it",
        "Read it again, bring your change into what is there now, and send that with the new `ETag` as `If-Match`.",
    ),
    ProblemKind(413, "content-too-large", "The request body is too large", "The detail says how large it may be."),
    ProblemKind(
        415,
        "unsupported-media-type",
        "The request body has a form that is not read here",
        "Send JSON as `Content-Type: application/json`, in UTF-8 and not compressed.",
    ),
    ProblemKind(
        421,
        "unknown-host",
        "This server does not answer under that name",
        "Use the name that the server is known by, or have yours added to the setting `server.allowed_hosts`.",
    ),
    ProblemKind(422, "invalid", "The request holds something that cannot be used", "`errors` names each field."),
    ProblemKind(
        422,
        "idempotency-mismatch",
        "This idempotency key was used for another request",
        "Use a new key for a new request; a key stands for one body.",
    ),
    ProblemKind(
        429, "too-many-requests", "Too many requests", "Wait as long as `Retry-After` says; `RateLimit` tells the rest."
    ),
    ProblemKind(
        500,
        "internal",
        "Something went wrong in the server",
        "Try again; if it stays, give the operator the `request_id`.",
    ),
    ProblemKind(
        503,
        "unavailable",
        "A part that the server needs does not answer",
        "Try again after `Retry-After`; if it stays, give the operator the `request_id`.",
    ),
    ProblemKind(
        503, "not-ready", "The server has no index yet", "The operator runs `casebook index`; try again later."
    ),
    ProblemKind(
        428,
        "precondition-required",
        "Say which version you have changed",
        "Send `If-Match` with the `ETag` that came with the text that you have changed.",
    ),
    ProblemKind(
        503,
        "not-committed",
        "It is saved, but not in Git",
        "The file holds it; whoever runs the server mends what the detail names and commits it.",
    ),
    ProblemKind(
        503,
        "not-committable",
        "Nothing was saved, since Git could not take it",
        "Whoever runs the server finds in its log what to mend; send the same again then.",
    ),
    ProblemKind(
        503,
        "search-timeout",
        "The search took too long",
        "Try again after `Retry-After`, with a shorter text if it is very long.",
    ),
)
KINDS = {kind.slug: kind for kind in _ALL}
# What the router and the framework raise says no more than a status.
BY_STATUS = {kind.status: kind for kind in reversed(_ALL)}
