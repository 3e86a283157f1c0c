"""Bodies of answers as text, where they are text."""

from __future__ import annotations

import codecs
import re

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_CODECS = {"iso-8859-1": "latin-1", "latin-1": "latin-1", "us-ascii": "ascii", "windows-1252": "cp1252"}
_BINARY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def decoded(data: bytes, content_type: str = "", *, cut: bool = False) -> str | None:
    """The text, where all of it is UTF-8 or the declared charset and nothing is a control character; else None.

    `cut`: the bytes end where a limit cut them, so that the last character may be there in part; it is left out.
    """
    named = _CHARSET.search(content_type)
    declared = _CODECS.get(named[1].lower(), "utf-8") if named else "utf-8"
    for codec, whole in (("utf-8", True), (declared, True), ("utf-8", not cut)):
        try:
            text = codecs.getincrementaldecoder(codec)().decode(data, final=whole)
        except UnicodeDecodeError:
            continue
        return None if _BINARY.search(text) else text
    return None


def readable(data: bytes, content_type: str = "") -> str:
    """The text for people to look at, what cannot be read replaced."""
    text = decoded(data, content_type, cut=True)
    return text if text is not None else data.decode("utf-8", "replace")
