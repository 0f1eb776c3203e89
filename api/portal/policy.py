"""What a browser may do with a page: nothing from elsewhere, nothing inline, in no frame unless that is set."""

from __future__ import annotations

from collections.abc import Sequence

_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}


def page_headers(*, frame_ancestors: Sequence[str] = ()) -> dict[str, str]:
    """Return the headers of a page; `frame_ancestors` are origins whose pages may hold it in a frame.

    The referrer goes to pages of this server only: with none at all a browser would not say where a form comes from.
    """
    policy = {**_SOURCES, "frame-ancestors": " ".join(frame_ancestors) or "'none'"}
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "private, no-cache",
        "Vary": "Cookie, Accept-Language",
    }
    alone = {"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin"}
    return headers if frame_ancestors else {**headers, **alone}
