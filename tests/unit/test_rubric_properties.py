"""Whatever a file holds, it loads or is refused with places; and what was written is what is read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import resources
from grader.checks import CHECKS
from grader.errors import RubricError
from grader.model import Rubric
from grader.rubric import parse_rubric
from grader.rubric.decode import keys_of

LAB = (resources.folder("rubrics") / "flask-lab.yaml").read_text(encoding="utf-8")
FAULT = re.compile(r"lab\.yaml:([1-9]\d*):([1-9]\d*): \S.*[.?]")

WORDS = sorted(
    {"id", "title", "version", "pass_mark", "entry", "packages", "limits", "checks", "points", "type", "needs", "hint"}
    | {key for kind in CHECKS.values() for key in keys_of(kind)}
    | {"css", "reads", "status", "page", "integer", "from", "to", "start_seconds", "visibility", "section", *CHECKS}
)

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
line = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1).map(str.strip)
amounts = st.decimals(0, 1000, places=2)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.sampled_from(WORDS), st.text(max_size=20)
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(), inner, max_size=6),
    max_leaves=20,
)
claims = st.sampled_from(
    [
        {"type": "starts"},
        {"type": "guarded"},
        {"type": "listens", "host": ["0.0.0.0"]},
        {"type": "listens", "port": {"from": 1, "to": 9}, "varies": True},
        {"type": "template_folder"},
        {"type": "serves_static", "url": "/files/"},
        {"type": "request", "path": "/x", "expect": [{"status": 404}, {"css": "h1", "reads": "{number}", "to": 5}]},
        {"type": "renders", "variables": ["name"]},
    ]
)
checks = st.fixed_dictionaries(
    {"id": names, "title": line.filter(bool), "points": amounts, "claim": claims},
    optional={"hint": line, "section": line, "visibility": st.sampled_from(["visible", "hidden"])},
)
rubrics = st.fixed_dictionaries(
    {
        "id": names,
        "title": line.filter(bool),
        "pass_mark": st.decimals(0, 100, places=3),
        "checks": st.lists(checks, min_size=1, max_size=6, unique_by=lambda check: check["id"]).filter(
            lambda made: any(check["points"] for check in made)
        ),
    }
)


def loaded(data: bytes) -> Rubric | None:
    """The rubric, or None where it was refused as it should be."""
    try:
        return parse_rubric(data, "lab.yaml")
    except RubricError as error:
        refusal = error
    places = [FAULT.fullmatch(fault) for fault in refusal.faults]
    assert places
    lines = len(data.decode("utf-8", "replace").splitlines()) + 1
    for place, fault in zip(places, refusal.faults, strict=True):
        assert place, fault
        assert int(place[1]) <= lines
    return None


def written(rubric: dict[str, Any]) -> str:
    """As JSON, which is YAML too; decimals as they are."""
    made = rubric | {
        "checks": [{**c["claim"], **{k: v for k, v in c.items() if k != "claim"}} for c in rubric["checks"]]
    }
    text = json.dumps(made, ensure_ascii=False, default=lambda number: f"<{number:f}>")
    return re.sub(r'"<([\d.]+)>"', r"\1", text)


def what_was_written_is_read(rubric: dict[str, Any]) -> None:
    read = parse_rubric(written(rubric).encode(), "lab.yaml")
    assert (read.id, read.title, read.pass_mark) == (rubric["id"], rubric["title"], Fraction(rubric["pass_mark"]))
    assert len(read.checks) == len(rubric["checks"])
    for check, wanted in zip(read.checks, rubric["checks"], strict=True):
        assert (check.id, check.title, check.points) == (wanted["id"], wanted["title"], Fraction(wanted["points"]))
        assert (check.hint, check.section) == (wanted.get("hint", ""), wanted.get("section", ""))
        assert check.visibility.value == wanted.get("visibility", "visible")
        assert type(check.check) is CHECKS[wanted["claim"]["type"]]
    assert read.max_score == sum(Fraction(wanted["points"]) for wanted in rubric["checks"])


Property = Callable[[Any], None]


def few(strategy: st.SearchStrategy[Any], holds: Property) -> Property:
    """A property as a test of the day."""
    return settings(deadline=None, max_examples=25)(given(strategy)(holds))


def many(strategy: st.SearchStrategy[Any], holds: Property) -> Property:
    """The same, slowly and surely."""
    return pytest.mark.slow(settings(deadline=None, max_examples=1000)(given(strategy)(holds)))


test_what_was_written_is_read = few(rubrics, what_was_written_is_read)
test_what_was_written_is_read_surely = many(rubrics, what_was_written_is_read)


def no_bytes_break_the_loader(data: bytes) -> None:
    assert loaded(data) is None


def no_tree_breaks_the_loader(tree: Any) -> None:
    loaded(json.dumps(tree).encode())
    loaded(json.dumps({"id": "lab", "title": "A lab", "checks": tree}).encode())


def no_check_breaks_the_loader(check: tuple[str, dict[str, Any]]) -> None:
    kind, more = check
    keys = {"id": "one", "title": "One", "points": 1} | more | {"type": kind}
    loaded(json.dumps({"id": "lab", "title": "A lab", "checks": [keys]}).encode())


def no_slip_of_a_finger_breaks_the_loader(slip: tuple[int, int, str]) -> None:
    first, length, typed = slip
    loaded((LAB[:first] + typed + LAB[first + length :]).encode("utf-8", "surrogatepass"))


BYTES = st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
TREES = st.dictionaries(st.sampled_from(WORDS), trees, max_size=8) | trees
ONE_CHECK = st.tuples(st.sampled_from(sorted(CHECKS)), st.dictionaries(st.sampled_from(WORDS), trees, max_size=5))
TYPED = st.text(st.sampled_from("\t\n:-[]{}#&*!|>'\"%@` ,?~0aé") | st.characters(), max_size=4)
SLIPS = st.tuples(st.integers(0, len(LAB)), st.integers(0, 30), TYPED)

test_no_bytes_break_the_loader = few(BYTES, no_bytes_break_the_loader)
test_no_tree_breaks_the_loader = few(TREES, no_tree_breaks_the_loader)
test_no_check_breaks_the_loader = few(ONE_CHECK, no_check_breaks_the_loader)
test_no_slip_of_a_finger_breaks_the_loader = few(SLIPS, no_slip_of_a_finger_breaks_the_loader)
test_no_bytes_at_all_break_the_loader = many(BYTES, no_bytes_break_the_loader)
test_no_tree_at_all_breaks_the_loader = many(TREES, no_tree_breaks_the_loader)
test_no_check_at_all_breaks_the_loader = many(ONE_CHECK, no_check_breaks_the_loader)
test_no_slip_at_all_breaks_the_loader = many(SLIPS, no_slip_of_a_finger_breaks_the_loader)
