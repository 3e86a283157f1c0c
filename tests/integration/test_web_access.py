"""Every route of the web application as everybody: who gets in stands in tables, and a route that is in none fails.

TO ADD A ROUTE: write a line into `_ROUTES` of tests/integration/web_routes/YOURS.py (a module of its own for each part;
all of them are read), as

    ("GET", "assignments.gradebook"): TEACHERS,

Method and endpoint as Flask names them, then who gets in. The usual sets are below in `web_routes/__init__.py`; any set
of names will do. Whoever is in the set must get an answer below 400, or one of `also(…)`: a form without its fields may
well be answered by 400, and something that has still to be graded by 404. Everybody else must get

    nobody (not signed in)                 302 to the sign-in page, or 401 below /api
    another course's, for whom it does not exist    404
    this course's, in another role         403
    anything else, such as pages of admins or another's token    403 or 404

An address's parts are filled from `values()` of the modules (called with the department): a part's name → a key. What
is called the same below several addresses is named with the first part of the address: "attempts/key".

Unsafe methods are sent with the page's token and an empty form, and must be refused with 400 without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.department import Department
from tests.integration import web_routes
from tests.integration.web_routes import EVERYBODY, NOBODY, OTHERS
from tests.small_lab import rubric

_SAFE = {"GET", "HEAD", "OPTIONS"}
_HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cache-Control")


class Asked:
    """One department for all of them. What a request changes is undone by the next one's new copy."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0
        self.values: dict[str, str] = {}
        self.app: Flask | None = None

    def department(self) -> Department:
        self.number += 1
        made = Department(self.folder / str(self.number), rubric("{}"), app=self.app, local=False)
        self.app = made.app
        self.values = web_routes.values(made)
        return made

    def path(self, rule: Rule) -> str:
        """Its address, with keys that are there."""

        def value(found: re.Match[str]) -> str:
            names = f"{found['before']}/{found['name']}", found["name"]
            known = [self.values[name] for name in names if name in self.values]
            assert known, f"{rule.rule}: give {names[0]!r} a value in tests/integration/web_routes"
            return f"{found['before']}/{known[0]}"

        return re.sub(r"(?P<before>[^/<>]*)/<(?:[^:<>]+:)?(?P<name>[^<>]+)>", value, rule.rule)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def _rules(department: Department) -> Iterator[tuple[str, Rule]]:
    """What there is, and is in a table: that all is tells a test of its own."""
    table = web_routes.table()
    return ((method, rule) for method, rule in _all_rules(department) if (method, rule.endpoint) in table)


def _all_rules(department: Department) -> Iterator[tuple[str, Rule]]:
    for rule in department.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def _ask(department: Department, who: str, method: str, path: str, *, token: bool = True) -> TestResponse:
    client = department.client("" if who == NOBODY else who)
    form = {"csrf_token": department.token(client)} if token and method not in _SAFE else {}
    return client.open(path, method=method, data=form or None)


def _is_refused(who: str, answer: TestResponse, path: str) -> bool:
    """Whether somebody who may not is told so in the way that fits them."""
    if who == NOBODY:
        if path.startswith("/api/"):
            return answer.status_code == 401
        return answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")
    if web_routes.is_of_a_course(path):
        return answer.status_code == (404 if who in OTHERS else 403)
    return answer.status_code in (403, 404)


def test_every_route_is_in_a_table(asked: Asked) -> None:
    department = asked.department()
    there = {(method, rule.endpoint) for method, rule in _all_rules(department)}
    department.close()
    table = set(web_routes.table())
    assert not there - table, f"who gets in? Add them to tests/integration/web_routes: {sorted(there - table)}"
    assert not table - there, f"routes that are no more: {sorted(table - there)}"


DAILY = (NOBODY, "sam")  # from whom most is kept; all others, too, in .ci/run


@pytest.mark.parametrize(
    "who", [pytest.param(who, marks=() if who in DAILY else pytest.mark.slow) for who in EVERYBODY]
)
def test_whoever_may_gets_in_and_nobody_else(asked: Asked, who: str) -> None:
    table, wrong = web_routes.table(), []
    department = asked.department()
    for method, rule in _rules(department):
        allowed = table[method, rule.endpoint]
        path = asked.path(rule)
        answer = _ask(department, who, method, path)
        got_in = answer.status_code < 400 or answer.status_code in allowed.also
        answer.close()
        fits = got_in if who in allowed.who else _is_refused(who, answer, path)
        if not fits:
            wrong.append(f"{who}: {method} {path} ({rule.endpoint}): {answer.status_code}")
        if method not in _SAFE and got_in:
            department.close()
            department = asked.department()  # it may have changed something
    department.close()
    assert not wrong, "\n".join(wrong)


def test_a_change_without_the_pages_token_is_refused_everywhere(asked: Asked) -> None:
    department = asked.department()
    answers = {}
    for method, rule in _rules(department):
        if method not in _SAFE and not rule.rule.startswith("/api/"):
            for who in ("ada", NOBODY):
                answer = _ask(department, who, method, asked.path(rule), token=False)
                answers[who, method, rule.rule] = answer.status_code
    department.close()
    open_ones = {400, 302}
    passed = {key for key, code in answers.items() if code not in (open_ones if key[0] == NOBODY else {400})}
    assert answers
    assert not passed


@pytest.mark.slow
def test_every_answer_carries_the_headers(asked: Asked) -> None:
    department = asked.department()
    for who in ("ada", NOBODY):
        for method, rule in _rules(department):
            with _ask(department, who, method, asked.path(rule)) as answer:
                _check_headers(answer, f"{who} {method} {rule.rule}")
    department.close()


def _check_headers(answer: TestResponse, where: str) -> None:
    missing = [name for name in _HEADERS if name not in answer.headers]
    assert not missing, (where, missing)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy, where
    assert "unsafe-eval" not in policy, where
    assert "unsafe-inline" not in policy or "sandbox" in policy, where  # a student's page is alone in its frame
