"""Requests whose uploaded files are closed, and so off the disk, whatever becomes of the request: also where it is more
than may be sent, and is refused half way."""

from __future__ import annotations

import contextlib
from typing import IO, Any

import flask


class Request(flask.Request):
    """One that keeps account of what it has put on the disk."""

    def _get_file_stream(self, *args: Any, **named: Any) -> IO[bytes]:
        stream = super()._get_file_stream(*args, **named)
        self.__dict__.setdefault("received", []).append(stream)
        return stream

    def close(self) -> None:
        """Let go of the files."""
        for stream in self.__dict__.pop("received", []):
            with contextlib.suppress(OSError, ValueError):
                stream.close()


def close_files(app: flask.Flask) -> None:
    """Have it done at the end of each request."""
    app.request_class = Request

    def close(_: BaseException | None) -> None:
        request: Any = flask.request  # stands for the one of now
        request.close()

    app.teardown_request(close)
