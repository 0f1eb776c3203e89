"""What all files of Office need: text that XML takes, and an archive whose bytes follow from its content alone."""

from __future__ import annotations

import io
import re
import zipfile

_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FIRST = "[Content_Types].xml"


def printable(text: str) -> str:
    """Return a text without characters that XML does not take."""
    return _NOT_IN_XML.sub("", text)


def pack_alike(content: bytes) -> bytes:
    """Return an archive with the same entries in a fixed order and without times; libraries stamp them by the clock."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(given.namelist(), key=lambda name: (name != _FIRST, name)):
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # the same on every system
            made.writestr(entry, given.read(name))
    return packed.getvalue()
