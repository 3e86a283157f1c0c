"""Why a check fails, in the lab's words: what the student can change, and the line where it is known.

Pure functions of the evidence. Source is quoted only from the files that the grader itself read; what the program
printed is a claim, cut and quoted as such. A diagnosis is a courtesy and never costs a grade: where its own reading of
an odd program goes wrong, it says the general thing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from grader.checks.diagnosis import addresses, folders, guards, headings, numbers, pages, starting, templates
from grader.checks.diagnosis.finding import Finding

__all__ = [
    "Finding",
    "address",
    "constant_number",
    "constant_port",
    "heading",
    "missing_guard",
    "missing_variable",
    "no_run",
    "not_rendered",
    "number",
    "page_failure",
    "start_failure",
    "static_failure",
    "template_folder",
    "wrong_guard",
]

_P = ParamSpec("_P")
_R = TypeVar("_R", Finding, Finding | None)
_SURPRISES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError, MemoryError)


def _steady(diagnose: Callable[_P, _R], otherwise: _R) -> Callable[_P, _R]:
    """Make a diagnosis say the general thing where an odd program surprises it."""

    @wraps(diagnose)
    def steadily(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return diagnose(*args, **kwargs)
        except _SURPRISES:
            return otherwise

    return steadily


start_failure = _steady(starting.start_failure, Finding("Running the program starts no server."))
page_failure = _steady(pages.page_failure, Finding("The page did not come."))
missing_guard = _steady(guards.missing_guard, Finding("Importing the file starts a server."))
wrong_guard = _steady(guards.wrong_guard, Finding("Running the file starts no server."))
no_run = _steady(guards.no_run, Finding("Running the file starts no server."))
address = _steady(addresses.address, Finding("The server listens on another address."))
constant_port = _steady(addresses.constant_port, Finding("The port is the same at every start."))
static_failure = _steady(folders.static_failure, Finding("A file in static/ is not served under /static/."))
template_folder = _steady(folders.template_folder, Finding("The template folder is another one."))
not_rendered = _steady(templates.not_rendered, Finding("The page is not rendered from this template."))
missing_variable = _steady(templates.missing_variable, Finding("The template does not receive this variable."))
heading = _steady(headings.heading, None)
number = _steady(numbers.number, None)
constant_number = _steady(numbers.constant_number, Finding("The number is the same at every request."))
