"""A report → one format per file; each is a pure function of an immutable Report, loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.model import Report

# Format → the module whose `render(report) -> str` makes it.
FORMATS = {
    "text": "grader.render.text",
    "json": "grader.render.json",
    "html": "grader.render.html",
    "markdown": "grader.render.markdown",
    "csv": "grader.render.csv",
}


def render(report: Report, format: str) -> str:
    """The report in one of FORMATS, as text that ends with a line end."""
    make: Callable[[Report], str] = import_module(FORMATS[format]).render
    return make(report)
