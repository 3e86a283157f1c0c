"""What cannot be taken back is asked once more; where no script asks, a box in the form has to be ticked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from grader.courses import accounts, rubrics
from grader.courses.tables import Assignment, Enrolment, GradingState, Import, Override, Role, Token, User
from grader.errors import NotGradableError
from grader.model import Kept
from grader.pipeline import not_gradable
from tests.department import Department
from tests.reported import keep
from tests.small_lab import rubric

RUBRIC = rubric("{}")
_FORM = re.compile(r'<form method="post"(?:(?! method=).)*?</form>', re.DOTALL)
_BOX = re.compile(r'<noscript><label class="check sure"><input type="checkbox" required> Yes, [^<]+</label></noscript>')
_ASKED = {
    "/admin/users/SUE": ("/admin/users/SUE", "/link", "/sessions", "/tokens", "/active", "/forget"),
    "/courses/COURSE/people": ("/links", "/role", "/remove"),
    "/courses/COURSE/edit": ("/archive",),
    "/assignments/LAB/regrade": ("/regrade/decide",),
    "/assignments/LAB/release": ("/release",),
    "/assignments/LAB/people/SUE": ("/withdraw",),
    "/imports/IMPORT": ("/cancel",),
    "/account/tokens": ("/revoke",),
}


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path / "data", RUBRIC)
    yield made
    made.close()


@pytest.fixture
def keys(department: Department) -> dict[str, str]:
    """Something that can be destroyed on every page."""
    result = Kept(not_gradable("lab", rubrics.parse(RUBRIC), NotGradableError("It holds no Python file.", "Do.")))
    attempt = keep(department, result, login="sue", given={"": "5"})
    keep(department, result, state=GradingState.PROPOSED, of=attempt)
    sue = department.user("sue")
    with department.database.writing() as db:
        lab = db.scalars(select(Assignment)).one()
        assert db.scalars(select(Override)).one().withdrawn is None
        for owner in (sue, department.user("ada")):
            db.add(Token(user_id=owner.id, label="a script", sha256=owner.login or ""))
        fresh = accounts.create_user(db, "fresh", "Fresh", Role.STUDENT)
        db.add(Enrolment(user_id=fresh.id, course_id=lab.course_id, role=Role.STUDENT.value))
        read = Import(assignment_id=lab.id, by_id=sue.id, filename="class.zip", state="reading")
        db.add(read)
        db.flush()
        return {"SUE": sue.key, "COURSE": department.course, "LAB": department.assignment, "IMPORT": read.key}


@pytest.mark.slow
@pytest.mark.parametrize("path", _ASKED)
def test_without_a_script_a_box_has_to_be_ticked(department: Department, keys: dict[str, str], path: str) -> None:
    text = department.client("ada").get(_filled(path, keys)).text
    forms = [form for form in _FORM.findall(text) if "data-confirm" in form]
    assert all(_BOX.search(form) for form in forms), [form for form in forms if not _BOX.search(form)]
    for action in _ASKED[path]:
        address = re.compile(rf'action="[^"]*{_filled(action, keys)}"')
        assert any(address.search(form) or action == path for form in forms), action


def _filled(path: str, keys: dict[str, str]) -> str:
    for name, key in keys.items():
        path = path.replace(name, key)
    return path


@pytest.mark.slow
def test_a_release_is_asked_about_when_it_is_taken_back_too(department: Department) -> None:
    ines = department.client("ines")
    department.post(ines, f"/assignments/{department.assignment}/release")
    form = _FORM.findall(ines.get(f"/assignments/{department.assignment}/release").text)[-1]
    assert "/unrelease" in form
    assert "data-confirm" in form
    assert _BOX.search(form)


@pytest.mark.slow
def test_those_that_were_ticked_need_no_second_tick(department: Department, keys: dict[str, str]) -> None:
    text = department.client("ines").get(_filled("/assignments/LAB/regrade", keys)).text
    for button in re.findall(r'<button name="do" value="(?:accept|reject)"[^>]*>', text):
        assert "formnovalidate" in button
    for button in re.findall(r'<button[^>]* value="(?:accept|reject)-all"[^>]*>', text):
        assert "formnovalidate" not in button


def test_an_admin_changes_a_name_and_a_role_each_alone(department: Department) -> None:
    ada, key = department.client("ada"), department.user("sue").key
    department.post(ada, f"/admin/users/{key}", name="Susan")
    department.post(ada, f"/admin/users/{key}", role="instructor")
    with department.database.reading() as db:
        found = db.scalars(select(User).where(User.key == key)).one()
        assert (found.name, found.role) == ("Susan", "instructor")
