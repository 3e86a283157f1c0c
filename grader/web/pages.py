"""What every page knows: filters for students' text, times in the reader's zone, numbers."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, g
from markupsafe import Markup

from grader.render.cleaning import clean, one_line
from grader.render.numbers import number


def furnish(app: Flask) -> None:
    """Give the templates what they use."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(clean=clean, one_line=one_line, number=number, moment=moment, size=size)
    app.context_processor(lambda: {"viewer": g.get("viewer")})


def moment(at: datetime | None) -> Markup:
    """A time that a script shows in the reader's own zone; without one it is UTC, and says so."""
    if at is None:
        return Markup("")
    iso = at.replace(tzinfo=None).isoformat(timespec="seconds")
    return Markup('<time datetime="{}Z">{} UTC</time>').format(iso, f"{at:%Y-%m-%d %H:%M}")


def size(count: int) -> str:
    """Bytes for people."""
    value, unit = float(count), "bytes"
    for unit in ("bytes", "KB", "MB", "GB"):
        if value < 1024 or unit == "GB":
            break
        value /= 1024
    return f"{count} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
