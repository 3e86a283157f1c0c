"""Who gets into which route. Each part of the web application has a module here; all of them are read.

A module has `ROUTES`, {(method, endpoint): who gets in}, and may have `values(department)`, {part of an address: key}.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import NamedTuple

from tests.department import Department

NOBODY = "nobody"
EVERYBODY = (NOBODY, "sam", "otto", "ines", "olga", "ada")
OTHERS = ("otto", "olga")  # of another course
_OF_COURSES = ("/courses/", "/assignments/", "/attempts/", "/imports/", "/api/", "/submissions/")


class Allowed(NamedTuple):
    """Who gets in; `also` are statuses from 400 up that are no refusal."""

    who: frozenset[str]
    also: frozenset[int] = frozenset()

    def or_else(self, *also: int) -> Allowed:
        """The same people, who may be answered so, too: 400 for a form without its fields."""
        return Allowed(self.who, frozenset(also))


def only(*who: str) -> Allowed:
    """These."""
    return Allowed(frozenset(who))


ALL = only(*EVERYBODY)
SIGNED_IN = only(*EVERYBODY[1:])
MEMBERS = only("sam", "ines", "ada")  # of the course
TEACHERS = only("ines", "ada")
MAKERS = only("ines", "olga", "ada")  # whose account may begin courses
ADMINS = only("ada")
STUDENTS = only("sam")


def table() -> dict[tuple[str, str], Allowed]:
    """All of it."""
    found: dict[tuple[str, str], Allowed] = {}
    for module in _modules():
        assert not found.keys() & module.ROUTES.keys(), module.__name__
        found |= module.ROUTES
    return found


def values(department: Department) -> dict[str, str]:
    """What fills the parts of addresses."""
    found: dict[str, str] = {}
    for module in _modules():
        for name, value in getattr(module, "values", lambda _: {})(department).items():
            assert found.setdefault(name, value) == value, f"{name} has two values"
    return found


def is_of_a_course(path: str) -> bool:
    """Whether those of other courses must not learn that it is there."""
    return path.removeprefix("/api/v1").startswith(_OF_COURSES) and path != "/courses/new"


def _modules() -> list:
    return [importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
