"""Requests whose uploaded files are closed, and so off the disk, whatever becomes of the request: also where it is more
than may be sent, and is refused half way. And no text of a request has a NUL, which PostgreSQL cannot keep."""

from __future__ import annotations

import contextlib
from typing import IO, Any

import flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property


class Request(flask.Request):
    """One that keeps account of what it has put on the disk."""

    def _get_file_stream(self, *args: Any, **named: Any) -> IO[bytes]:
        stream = super()._get_file_stream(*args, **named)
        self.__dict__.setdefault("received", []).append(stream)
        return stream

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _cleaned(self.form)

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """What stands behind the address."""
        return _cleaned(super().args)

    def close(self) -> None:
        """Let go of the files."""
        for stream in self.__dict__.pop("received", []):
            with contextlib.suppress(OSError, ValueError):
                stream.close()


def _cleaned(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """Without NULs, and without what has no name: a part of a form may say none."""
    fields: list[tuple[str | None, str]] = list(sent.items(multi=True))
    if all(name is not None and "\0" not in text for name, text in fields):
        return sent
    return ImmutableMultiDict([(name, text.replace("\0", "\ufffd")) for name, text in fields if name is not None])


def close_files(app: flask.Flask) -> None:
    """Have it done at the end of each request."""
    app.request_class = Request

    def look() -> None:
        if any("\0" in str(part) for part in (flask.request.view_args or {}).values()):
            flask.abort(404)  # nothing is called so

    app.before_request(look)

    def close(_: BaseException | None) -> None:
        request: Any = flask.request  # stands for the one of now
        request.close()

    app.teardown_request(close)
