"""Rubric files: what is right loads, what is wrong is told all at once, with its place."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import resources
from grader.errors import RubricError
from grader.model import Visibility
from grader.rubric import available, load_rubric, parse_rubric

GOOD = """\
id: small
title: A small rubric
checks:
  - id: starts
    title: It starts
    points: 10
    type: starts
"""


def faults(text: str | bytes) -> tuple[str, ...]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(RubricError) as caught:
        parse_rubric(data, "r.yaml")
    return caught.value.faults


def check(lines: str) -> str:
    """A rubric whose only check has these further lines."""
    return "id: r\ntitle: R\nchecks:\n  - id: a\n    title: A\n    points: 1\n" + lines


def test_the_lab_s_rubric_has_its_fixed_ids_and_points() -> None:
    rubric = load_rubric("flask-lab")
    assert {c.id: int(c.points) for c in rubric.checks} == {
        "starts": 10, "main-guard": 5, "binds-all": 5, "random-port": 10, "templates-folder": 5, "static-folder": 5,
        "home-route": 10, "home-template": 15, "heading": 10, "number-in-page": 10, "number-random": 10,
        "template-variable": 5,
    }  # fmt: skip
    assert rubric.max_score == 100
    assert rubric.pass_mark == 60
    assert rubric.entries == ("main.py", "app.py")


def test_defaults_are_filled_in() -> None:
    rubric = parse_rubric(GOOD.encode(), "r.yaml")
    assert rubric.pass_mark == 60
    assert rubric.packages == ("flask",)
    assert rubric.checks[0].visibility is Visibility.VISIBLE


def test_points_are_exact() -> None:
    rubric = parse_rubric(GOOD.replace("points: 10", "points: 0.1").encode(), "r.yaml")
    assert rubric.checks[0].points == Fraction(1, 10)


def test_one_value_stands_for_a_list_of_one() -> None:
    rubric = parse_rubric(check('    type: listens\n    host: "0.0.0.0"\n').encode(), "r.yaml")
    assert rubric.checks[0].check.host == ("0.0.0.0",)  # type: ignore[attr-defined]


def test_limits_and_visibility_are_read() -> None:
    text = check("    type: starts\n    visibility: hidden\n") + "limits: {start_seconds: 3}\n"
    rubric = parse_rubric(text.encode(), "r.yaml")
    assert rubric.limits.start_seconds == 3
    assert rubric.checks[0].visibility is Visibility.HIDDEN


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "1:1", ["empty"]),
        ("- a\n", "1:1", ["mapping"]),
        ("just text\n", "1:1", ["mapping"]),
        ("id: [\n", "2:1", ["not YAML"]),
        ("id: r\n\ttitle: x\n", "2:1", ["not YAML", "spaces"]),
        ("id: a: b\n", "1:6", ["not YAML", "quotation marks"]),
        ("id: &x r\ntitle: *x\n", "1:5", ["anchors"]),
        ("id: !!python/object:os.system r\n", "1:5", ["tags"]),
        (GOOD + "---\nid: again\n", "8:1", ["one document"]),
        (GOOD + "id: again\n", "8:1", ["second time", "line 1"]),
        (b"\xff\xfe\xfa", "1:1", ["UTF-8"]),
        ("id: r\x07\n", "1:6", ["control character", "U+0007"]),
        (GOOD.replace("title: A small", "titel: A small"), "2:1", ['"titel"', '"title"']),
        ("title: R\nchecks: []\n", "1:1", ['lacks the key "id"']),
        ("id: r\ntitle: R\nchecks: []\n", "3:9", ["list of 1 to"]),
        ("id: r\ntitle: R\nchecks: {a: 1}\n", "3:9", ["list of 1 to"]),
        ("id: r\ntitle: R\n", "1:1", ['"checks"']),
        (check("    type: strats\n"), "7:11", ["strats", '"starts"']),
        (check("    type: zzz\n"), "7:11", ["zzz", "Known"]),
        (check("    type: [starts]\n"), "7:11", ["type is text"]),
        (check(""), "4:5", ['lacks the key "type"']),
        (GOOD.replace("points: 10", 'points: "10"'), "6:13", ["number", "quotation marks away"]),
        (GOOD.replace("points: 10", "points: ten"), "6:13", ["number", "ten"]),
        (GOOD.replace("points: 10", "points: -1"), "4:5", ["points go from 0"]),
        (GOOD.replace("points: 10", "points: 0"), "4:9", ["add up to zero"]),
        (GOOD.replace("title: It starts", "title: 5"), "5:12", ["text", '"5"']),
        (GOOD.replace("title: It starts", "title:"), "5:11", ["text", "empty"]),
        (GOOD + "pass_mark: 101\n", "1:1", ["0 to 100"]),
        (GOOD + "limits: {start_second: 3}\n", "8:10", ["start_second", '"start_seconds"']),
        (GOOD + "limits: 5\n", "8:9", ["mapping"]),
        (GOOD + "packages: []\n", "1:1", ["packages"]),
        (check("    type: listens\n    varies: yes\n    port: {from: 1, to: 2}\n"), "8:13", ["true or false", "Write true"]),
        (check("    type: listens\n"), "4:5", ["host, port or varies"]),
        (check("    type: listens\n    port: {from: 9, to: 2}\n"), "8:11", ["ports go from 0"]),
        (check("    type: listens\n    port: {frm: 9, to: 2}\n"), "8:12", ['"frm"', '"from"']),
        (check("    type: listens\n    port: 5000\n"), "8:11", ["mapping"]),
        (check("    type: request\n    expect:\n      - {}\n"), "9:9", ["one of status, page, css"]),
        (check("    type: request\n    expect:\n      - stauts: 200\n"), "9:9", ["stauts", '"status"']),
        (check("    type: request\n    expect:\n      - status: two hundred\n"), "9:17", ["whole number"]),
        (check("    type: request\n    expect:\n      - page: full\n"), "9:15", ["one of not empty"]),
        (check("    type: request\n    path: home\n    expect: {status: 200}\n"), "4:5", ["slash"]),
        (check("    type: starts\n    visibility: secret\n"), "8:17", ["visible, hidden"]),
        (check("    type: starts\n    needs: [b]\n"), "4:9", ['needs "b"']),
        (check("    type: starts\n    needs: [a]\n"), "4:9", ["circle", "a → a"]),
        (check("    type: serves_static\n    url: static\n"), "4:5", ["slash"]),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(text: str | bytes, place: str, words: list[str]) -> None:
    told = [line for line in faults(text) if line.startswith(f"r.yaml:{place}: ")]
    assert any(all(word in line for word in words) for line in told), faults(text)


def test_every_fault_is_told_at_once() -> None:
    text = "id: 1\ntitle: R\nextra: x\nchecks:\n  - id: a\n    title: A\n    points: x\n    type: starts\n"
    assert len(faults(text)) == 3


def test_ids_that_stand_twice_are_told_with_both_lines() -> None:
    twice = GOOD + "  - id: starts\n    title: Again\n    points: 1\n    type: starts\n"
    (line,) = faults(twice)
    assert line.startswith("r.yaml:8:9:")
    assert "line 4" in line


def test_a_long_circle_of_needs_is_told() -> None:
    checks = "".join(
        f"  - id: c{i}\n    title: C\n    points: 1\n    type: starts\n    needs: [c{(i + 1) % 3}]\n" for i in range(3)
    )
    assert any("c0 → c1 → c2 → c0" in line for line in faults("id: r\ntitle: R\nchecks:\n" + checks))


@pytest.mark.parametrize("bomb", ["[" * 100_000, "{a: " * 50_000, "- " * 100_000, "a: " + "x" * (300 << 10)])
def test_bombs_are_refused_quickly(bomb: str) -> None:
    assert len(faults(bomb)) == 1


def test_a_bare_name_never_leads_to_a_file_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    (tmp_path / "flask-lab.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RubricError, match="no bundled rubric"):
        load_rubric("mine")
    assert load_rubric("flask-lab").max_score == 100
    assert load_rubric("./mine.yaml").id == "small"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("flask-lap", '"flask-lab"'),
        ("missing/file.yaml", "There is no rubric file"),
        ("bad\0name.yaml", "cannot be read"),
    ],
)
def test_an_unknown_rubric_is_a_clear_error(name: str, words: str) -> None:
    with pytest.raises(RubricError, match=words):
        load_rubric(name)


def test_a_folder_is_no_rubric(tmp_path: Path) -> None:
    folder = tmp_path / "x.yaml"
    folder.mkdir()
    with pytest.raises(RubricError, match="is a folder"):
        load_rubric(str(folder))


def test_the_bundled_rubrics_are_those_of_the_folder() -> None:
    assert available() == tuple(sorted(p.stem for p in resources.folder("rubrics").glob("*.yaml")))


words = st.sampled_from(
    ["id", "title", "checks", "points", "type", "starts", "listens", "request", "a", "5", "-1", "0.5", "no", "null", "~",
     "true", "[x]", "{a: b}", '"q"', "'", ":", "- ", "\n", "\n  ", "\n    ", "&a", "*a", "!t", "---\n", "\t", "#", "|\n", "é"]
)  # fmt: skip


@given(st.lists(words, max_size=30).map(" ".join))
def test_generated_text_loads_or_is_refused_with_places(text: str) -> None:
    try:
        parse_rubric(text.encode(), "r.yaml")
    except RubricError as error:
        assert error.faults
        assert all(line.startswith("r.yaml:") for line in error.faults)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["id", "title", "points", "type", "needs", "hint", "path", "expect"]), values))
def test_generated_checks_load_or_are_refused(check: dict[str, object]) -> None:
    import json

    text = json.dumps({"id": "r", "title": "R", "checks": [check]}, allow_nan=True)
    try:
        parse_rubric(text.encode(), "r.yaml")
    except RubricError as error:
        assert error.faults


def test_loading_imports_neither_the_html_parser_nor_the_http_client() -> None:
    code = (
        "import sys; from grader.rubric import load_rubric; load_rubric('flask-lab'); "
        "print([m for m in ('bs4', 'lxml', 'requests', 'rich', 'jinja2', 'flask') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
