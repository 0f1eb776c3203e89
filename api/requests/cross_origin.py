"""Pages of other sites: Starlette's CORS, but a refused preflight has the shape of every failure."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.requests.problems import ProblemError, problem_response


class CrossOrigin(CORSMiddleware):
    """Tells browsers which pages may call, how, and what they may read."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return what a browser is told that asks before it calls."""
        answer = super().preflight_response(request_headers)
        return answer if answer.status_code < 400 else _Refused(answer)  # noqa: PLR2004


class _Refused(Response):
    """A refused preflight, which becomes a problem of the request when it is sent."""

    def __init__(self, refusal: Response) -> None:
        super().__init__(status_code=refusal.status_code)
        told = (name for name in refusal.headers if name.startswith("access-control-") or name == "vary")
        self._told = {name: refusal.headers[name] for name in told}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = "A page may use the methods and headers that this answer allows, and no others."
        await problem_response(ProblemError("bad-request", detail, headers=self._told), scope)(scope, receive, send)
