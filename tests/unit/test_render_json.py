"""The JSON report: its schema, its bodies, what is volatile, and what it costs to load."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from grader.model import Address, FlagKind, Report, ReportStatus
from grader.render import render
from grader.render.bodies import decoded
from grader.render.json import document
from grader.render.volatile import schema, without_volatile
from tests.unit.report_samples import crashed, exchange, graded, hidden, perfect, start, without_grade

SAMPLES = [perfect(), crashed(), hidden(), *(without_grade(s) for s in ReportStatus if s is not ReportStatus.GRADED)]


@pytest.mark.parametrize("report", SAMPLES, ids=["perfect", "crashed", "hidden", "not gradable", "ungraded"])
def test_every_report_follows_the_schema(report: Report) -> None:
    jsonschema.Draft202012Validator(schema()).validate(json.loads(render(report, "json")))


def fields(node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field that the schema defines, at any depth."""
    for key in ("properties", "$defs"):
        for name, value in node.get(key, {}).items():
            yield name, value
            yield from fields(value)
    for value in (node.get("items"), *node.get("anyOf", []), *node.get("oneOf", []), *node.get("prefixItems", [])):
        if isinstance(value, dict):
            yield from fields(value)


def test_the_schema_is_one_and_describes_every_field() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    found = list(fields(schema()))
    assert len(found) > 80
    assert [name for name, field in found if not field.get("description") and "$ref" not in field] == []


@pytest.mark.parametrize("status", [ReportStatus.UNGRADED, ReportStatus.NOT_GRADABLE])
def test_without_a_grade_score_percent_and_passed_are_null(status: ReportStatus) -> None:
    made = document(without_grade(status))
    assert (made["status"], made["score"], made["percent"], made["passed"]) == (status.value, None, None, None)
    assert made["problem"] == "lab-1 holds no Python file."


@pytest.mark.parametrize(
    ("data", "kind", "cut", "text"),
    [
        ("é\t\r\n".encode(), "", False, "é\t\r\n"),
        ("é".encode("cp1252"), "text/html; charset=windows-1252", False, "é"),
        ("é".encode("latin-1"), 'text/html; charset="ISO-8859-1"', False, "é"),
        ("é".encode("latin-1"), "text/html", False, None),
        (b"\xe9", "text/html; charset=punycode", False, None),
        ("aé".encode()[:-1], "", False, None),
        ("aé".encode()[:-1], "", True, "a"),
        (b"a\x00b", "", False, None),
        (b"a\x1b[31m", "", False, None),
        (b"", "", False, ""),
    ],
    ids=["utf-8", "cp1252", "latin-1", "undeclared", "unlisted", "broken", "cut", "NUL", "escape", "empty"],
)
def test_a_body_is_text_only_where_all_of_it_is(data: bytes, kind: str, cut: bool, text: str | None) -> None:
    assert decoded(data, kind, cut=cut) == text


def test_a_page_cut_within_a_character_is_still_text() -> None:
    page = replace(exchange("s1.1", body="aé".encode()[:-1]), body_bytes=900, truncated=True)
    (shown,) = document(graded([], max_score=perfect().max_score, exchanges=(page,)))["exchanges"]
    assert shown["body"] == {"text": "a", "bytes": 900, "truncated": True}


def test_nothing_that_the_program_chose_keeps_the_document_from_being_written() -> None:
    listening = start("s1", address=Address("\ud800\x1b", 1), listeners=(Address("\ud800", 1),))
    text = render(graded(perfect().checks, starts=(listening,), exchanges=(exchange("s1.1", "/\ud800"),)), "json")
    assert json.loads(text.encode())["starts"][0]["host"] == "\ufffd\ufffd"


def test_clock_port_and_number_do_not_make_two_gradings_differ() -> None:
    before = crashed()
    port = replace(before.checks[1], outcome=replace(before.checks[1].outcome, actual="port 5000", evidence=("s9",)))
    checks = (before.checks[0], port, *before.checks[2:])
    visits = tuple(replace(v, seconds=9.0, exchange="s9.9") for v in before.routes)
    after = replace(before, checks=checks, routes=visits, starts=(), exchanges=(), started_at="", duration_seconds=9.0)
    assert document(after) != document(before)
    assert without_volatile(document(after)) == without_volatile(document(before))


def test_another_verdict_does() -> None:
    assert without_volatile(document(crashed())) != without_volatile(document(perfect()))


@pytest.mark.parametrize("field", ["message", "hint", "expected"])
def test_another_text_does(field: str) -> None:
    before = crashed()
    other = replace(before.checks[0], outcome=replace(before.checks[0].outcome, **{field: "other"}))
    after = replace(before, checks=(other, *before.checks[1:]))
    assert without_volatile(document(after)) != without_volatile(document(before))


def test_json_loads_neither_the_terminal_s_nor_the_page_s_library() -> None:
    program = "import sys, grader.render.json; print({'rich', 'jinja2'} & {name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "set()\n"


def test_the_schema_names_every_kind_of_flag() -> None:
    assert set(schema()["$defs"]["flag"]["properties"]["kind"]["enum"]) == {kind.value for kind in FlagKind}
