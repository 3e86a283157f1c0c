"""What forms send: texts, choices, times. Whatever is missing or odd is a UsageError, which the page shows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from grader.errors import UsageError

E = TypeVar("E", bound=StrEnum)
_MOST_TOLD = 500  # characters
_MOST_OFFSET = 16 * 60  # minutes between any zone and UTC


def text(name: str, *, most: int = 200, called: str = "") -> str:
    """A line of text, without white space around it. Raises UsageError; `called` is what must not be empty."""
    found = " ".join(request.form.get(name, "").split())
    if called and not found:
        raise UsageError(f"{called} is empty.", "Write something there.")
    if len(found) > most:
        raise UsageError(f"{called or name.capitalize()} has more than {most} characters.", "Shorten it.")
    return found


def choice(name: str, kind: type[E]) -> E:
    """One of a list. Raises UsageError."""
    try:
        return kind(request.form.get(name, ""))
    except ValueError as error:
        raise UsageError(f"{name.replace('_', ' ').capitalize()} is none of its choices.", "Choose one.") from error


def whole(name: str, *, least: int, most: int, called: str) -> int | None:
    """A whole number, or nothing. Raises UsageError."""
    given = request.form.get(name, "").strip()
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 9 or not least <= int(given) <= most:
        raise UsageError(f"{called} is a whole number from {least} to {most}.", "Leave it empty for no limit.")
    return int(given)


def moment(name: str, called: str) -> datetime | None:
    """A time, in UTC: written in the reader's zone where a script has sent its offset along, in UTC where not. Raises
    UsageError."""
    given, offset = request.form.get(name, "").strip(), request.form.get(f"{name}_offset", "").strip()
    if not given:
        return None
    try:
        at = datetime.fromisoformat(given)
        minutes = int(offset[:6] or 0)  # as JavaScript counts them: what to add for UTC
        if at.tzinfo is not None or abs(minutes) > _MOST_OFFSET:
            raise ValueError(given)
        return (at + timedelta(minutes=minutes)).replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{called} is no time.", "Write it as 2026-11-30T23:59.") from error


def page() -> int:
    """The page of a list that is asked for, from 1."""
    given = request.args.get("page", "1")[:9]
    return int(given) if given.isascii() and given.isdigit() else 1


def own_address(address: str) -> str:
    """An address on this very site, or nothing: nobody is sent elsewhere by what they were sent."""
    cleaned = address.replace("\t", "").replace("\n", "").replace("\r", "")
    if cleaned != address or not cleaned.startswith("/") or cleaned.startswith(("//", "/\\")):
        return ""
    try:
        parts = urlsplit(cleaned)
    except ValueError:
        return ""
    if parts.netloc or parts.scheme:
        return ""
    return address


def in_short(error: UsageError) -> str:
    """What happened and what to do, as it can be told on the next page: all that waits to be told is in the cookie."""
    message = error.message if len(error.message) <= _MOST_TOLD else f"{error.message[:_MOST_TOLD]} …"
    return f"{message} {error.advice}".strip()


def back_with_faults(
    where: Callable[..., str],
) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]:
    """For views that change something: what cannot be done is told on the page whose address `where(**parts)` is."""

    def around(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @functools.wraps(view)
        def told(**parts: str) -> ResponseReturnValue:
            try:
                return view(**parts)
            except UsageError as error:
                flash(in_short(error), "bad")
                return redirect(where(**parts))

        return told

    return around
