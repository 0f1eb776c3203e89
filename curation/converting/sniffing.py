"""Tell what a file is by what it holds, and refuse what cannot be converted before anything unpacks it."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from library.errors import ImportFileError
from library.messages import Message

MAX_BYTES = 50_000_000
MAX_UNPACKED = 500_000_000  # of an Office file, which is a ZIP; a deck full of pictures hardly shrinks when packed
MAX_PARTS = 20_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]+)", re.IGNORECASE)
_AS_SOURCE = Message("Save it as .docx, .pptx, .pdf, .html or as text in UTF-8.")
_SMALLER = Message("Take pictures and videos out, or save the pages with text as a file of their own.")


class FileKind(StrEnum):
    """What can be converted."""

    WORD = ".docx"
    SLIDES = ".pptx"
    PDF = ".pdf"
    HTML = ".html"
    TEXT = ".txt"


SUFFIXES = frozenset({*FileKind, ".htm", ".xhtml", ".md", ".markdown", ".text"})


@dataclass(frozen=True, slots=True)
class Source:
    """A file to convert: `content` holds its bytes, or its text as UTF-8 if it is a web page or text."""

    name: str
    kind: FileKind
    content: bytes


def read_source(path: Path) -> Source:
    """Read a file whose bytes say what it is, whatever its name ends in.

    Raises:
        ImportFileError: it cannot be read, is empty, too large, encrypted, damaged, or of another kind.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise ImportFileError(f"{path} cannot be read: {error.strerror}.", hint="Check its name and rights.") from error
    if size > MAX_BYTES:
        raise ImportFileError(
            f"{path.name} has {size // 1_000_000} MB; at most {MAX_BYTES // 1_000_000} can be imported.",
            hint="Take pictures and videos out, or save the pages with text as a file of their own.",
        )
    return source_of(path.name, content)


def source_of(name: str, content: bytes) -> Source:
    """Return a file that was uploaded or read; raises ImportFileError as `read_source` does."""
    if not content.strip():
        hint = Message("Look whether it was saved or copied to the end.")
        raise ImportFileError(Message("%(file)s is empty.", file=name), hint=hint)
    if name.lower().endswith(".json"):
        raise ImportFileError(
            Message("%(file)s is JSON, which tells no case.", file=name),
            hint=Message("Write one object a line, in a file whose name ends in .jsonl."),
        )
    if content.startswith(_OLE):
        raise ImportFileError(
            Message("%(file)s is protected by a password, or of a format before 2007.", file=name),
            hint=Message("Open it and save a copy without a password as .docx, .pptx, .pdf or .html."),
        )
    if content.startswith(b"PK"):
        return Source(name, _office_kind(name, content), content)
    if b"%PDF-" in content[:1024]:
        return Source(name, FileKind.PDF, content)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", errors="replace").encode()
    if b"\0" in content:
        message = Message("%(file)s is neither an Office file, a PDF, a web page nor text.", file=name)
        raise ImportFileError(message, hint=_AS_SOURCE)
    is_page = _HTML.match(content.removeprefix(b"\xef\xbb\xbf")) or name.lower().endswith((".html", ".htm", ".xhtml"))
    kind = FileKind.HTML if is_page else FileKind.TEXT
    return Source(name, kind, _decoded(content, kind).encode())


def _office_kind(name: str, content: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        message = Message("%(file)s is damaged: %(fault)s.", file=name, fault=error)
        raise ImportFileError(message, hint=Message("Open it and save it again.")) from error
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or len(parts) > MAX_PARTS:
        raise ImportFileError(
            Message(
                "%(file)s unpacks to %(size)s MB in %(parts)s parts, which is too much.",
                file=name,
                size=unpacked // 1_000_000,
                parts=len(parts),
            ),
            hint=_SMALLER,
        )
    names = {part.filename for part in parts}
    if "word/document.xml" in names:
        return FileKind.WORD
    if "ppt/presentation.xml" in names:
        return FileKind.SLIDES
    message = Message("%(file)s is a ZIP file, but neither a Word file nor a deck of slides.", file=name)
    raise ImportFileError(message, hint=_AS_SOURCE)


def _decoded(content: bytes, kind: FileKind) -> str:
    declared = _CHARSET.search(content[:2048]) if kind is FileKind.HTML else None
    for encoding in ("utf-8-sig", *([declared[1].decode()] if declared else ())):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", errors="replace")
