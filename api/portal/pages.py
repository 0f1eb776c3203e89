"""Pages: a template, what every page gets, and the headers that hold a browser to it. Owns jinja2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from api.portal.policy import page_headers
from api.portal.text_slices import excerpt_slices, slices
from api.portal.translations import LANGUAGES, catalogue, day_text, duration_text, language_name, say_anew
from api.portal.uses import uses
from api.portal.visits import Portal, Visit, known_visit, language_of, path_of
from api.requests.exchange import Exchange
from api.requests.problems import ProblemError
from api.resources.addresses import PLACES
from curation.review.roles import Action, is_allowed
from library.errors import CasebookError
from search.answers.options import DEFAULT_CONTACT
from search.rendering.styles import Styles

TEMPLATES = Path(__file__).parent / "templates"
NOT_KEPT = {"Cache-Control": "private, no-store"}
# Paths that programs ask; whatever they send as `Accept`, their errors stay JSON.
_OF_PROGRAMS = ("/v1/", "/mcp", "/openapi", "/problems/", "/healthz", "/readyz", "/metrics", "/.well-known/")


def render(
    visit: Visit,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    ancestors: Sequence[str] = (),
    **values: Any,
) -> Response:
    """Return a page for a visitor; `values` are for its template, beside what every page gets.

    `ancestors` are origins whose pages may show it in a frame.
    """
    content = _fill(visit.request, visit.language, template, {**_frame_of(visit), **values})
    response = HTMLResponse(content, status, headers={**page_headers(frame_ancestors=ancestors), **(headers or {})})
    visit.keep(response)
    return response


def problem_page(error: ProblemError, scope: Scope) -> Response | None:
    """Return the page that tells a person of a problem, or sends one to sign in; None if a program asks."""
    request = Request(scope)
    asks_page = "text/html" in request.headers.get("accept", "")
    if not asks_page or path_of(request).startswith(_OF_PROGRAMS):
        return None
    if error.slug == "unauthenticated" and request.method == "GET":
        return _to_sign_in(request)
    told = {"problem": error, "request_id": Exchange.of(scope).request_id}
    content = _fill(request, language_of(request), "problem.html", {**_frame_of(_known(request)), **told})
    headers = {**page_headers(), **NOT_KEPT, **error.headers}
    return HTMLResponse(content, error.status, headers=headers)


class _Compiled(BytecodeCache):
    """Templates as they were compiled: once for all languages, since texts are looked up when a page is filled."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (code := self._kept.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def compile_templates() -> None:
    """Compile all templates, so that no page has to."""
    for language in LANGUAGES:
        for name in environment(language).list_templates():
            environment(language).get_template(name)


@cache
def environment(language: str) -> Environment:
    """Return what fills templates in a language; it escapes every value."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=_COMPILED,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    styles = Styles(language=language)
    made.globals |= {"say": styles.say, "name": styles.name, "languages": LANGUAGES, "language": language}
    made.filters |= {
        "day": partial(day_text, language=language),
        "language_name": partial(language_name, language=language),
        "person": partial(_person, styles=styles),
        "slices": slices,
        "excerpt": excerpt_slices,
        "uses": uses,
        "told": partial(_told, language=language),
        "sentence": partial(_sentence, language=language),
        "duration": partial(duration_text, language=language),
    }
    return made


def item_path(item_type: str, item_id: str) -> str:
    """Return the path of an item's page below the prefix."""
    from urllib.parse import quote

    return f"/{PLACES[item_type]}/{quote(item_id, safe='')}"


def _fill(request: Request, language: str, template: str, values: Mapping[str, Any]) -> str:
    portal = Portal.of(request)

    def url(path: str) -> str:
        return f"{portal.prefix}{path}"

    frame = {
        "url": url,
        "asset": lambda name: url(portal.statics.path(name)),
        "item_url": lambda item_type, item_id: url(item_path(item_type, item_id)),
        "here": path_of(request) if request.method == "GET" else "/",
    }
    return environment(language).get_template(template).render({**frame, **values})


def _known(request: Request) -> Visit | None:
    """Return who came to the page of a problem, None if that cannot be told."""
    try:
        return known_visit(request)
    except CasebookError:  # the state, which may be what the problem is about
        return None


def _frame_of(visit: Visit | None) -> dict[str, Any]:
    """Return what every page says of its visitor."""
    if visit is None:
        return {"csrf": "", "chosen": (), "signed_in": None, "desk": ()}
    signed_in = None if visit.identity.kind == "anyone" else visit.identity
    return {"csrf": visit.session.csrf, "chosen": visit.session.chosen, "signed_in": signed_in, "desk": _desk(visit)}


def _to_sign_in(request: Request) -> Response:
    from urllib.parse import quote

    target = f"{Portal.of(request).prefix}/signin?next={quote(path_of(request), safe='')}"
    return RedirectResponse(target, status_code=303, headers=NOT_KEPT)


def _desk(visit: Visit) -> tuple[str, ...]:
    """Return the paths of the pages to write and to review that a visitor may use."""
    wanted = {"/contribute": Action.WRITE, "/review": Action.APPROVE}
    return tuple(path for path, action in wanted.items() if is_allowed(visit.asker, action))


def _told(text: str, language: str) -> str:
    """Return a message of the checks or a refusal in the language of the page, or marked as English."""
    return say_anew(text, language) or _in_english(text)


def _sentence(text: str, language: str) -> str:
    """Return a problem's message or remedy, told as a sentence."""
    said = say_anew(text, language)
    return _in_english(_ended(text)) if said is None else _ended(said)


def _in_english(text: str) -> Markup:
    return Markup('<span lang="en">{}</span>').format(text)


def _ended(text: str) -> str:
    first = text.partition(" ")[0]
    begun = text[:1].upper() + text[1:] if first.isalpha() else text
    return begun if not begun or begun.endswith((".", "!", "?")) else f"{begun}."


def _person(contact: str, styles: Styles) -> str:
    """Return whom to ask, in the language of the page where the library names nobody."""
    return styles.say("coe") if contact == DEFAULT_CONTACT else contact
