"""A file of the library as an answer: pictures to be seen, anything else to be saved, nothing that a browser runs."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import FileResponse, Response

from api.portal.rich_text import IMAGES

# Anything else is handed over as mere bytes.
_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pdf": "application/pdf",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".txt": "text/plain; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
_BYTES = "application/octet-stream"
_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Cookie",
}


def file_response(path: Path, name: str) -> Response:
    """Hand out a file under a name; a picture may be shown within a page."""
    suffix = path.suffix.lower()
    return FileResponse(
        path,
        headers=_HEADERS,
        media_type=IMAGES.get(suffix) or _TYPES.get(suffix, _BYTES),
        filename=name,
        content_disposition_type="inline" if suffix in IMAGES else "attachment",
    )
