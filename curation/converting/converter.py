"""Turn a file into Markdown, without asking anything outside this process. Owns markitdown."""

from __future__ import annotations

import io
import logging
import re
import warnings
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from curation.converting.sniffing import FileKind, Source
from library.errors import ImportFileError
from library.messages import Message

if TYPE_CHECKING:
    from markitdown import MarkItDown

# How the converter marks where a slide begins; `read_blocks` reads it.
SLIDE = "<!-- Slide number:"
_PICTURE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")
_SPACE = re.compile(r"[ \t\xa0]+$", re.MULTILINE)
# A table whose first row nobody marked as its head: what stands in that row heads it.
_HEADLESS = re.compile(r"^\|(?:[ \t]*\|)+\n(\|(?:[ \t]*:?-+:?[ \t]*\|)+)\n(\|.*\|)$", re.MULTILINE)
# Word's style for a document's title, which the converter takes for plain text.
_TITLES = "p[style-name='Title'] => h1:fresh"
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
    text = _HEADLESS.sub(r"\2\n\1", text)
    if not re.search(r"\w", text):
        raise ImportFileError(
            Message("%(file)s holds no text, only pictures or scanned pages.", file=source.name),
            hint=Message("Let a program for scans read it first."),
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
            stream, converter = io.BytesIO(source.content), _converter(source.kind)
            return str(converter.convert_stream(stream, stream_info=told, style_map=_TITLES).markdown)
    except MarkItDownException as error:
        if "Password" in str(error) or "Encrypt" in str(error):
            raise ImportFileError(
                Message("%(file)s is protected by a password.", file=source.name),
                hint=Message("Save a copy without one, and take that."),
            ) from error
        raise ImportFileError(
            Message("%(file)s is damaged: it cannot be read as %(kind)s.", file=source.name, kind=source.kind),
            hint=Message("Open it and save it again."),
        ) from error


@cache
def _converter(kind: FileKind) -> MarkItDown:
    """Return a converter of one kind, and none of its own set: some of those would fetch from the network."""
    from markitdown import MarkItDown
    from markitdown.converters import DocxConverter, HtmlConverter, PdfConverter, PptxConverter

    for name in ("bs4", "pdfminer"):  # what they log of odd fonts and letters is no help to whoever imports
        logging.getLogger(name).setLevel(logging.CRITICAL)

    converters = {
        FileKind.WORD: DocxConverter,
        FileKind.SLIDES: PptxConverter,
        FileKind.PDF: PdfConverter,
        FileKind.HTML: HtmlConverter,
    }
    converter = MarkItDown(enable_builtins=False, enable_plugins=False)
    converter.register_converter(converters[kind]())
    return converter
