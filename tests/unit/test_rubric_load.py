"""The lab's rubric, where rubrics are found, and how values are read."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Literal

import pytest

from grader import resources
from grader.checks import CHECKS
from grader.errors import RubricError
from grader.model import Evidence, Limits, Observation, Outcome, RubricCheck, Visibility, passed
from grader.rubric import available, load_rubric, parse_rubric
from grader.rubric.assemble import CheckHead
from grader.rubric.decode import keys_of

LAB = {
    "starts": 10,
    "main-guard": 5,
    "binds-all": 5,
    "random-port": 10,
    "templates-folder": 5,
    "static-folder": 5,
    "home-route": 10,
    "home-template": 15,
    "heading": 10,
    "number-in-page": 10,
    "number-random": 10,
    "template-variable": 5,
}
HEAD = "id: lab\ntitle: A lab\nchecks:\n"
ONE = "  - id: one\n    title: One\n    points: 1\n    type: starts\n"


def one(text: str) -> RubricCheck:
    """The only check of a rubric."""
    (check,) = parse_rubric(text.encode(), "lab.yaml").checks
    return check


# ------------------------------------------------------------------------------------------------------ the lab's own


def test_the_lab_has_its_twelve_checks_and_points_in_order() -> None:
    rubric = load_rubric("flask-lab")
    assert {check.id: check.points for check in rubric.checks} == LAB
    assert [check.id for check in rubric.checks] == list(LAB)
    assert rubric.max_score == 100
    assert rubric.pass_mark == 60
    assert rubric.id == "flask-lab"
    assert rubric.entries == ("main.py", "app.py")
    assert "flask" in rubric.packages


def test_every_check_of_the_lab_says_what_it_asks_and_what_to_do() -> None:
    for check in load_rubric("flask-lab").checks:
        assert check.title
        assert check.section in ("Server", "Folders", "Page")
        assert check.hint.endswith(".")
        assert "\\" not in check.hint


def test_checks_of_the_lab_need_only_what_stands_before_them() -> None:
    seen: set[str] = set()
    for check in load_rubric("flask-lab").checks:
        assert set(check.needs) <= seen
        seen.add(check.id)


def test_the_lab_asks_what_it_says() -> None:
    claims = {check.id: check.check for check in load_rubric("flask-lab").checks}
    port = claims["random-port"]
    assert isinstance(port, CHECKS["listens"])
    assert (port.port.from_, port.port.to, port.varies) == (2000, 9000, True)
    (number,) = claims["number-in-page"].expect
    assert (number.integer, number.from_, number.to, number.reads) == (True, 1, 100000, ("The number is {number}",))
    assert claims["binds-all"].host == ("0.0.0.0", "::")
    assert claims["template-variable"].variables == ("random_number",)


def test_the_hash_is_that_of_the_files_bytes() -> None:
    data = (resources.folder("rubrics") / "flask-lab.yaml").read_bytes()
    assert load_rubric("flask-lab").sha256 == hashlib.sha256(data).hexdigest()


# ---------------------------------------------------------------------------------------------------- finding rubrics


def test_every_bundled_rubric_loads() -> None:
    assert "flask-lab" in available()
    for name in available():
        assert load_rubric(name).id == name


@pytest.mark.parametrize("name", ["mine.yaml", "mine.yml", "./mine", "folder/mine"])
def test_a_path_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    shutil.copy(resources.folder("rubrics") / "flask-lab.yaml", tmp_path / name)
    assert load_rubric(name) == load_rubric("flask-lab")


def test_a_bare_name_is_never_looked_for_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flask-lab").write_text(HEAD + ONE)
    (tmp_path / "rubrics").mkdir()
    (tmp_path / "rubrics" / "mine.yaml").write_text(HEAD + ONE)
    assert load_rubric("flask-lab").max_score == 100
    with pytest.raises(RubricError, match='no bundled rubric "mine"'):
        load_rubric("mine")


@pytest.mark.parametrize("name", ["flask_lab", "flasklab", "Flask-lab"])
def test_an_unknown_name_is_told_the_closest_and_all(name: str) -> None:
    with pytest.raises(RubricError) as caught:
        load_rubric(name)
    assert caught.value.message == f'There is no bundled rubric "{name}". Did you mean "flask-lab"?'
    assert "flask-lab" in caught.value.advice
    assert ".yaml" in caught.value.advice


@pytest.mark.parametrize("name", ["", "zzz", "*", ".", "flask-lab\n"])
def test_a_name_like_none_is_only_told_all(name: str) -> None:
    with pytest.raises(RubricError, match="There is no bundled rubric") as caught:
        load_rubric(name)
    assert "flask-lab" in caught.value.advice
    assert "\n" not in str(caught.value)


def test_a_path_that_cannot_be_read_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "file").touch()
    for path, words in {
        tmp_path / "missing.yaml": "There is no rubric file ",
        tmp_path / "folder.yaml": " is a folder.",
        tmp_path / "file" / "below.yaml": " cannot be read: Not a directory.",
        tmp_path / ("x" * 300 + ".yaml"): " cannot be read: File name too long.",
        "a\0b.yaml": " cannot be read: embedded null byte.",
    }.items():
        with pytest.raises(RubricError) as caught:
            load_rubric(str(path))
        assert words in caught.value.message
        assert caught.value.advice
        assert caught.value.faults == ()


def test_a_file_without_permission_is_said_plainly(tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.touch(mode=0)
    user = os.geteuid()
    if user == 0:  # root may read everything: be nobody for a moment
        os.seteuid(65534)
    try:
        with pytest.raises(RubricError, match="cannot be read: Permission denied"):
            load_rubric(str(path))
    finally:
        os.seteuid(user)


def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(RubricError) as caught:
        load_rubric("/dev/zero")
    assert caught.value.faults == ("/dev/zero:1:1: the file is larger than 256 KiB, the most that a rubric may be.",)


def test_faults_begin_with_the_path_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(HEAD + ONE + "    hnit: x\n")
    with pytest.raises(RubricError) as caught:
        load_rubric("./mine.yaml")
    assert caught.value.faults == ('./mine.yaml:8:5: a check has no key "hnit". Did you mean "hint"?',)


# ------------------------------------------------------------------------------------------------------ reading values


def test_what_is_left_out_has_its_default() -> None:
    rubric = parse_rubric((HEAD + ONE).encode(), "lab.yaml")
    assert (rubric.version, rubric.pass_mark, rubric.entries) == ("1", 60, ("main.py", "app.py"))
    assert (rubric.packages, rubric.limits) == (("flask",), Limits())
    (check,) = rubric.checks
    assert (check.section, check.hint, check.needs, check.visibility) == ("", "", (), Visibility.VISIBLE)


def test_everything_that_can_be_said_is_read() -> None:
    head = """
