"""What every page has in common: templates that escape; style and script that stand in it and are named by hash."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from grader import resources
from grader.render.cleaning import clean, one_line
from grader.render.numbers import number


def environment(**filters: Callable[..., Any]) -> Environment:
    """Templates, autoescaped, with filters of one page besides those of all."""
    made = Environment(
        loader=FileSystemLoader(resources.folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(clean=clean, one_line=one_line, number=number, **filters)
    return made


@cache
def static(name: str) -> str:
    """A file of `static/`."""
    return (resources.folder("static") / name).read_text("utf-8")


def policy_hash(text: str) -> str:
    """As a Content-Security-Policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
