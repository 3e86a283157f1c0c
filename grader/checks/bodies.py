"""Bodies of requests that are more than text: files, and forms that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from grader.frozen import dataclass
from grader.model import Json


@dataclass(frozen=True)
class Upload:
    """A file that a form sends."""

    name: str
    content: bytes
    type: str

    @classmethod
    def of(cls, given: dict[str, Any]) -> Upload:
        """From {file: NAME, content: TEXT, type: MEDIA/TYPE}; all but the name may be left out."""
        name = str(given.get("file", "file.txt"))
        return cls(name, str(given.get("content", "")).encode(), str(given.get("type", "") or _type_of(name)))


_OF_A_FILE = ("file", "content", "type")


def check_values(where: str, pairs: Iterable[tuple[str, Json]], *, files: bool) -> None:
    """Raise ValueError, in words for a rubric's author, for what no field takes: each has a value or a list of them; a
    value is a text, a number or a truth or, where `files` are sent, a file as {file, content, type}."""
    for name, given in pairs:
        for value in given.value if isinstance(given.value, list) else [given.value]:
            if isinstance(value, list) or (isinstance(value, dict) and not files):
                raise ValueError(f"{where}: {name} takes a text, a number or a list of these; this is {given.text}")
            if isinstance(value, dict) and not _is_file(value):
                raise ValueError(f"{where}: {name} takes a file as {{file, content, type}}; this is {given.text}")


def _is_file(given: dict[str, Any]) -> bool:
    known = all(key in _OF_A_FILE and not isinstance(inner, list | dict) for key, inner in given.items())
    return bool(given) and known


_TYPES = {
    "csv": "text/csv",
    "gif": "image/gif",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "py": "text/x-python",
    "svg": "image/svg+xml",
    "txt": "text/plain",
}


def _type_of(name: str) -> str:
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def multipart(pairs: Iterable[tuple[str, str | Upload]]) -> tuple[str, bytes]:
    """The content type and the body of a multipart/form-data form; the same fields always give the same bytes."""
    from urllib3 import encode_multipart_formdata

    fields = [(n, (v.name, v.content, v.type) if isinstance(v, Upload) else lines(v)) for n, v in pairs]
    boundary = "form" + sha256(repr(fields).encode()).hexdigest()[:24]
    body, kind = encode_multipart_formdata(fields, boundary)
    return kind, body


def lines(text: str) -> str:
    """A text with line ends as browsers write them in forms."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def plain_text(pairs: Iterable[tuple[str, str]]) -> tuple[str, bytes]:
    """The content type and the body of a text/plain form."""
    return "text/plain", "".join(f"{name}={lines(value)}\r\n" for name, value in pairs).encode()