id: lab-2
title: "Second: a lab"
version: "2.1"
pass_mark: 62.5
entry: server.py
packages: [flask, requests]
limits: {start_seconds: 2.5, body_bytes: 1000}
checks:
"""
    more = "    section: Server\n    hint: Look again.\n    visibility: hidden\n"
    rubric = parse_rubric((head + ONE + more).encode(), "lab.yaml")
    assert (rubric.id, rubric.title, rubric.version) == ("lab-2", "Second: a lab", "2.1")
    assert (rubric.pass_mark, rubric.entries) == (Fraction(125, 2), ("server.py",))
    assert rubric.packages == ("flask", "requests")
    assert rubric.limits == Limits(start_seconds=2.5, body_bytes=1000)
    (check,) = rubric.checks
    assert (check.section, check.hint, check.visibility) == ("Server", "Look again.", Visibility.HIDDEN)


@pytest.mark.parametrize(
    ("text", "points"),
    [("2.5", "5/2"), ("0.1", "1/10"), ("10", "10"), ("1e2", "100"), (".5", "1/2"), ("+3.", "3"), ("010", "10")],
)
def test_points_are_exact(text: str, points: str) -> None:
    assert one((HEAD + ONE).replace("points: 1", f"points: {text}")).points == Fraction(points)


@pytest.mark.parametrize(
    "word", ["no", "No", "on", "off", "yes", "y", "0x1F", "0o17", "12:30:45", "2026-11-23", "1_000", "="]
)
def test_words_that_older_yaml_took_for_something_else_are_text(word: str) -> None:
    assert one((HEAD + ONE).replace("title: One", f"title: {word}")).title == word


def test_text_in_a_block_loses_only_the_end_of_its_last_line() -> None:
    text = (
        HEAD
        + ONE.replace("title: One", "title: >\n      One and\n      only")
        + "    hint: |\n      First.\n      Then.\n"
    )
    check = one(text)
    assert (check.title, check.hint) == ("One and only", "First.\nThen.")


def test_one_value_stands_for_a_list_of_one() -> None:
    listed = one(HEAD + ONE.replace("starts", "listens") + '    host: ["::"]\n')
    assert one(HEAD + ONE.replace("starts", "listens") + '    host: "::"\n') == listed


def test_checks_may_need_what_stands_after_them() -> None:
    two = ONE.replace("one", "two").replace("One", "Two")
    first, _ = parse_rubric((HEAD + ONE + "    needs: two\n" + two).encode(), "lab.yaml").checks
    assert first.needs == ("two",)


def test_a_thousand_checks_may_need_each_other_in_a_row() -> None:
    check = "  - {{id: c{}, title: C, points: 1, type: starts, needs: [{}]}}\n"
    needs = {n: ", ".join(f"c{other}" for other in (n + 1, n + 2) if other < 1000) for n in range(1000)}
    checks = "".join(check.format(n, others) for n, others in needs.items())
    assert parse_rubric((HEAD + checks).encode(), "lab.yaml").max_score == 1000


@dataclass(frozen=True, slots=True)
class Own:
    """A check type that the grader does not have."""

    colour: Literal["red", "green"]
    share: float = 0.5
    class_: str | None = None

    def plan(self, evidence: Evidence) -> tuple[Observation, ...]:
        return ()

    def judge(self, evidence: Evidence) -> Outcome:
        return passed("Yes.")


def test_check_types_are_whatever_is_passed_in() -> None:
    text = HEAD + ONE.replace("starts", "own") + "    colour: red\n    share: 1\n    class: x\n"
    (check,) = parse_rubric(text.encode(), "lab.yaml", {"own": Own}).checks
    assert check.check == Own("red", 1.0, "x")
    with pytest.raises(RubricError) as caught:
        parse_rubric((HEAD + ONE).encode(), "lab.yaml", {"own": Own})
    assert caught.value.faults == ('lab.yaml:7:11: there is no check type "starts". Known: own.',)


def test_a_missing_key_of_a_type_names_the_type() -> None:
    with pytest.raises(RubricError) as caught:
        parse_rubric((HEAD + ONE.replace("starts", "own")).encode(), "lab.yaml", {"own": Own})
    assert caught.value.faults == ('lab.yaml:4:5: a check of type own lacks the key "colour".',)


@pytest.mark.parametrize("name", CHECKS)
def test_no_check_type_takes_a_key_that_every_check_has(name: str) -> None:
    assert not set(keys_of(CHECKS[name])) & {field.name for field in fields(CheckHead)}


# --------------------------------------------------------------------------------------------------------------- cost


def test_loading_needs_nothing_heavy() -> None:
    """Every `grade` pays for these imports, before the first server is started."""
    code = "import sys; from grader.rubric import load_rubric; load_rubric('flask-lab'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "yaml" in loaded
    heavy = {"bs4", "lxml", "requests", "rich", "jinja2", "flask", "difflib", "asyncio", "click"}
    assert not heavy & set(loaded)
