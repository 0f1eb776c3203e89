"""One request and its answer: the id, what the answer's headers get, and who asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid4, uuid5

from starlette.types import Scope

_STATE_KEY = "exchange"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Exchange:
    """What belongs to one request; `headers` are set on its answer, whatever that is.

    `base` is the public URL, or its path's prefix, without a slash at the end; `caller` is whom logs name.
    """

    request_id: str
    base: str
    headers: dict[str, str] = field(default_factory=dict)
    caller: str = "-"

    @classmethod
    def begin(cls, scope: Scope, *, given_id: str, base: str) -> Exchange:
        """Give a request its exchange; a caller's id is taken over if it is plain."""
        request_id = given_id if _ACCEPTED_ID.fullmatch(given_id) else str(uuid4())
        exchange = cls(request_id, base)
        scope["state"] = {**scope.get("state", {}), _STATE_KEY: exchange}
        return exchange

    @classmethod
    def of(cls, scope: Scope) -> Exchange:
        """Return a request's exchange."""
        exchange = scope["state"][_STATE_KEY]
        assert isinstance(exchange, cls)
        return exchange

    @property
    def instance(self) -> str:
        """The request's id as a URN."""
        uuid = self.request_id if _UUID.fullmatch(self.request_id) else uuid5(NAMESPACE_OID, self.request_id)
        return f"urn:uuid:{uuid}"
