"""A browser's cookies, of whatever a server says that one is."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Sequence
from http.client import HTTPMessage, HTTPResponse
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import cast

_AGE = re.compile(r"(max-age\s*=[\s\"']*[+-]?\d{9})\d+", re.IGNORECASE)


class Jar(CookieJar):
    """Knows this machine alone: Secure cookies work over plain HTTP too.

    An age of more digits than a number of the machine's has would make the library warn, and forget every cookie of
    the answer; to a browser it is an age that never ends.
    """

    def __init__(self) -> None:
        super().__init__(DefaultCookiePolicy(secure_protocols=("http", "https")))

    def make_cookies(self, response: HTTPResponse, request: urllib.request.Request) -> Sequence[Cookie]:
        """The cookies that an answer sets."""
        return super().make_cookies(cast("HTTPResponse", _Told(response.info())), request)


class _Told:
    """As much of an answer as a jar asks for."""

    def __init__(self, message: HTTPMessage) -> None:
        self._message = HTTPMessage()
        for value in message.get_all("Set-Cookie", []):
            self._message.add_header("Set-Cookie", _AGE.sub(r"\1", value))

    def info(self) -> HTTPMessage:
        return self._message
