"""Two browsers at once: what a student sees, again and again, while somebody who teaches grades anew and releases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from grader.courses import rubrics
from grader.courses.tables import Assignment, Shown
from tests.browser import browsing, served
from tests.department import PASSWORD, Department
from tests.queued import all_ended, until, working
from tests.small_lab import app, rubric

pytestmark = pytest.mark.slow
RUBRIC = rubric("{}")
FIRST, SECOND = "4 of 10 points", "10 of 10 points"


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path / "data", RUBRIC)
    with made.database.writing() as db:
        db.scalars(select(Assignment)).one().show_scores = Shown.ON_RELEASE.value
    yield made
    made.close()


def test_a_student_sees_what_is_released_and_nothing_of_what_is_proposed(
    department: Department, tmp_path: Path
) -> None:
    where = f"/assignments/{department.assignment}"
    work = tmp_path / "main.py"
    work.write_text(app("bye"))
    worker = working(department.settings.data, department.settings.database)
    with served(department.app) as address, worker, browsing(address) as browser:
        student, teacher = browser.page(390), browser.page()
        teacher.on("dialog", lambda dialog: dialog.accept())
        browser.sign_in(student, "sam", PASSWORD)
        browser.sign_in(teacher, "ines", PASSWORD)
        student.goto(where)
        student.get_by_label("A zip, or files").set_input_files(work)
        student.get_by_role("button", name="Hand in", exact=True).click()
        expect(student.get_by_text("It is graded.")).to_be_visible(timeout=60_000)
        assert_score(student, None)
        teacher.goto(student.url)
        assert_score(teacher, FIRST)

        with department.database.writing() as db:
            assignment = db.scalars(select(Assignment)).one()
            rubrics.save(db, assignment, RUBRIC.replace("contains: hello", "contains: bye"), author=None)
        teacher.goto(f"{where}/regrade")
        teacher.get_by_role("button", name="Propose new results").click()
        until(department.database, all_ended, 60)
        student.reload()
        assert_score(student, None)

        teacher.goto(f"{where}/release")
        teacher.get_by_role("button", name="Release the results").click()
        expect(teacher.locator(".lead")).to_contain_text("were released")
        student.reload()
        assert_score(student, FIRST)  # what is proposed counts for nobody

        teacher.goto(f"{where}/regrade")
        teacher.get_by_role("button", name="Accept all").click()
        expect(teacher.get_by_text("No re-grading waits")).to_be_visible()
        student.reload()
        assert_score(student, SECOND)

        teacher.goto(f"{where}/release")
        teacher.get_by_role("button", name="Take the release back").click()
        expect(teacher.get_by_role("button", name="Release the results")).to_be_visible()
        student.reload()
        assert_score(student, None)


def assert_score(page: Page, score: str | None) -> None:
    if score is None:
        expect(page.get_by_text("It is graded.")).to_be_visible()
        assert " of 10" not in page.content()
    else:
        expect(page.get_by_role("img", name=score).first).to_be_visible()
