"""Cookies as an answer sets them, in its Set-Cookie headers or in those of the redirects that led to it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from grader.model import Exchange


class Part(StrEnum):
    """What to read of a cookie."""

    VALUE = "value"
    DOMAIN = "domain"
    PATH = "path"
    EXPIRES = "expires"
    MAX_AGE = "max_age"
    SAME_SITE = "same_site"
    SECURE = "secure"
    HTTP_ONLY = "http_only"

    def noun(self, cookie: str) -> str:
        """The part in words."""
        return f"{_WORDS.get(self, self.value)} of the cookie {cookie}"


_WORDS = {
    Part.EXPIRES: "expiry date",
    Part.MAX_AGE: "Max-Age",
    Part.SAME_SITE: "SameSite",
    Part.SECURE: "Secure flag",
    Part.HTTP_ONLY: "HttpOnly flag",
}
_FLAGS = (Part.SECURE, Part.HTTP_ONLY)
TYPED = (*_FLAGS, Part.MAX_AGE)  # parts that are no texts


def values(exchange: Exchange, name: str, part: Part) -> Iterator[Any]:
    """The part of every cookie of that name, in the order in which they were set; true or false for a flag."""
    for header in _set(exchange):
        pair, *attributes = header.split(";")
        key, _, value = pair.partition("=")
        if key.strip() != name:
            continue
        if part is Part.VALUE:
            yield value.strip().removeprefix('"').removesuffix('"')
            continue
        given = {a.partition("=")[0].strip().lower(): a.partition("=")[2].strip() for a in attributes}
        wanted = part.value.replace("_", "-") if part is Part.MAX_AGE else part.value.replace("_", "")
        if part in _FLAGS:
            yield wanted in given
        elif wanted in given:
            yield _number(given[wanted]) if part is Part.MAX_AGE else given[wanted]


def names(exchange: Exchange) -> tuple[str, ...]:
    """The names of all cookies that were set."""
    return tuple(dict.fromkeys(header.partition("=")[0].strip() for header in _set(exchange)))


def _set(exchange: Exchange) -> Iterator[str]:
    for headers in (*(step.headers for step in exchange.redirects), exchange.headers):
        yield from (value for name, value in headers if name.lower() == "set-cookie")


def _number(text: str) -> Any:
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 20 else text
