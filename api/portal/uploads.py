"""Forms that bring a file along: their fields as those of any form, and the file's name and bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from api.portal.visits import Form, form_of, is_own_site
from api.requests.problems import ProblemError

_MULTIPART = "multipart/form-data"
_MOST_FIELDS = 500
_MOST_FIELD_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A form, with a file if one was chosen (`name` and `content` are empty otherwise)."""

    form: Form
    name: str = ""
    content: bytes = b""

    @property
    def has_file(self) -> bool:
        """Whether a file was chosen; it may be an empty one."""
        return bool(self.name or self.content)


async def upload_of(request: Request) -> Upload:
    """Return the form in a request's body, with a file or without.

    Raises:
        ProblemError: it cannot be read, or comes from another site's page.
    """
    if not request.headers.get("content-type", "").lower().startswith(_MULTIPART):
        return Upload(await form_of(request))
    if not is_own_site(request):
        raise ProblemError("origin-refused")
    try:
        async with request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_MOST_FIELD_BYTES) as sent:
            pairs = tuple((name, value) for name, value in sent.multi_items() if isinstance(value, str))
            file = next((value for value in sent.values() if isinstance(value, UploadFile)), None)
            content = await file.read() if file else b""
            return Upload(Form(pairs), (file.filename or "") if file else "", content)
    except (HTTPException, UnicodeDecodeError):
        raise ProblemError("bad-request") from None


Uploaded = Annotated[Upload, Depends(upload_of)]
