"""What a program claims of itself is bounded, and holds nothing that a terminal would obey."""

from __future__ import annotations

from typing import Any

import pytest

from grader.launch.claims import claimed_apps
from grader.model import AppClaim, RouteClaim

ROUTE = {"rule": "/", "methods": ["GET", "HEAD"], "endpoint": "home", "needs": False, "file": "main.py", "line": 7}


def route(**changed: Any) -> RouteClaim:
    (app,) = claimed_apps({"apps": [{"name": "app", "routes": [ROUTE | changed]}]})
    return app.routes[0]


def test_an_ordinary_claim_is_kept_as_it_is() -> None:
    claim = {"name": "app", "templates": "templates", "static": None, "static_url": "/static", "routes": [ROUTE]}
    own = RouteClaim("/", ("GET", "HEAD"), "home", False, "main.py", 7)
    assert claimed_apps({"apps": [claim]}) == (AppClaim("app", "templates", None, "/static", (own,)),)


@pytest.mark.slow
def test_numbers_and_lengths_are_bounded() -> None:
    apps = claimed_apps({"apps": [{"name": "x" * 10_000, "routes": [ROUTE] * 10_000}] * 1_000})
    assert len(apps) == 20
    assert {len(app.routes) for app in apps} == {500}
    assert len(apps[0].name) == 500
    assert len(route(methods=["GET"] * 1_000).methods) == 20
    assert len(route(methods=["G" * 1_000]).methods[0]) == 40


def test_methods_are_cleaned_as_everything_else_is() -> None:
    assert route(methods=["\x1b]0;x\x07GET", "\u202ePOST"]).methods == ("\ufffd]0;x\ufffdGET", "\ufffdPOST")
    assert route(rule="/\x1b[2Jx").rule == "/x"


@pytest.mark.parametrize("line", [-1, 10**400, True, 1.5, "7", None, [7]])
def test_a_line_is_a_number_that_a_file_can_have(line: object) -> None:
    assert route(line=line).line == 0


@pytest.mark.parametrize("apps", [None, 7, "app", {"a": 1}, [7, None, "x"], [[]]])
def test_what_is_no_list_of_mappings_claims_nothing(apps: object) -> None:
    assert claimed_apps({"apps": apps}) == ()
    assert claimed_apps({"apps": [{"routes": apps}]})[0].routes == ()
    assert route(methods={"GET": 1}).methods == ()
