"""Dates as programs and people write them."""

from __future__ import annotations

from datetime import datetime

_MOST = 64  # characters of a date
_FORMS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y",
    "%A, %d %B %Y", "%A, %B %d, %Y",
)  # fmt: skip
_WITH_TIME = "%a %b %d %H:%M:%S %Y"  # as C and time.ctime() write it
_TIMES = ("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", " %I:%M %p")


def is_date(text: str) -> bool:
    """Whether a text is a date, with or without a time: ISO 8601, that of HTTP and mail, or a usual way of writing."""
    plain = " ".join(text.split())
    if not plain or len(plain) > _MOST or not any(c.isdigit() for c in plain):
        return False
    forms = (_WITH_TIME, *(day + time for day in _FORMS for time in _TIMES))
    return _is_iso(plain) or _is_of_http(plain) or any(_is_form(plain, form) for form in forms)


def _is_iso(text: str) -> bool:
    if "-" not in text:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_of_http(text: str) -> bool:
    from email.utils import parsedate_to_datetime  # slow to load, and seldom needed

    try:
        parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return "," in text[:5]


def _is_form(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True
