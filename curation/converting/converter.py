"""Turn a file into Markdown, without asking anything outside this process. Owns markitdown."""

from __future__ import annotations

import io
import re
import warnings
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from curation.converting.sniffing import FileKind, Source
from library.errors import ImportFileError

if TYPE_CHECKING:
    from markitdown import MarkItDown

# How the converter marks where a slide begins; `read_blocks` reads it.
SLIDE = "<!-- Slide number:"
_PICTURE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")
_SPACE = re.compile(r"[ \t\xa0]+$", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n{3,}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def convert(source: Source) -> str:
    """Return a file's text as Markdown; pictures give their description.

    Raises:
        ImportFileError: the extra `import` is not installed, the file is damaged or encrypted, or holds no text.
    """
    text = source.content.decode() if source.kind is FileKind.TEXT else _converted(source)
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n").replace("\x0b", "\n"))
    text = _EMPTY_LINES.sub("\n\n", _SPACE.sub("", _PICTURE.sub(r"\1", text))).strip()
    if not re.search(r"\w", text):
        raise ImportFileError(
            f"{source.name} holds no text, only pictures or scanned pages.",
            hint="Let a program for scans read it first.",
        )
    return text


def _converted(source: Source) -> str:
    if find_spec("markitdown") is None:
        raise ImportFileError(
            f"Reading {source.kind} files needs the extra `import`.",
            hint='Install it: pip install "sam-casebook[import]". Text, CSV and JSON Lines need nothing.',
        )
    from markitdown import MarkItDownException, StreamInfo

    told = StreamInfo(extension=str(source.kind), charset="utf-8" if source.kind is FileKind.HTML else None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # libraries tell of odd fonts and styles
            return str(_converter(source.kind).convert_stream(io.BytesIO(source.content), stream_info=told).markdown)
    except MarkItDownException as error:
        if "Password" in str(error) or "Encrypt" in str(error):
            raise ImportFileError(
                f"{source.name} is protected by a password.", hint="Save a copy without one, and import that."
            ) from error
        raise ImportFileError(
            f"{source.name} is damaged: it cannot be read as {source.kind}.", hint="Open it and save it again."
        ) from error


@cache
def _converter(kind: FileKind) -> MarkItDown:
    """Return a converter of one kind, and none of its own set: some of those would fetch from the network."""
    from markitdown import MarkItDown
    from markitdown.converters import DocxConverter, HtmlConverter, PdfConverter, PptxConverter

    converters = {
        FileKind.WORD: DocxConverter,
        FileKind.SLIDES: PptxConverter,
        FileKind.PDF: PdfConverter,
        FileKind.HTML: HtmlConverter,
    }
    converter = MarkItDown(enable_builtins=False, enable_plugins=False)
    converter.register_converter(converters[kind]())
    return converter
