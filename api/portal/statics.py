"""The portal's own style, scripts and icon: read once, addressed by their content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from api.requests.conditional import conditional
from api.requests.problems import ProblemError

FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_ASKED_AGAIN = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to; `version` changes with its content."""

    content: bytes
    media_type: str
    version: str


class Statics:
    """All of them."""

    def __init__(self, folder: Path = FOLDER) -> None:
        files = sorted(path for path in folder.iterdir() if path.suffix in _TYPES)
        self._assets = {path.name: _read(path) for path in files}

    def path(self, name: str) -> str:
        """Return the path of a file below the prefix."""
        return f"/static/{name}?v={self._assets[name].version}"

    def answer(self, request: Request, name: str) -> Response:
        """Answer with a file; raises ProblemError if there is none of this name."""
        asset = self._assets.get(name)
        if asset is None:
            raise ProblemError("not-found")
        headers = _KEPT if request.query_params.get("v") == asset.version else _ASKED_AGAIN
        # Any page may load it, also one of another site that embeds the search.
        headers = {**headers, "Cross-Origin-Resource-Policy": "cross-origin"}
        return conditional(request, asset.content, media_type=asset.media_type, headers=headers)


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, _TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:12])
