"""Names of report files: readable, safe on every file system, one for each submission, and the same ever after."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Container

from grader.composing import composed

_MOST_BYTES = 120  # of a name, so that suffixes and temporary names fit into 255
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}  # on Windows


def file_name(name: str, attempt: int, key: str, taken: Container[str]) -> str:
    """The name of a submission's reports, without a suffix. Where somebody has it already, with a hash of the key."""
    first = _safe(name) + (f"-attempt-{attempt}" if attempt > 1 else "")
    if folded(first) not in taken:
        return first
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    sizes = range(8, len(digest) + 1, 4)
    return next(made for size in sizes if folded(made := f"{first}-{digest[:size]}") not in taken)


def folded(name: str) -> str:
    """The same for names that some file system takes for one: in another case, or with a letter written otherwise."""
    return composed(composed(name, "NFKC").casefold(), "NFKC")


def _safe(name: str) -> str:
    """Letters and digits of every script, with hyphens between them."""
    plain = composed(name)
    kept = "".join(c if _is_plain(c) else " " for c in plain)
    words = "-".join(kept.split()).encode("utf-8", "ignore")[:_MOST_BYTES].decode("utf-8", "ignore").strip("-")
    return f"{words}-" if words.casefold() in _RESERVED else words or "nameless"


def _is_plain(character: str) -> bool:
    return character == "-" or unicodedata.category(character)[0] in "LMN"
