"""Reads the private copy: the hash of the work, and the text of the files that are worth quoting."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import tokenize
from collections.abc import Iterable
from pathlib import Path

from grader.model import SourceFile
from grader.submission.copying import READ

_PYTHON = (".py", ".pyw")
_TEXT = (
    *_PYTHON,
    *(".html", ".htm", ".j2", ".jinja", ".jinja2", ".txt", ".css", ".js", ".json", ".md", ".cfg", ".toml", ".xml"),
)
_TEXT_NAMES = (".flaskenv", ".replit", "procfile")
_TEXT_BYTES, _ALL_TEXT_BYTES = 512 << 10, 8 << 20
_CHUNK = 1 << 20
_ODD_CODINGS = ("idna", "punycode", "unicode-escape")  # slow as the square of the length, or noisy


def read_sources(root: Path, paths: Iterable[str]) -> tuple[tuple[SourceFile, ...], str]:
    """Every file of the copy, sorted by path, and the SHA-256 of all paths, lengths and bytes."""
    sizes = {path: os.stat(root / path, follow_symlinks=False).st_size for path in sorted(paths)}
    quoted = _worth_quoting(sizes)
    digest = hashlib.sha256()
    files = []
    for path, size in sizes.items():
        digest.update(f"{len(path.encode())}:{path}{size}:".encode())
        with os.fdopen(os.open(root / path, READ), "rb") as file:
            if path in quoted:
                data = file.read()
                digest.update(data)
                files.append(_source(path, data))
            else:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                files.append(
                    SourceFile(path, size, note=f"too large to quote ({size:,} bytes)" if _is_text(path) else "")
                )
    return tuple(files), digest.hexdigest()


def _is_text(path: str) -> bool:
    return path.lower().endswith(_TEXT) or path.rpartition("/")[2].lower() in _TEXT_NAMES


def _worth_quoting(sizes: dict[str, int]) -> set[str]:
    """What fits into the budget for texts, Python before all else."""
    quoted, left = set(), _ALL_TEXT_BYTES
    texts = [path for path, size in sizes.items() if _is_text(path) and size <= _TEXT_BYTES]
    for path in sorted(texts, key=lambda path: not path.lower().endswith(_PYTHON)):
        if sizes[path] <= left:
            left -= sizes[path]
            quoted.add(path)
    return quoted


def _source(path: str, data: bytes) -> SourceFile:
    coding, note = _coding(path, data)
    try:
        text = data.decode(coding)
    except (UnicodeError, LookupError):
        text, note = data.decode("latin-1"), f"not {coding.removesuffix('-sig').upper()}"
    if "\n" not in text:
        text = text.replace("\r", "\n")  # lines as on very old machines; Python reads them too
    return SourceFile(path, len(data), text, note)


def _coding(path: str, data: bytes) -> tuple[str, str]:
    """The coding to decode with, and a note where it is out of the ordinary."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "UTF-16, not UTF-8"
    if not path.lower().endswith(_PYTHON):
        return "utf-8-sig", ""
    try:
        coding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:  # an unknown coding, or first lines that are not UTF-8
        return "utf-8", ""
    return ("utf-8", "") if codecs.lookup(coding).name in _ODD_CODINGS else (coding, "")
