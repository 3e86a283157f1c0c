"""Accounts, courses, people and assignments in a real browser: by hand, by keyboard, at both widths, in both themes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from grader.courses.tables import Assignment, Course, Token
from grader.store.tables import now
from grader.web.entering import Door
from tests.browser import Browsing, browsing, served
from tests.department import PASSWORD, Department
from tests.small_lab import rubric

pytestmark = pytest.mark.slow
_PICTURES = os.environ.get("PICTURES")  # a folder for whoever wants to look at them
_ROSTER = "Name,Email\n" + "".join(f"Student {n},s{n}@example.edu\n" for n in range(12)) + "Nobody,\n"


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path, rubric("{}"))
    with made.database.writing() as db:
        course = db.scalars(select(Course).where(Course.key == made.course)).one()
        for title, due in (("A guestbook", 20), ("HTTP by hand", -3), ("Sessions and cookies: in and out", None)):
            at = now() + timedelta(days=due) if due is not None else None
            db.add(Assignment(course_id=course.id, title=title, due=at, most_attempts=5))
        db.add(Token(user_id=made.user("sam").id, label="a script of mine", sha256="0" * 64))
    yield made
    made.close()


@pytest.fixture
def browser(department: Department) -> Iterator[Browsing]:
    with served(department.app) as address, browsing(address) as found:
        yield found


def look(browser: Browsing, page: Page, name: str) -> None:
    browser.assert_accessible(page)
    if _PICTURES:
        page.screenshot(path=Path(_PICTURES, f"{name}.png"), full_page=True)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_class_and_an_assignment_are_set_up(department: Department, browser: Browsing, script: bool) -> None:
    page = browser.page(390, script=script, timezone_id="America/New_York")
    browser.sign_in(page, "ines", PASSWORD)
    page.goto("/courses/new")
    page.get_by_label("Title").fill("Web engineering")
    page.get_by_role("button", name="Make the course").click()
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("Class list").set_input_files(
        {"name": "class.csv", "mimeType": "text/csv", "buffer": _ROSTER.encode()}
    )
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("12 new account")).to_be_visible()
    if script:
        look(browser, page, "roster-390")
    page.get_by_role("button", name="Apply it").click()
    expect(page.get_by_role("heading", name="13 people")).to_be_visible()
    page.get_by_role("button", name="Link to sign in for Student 3").click()
    expect(page.locator("#secret")).to_contain_text("/password?token=")
    if script:
        look(browser, page, "link-390")
    page.get_by_role("link", name="Web engineering").click()
    page.get_by_role("link", name="New assignment").click()
    page.get_by_label("Title").fill("Cookies")
    page.get_by_role("textbox", name="Due").fill("2026-07-15T23:59")
    expect(page.get_by_text("Times are")).to_contain_text("America/New York" if script else "in UTC")
    page.get_by_role("button", name="Make the assignment").click()
    expect(page.get_by_role("link", name="Cookies", exact=True)).to_be_visible()
    with department.database.reading() as db:
        due = db.scalars(select(Assignment.due).where(Assignment.title == "Cookies")).one()
    written = datetime(2026, 7, 15, 23, 59)
    assert due == (written + timedelta(hours=4) if script else written)  # summer time of that day
    page.get_by_role("link", name="Edit Cookies").click()
    expect(page.get_by_role("textbox", name="Due")).to_have_value("2026-07-15T23:59")  # as it was written
    page.get_by_role("button", name="Save").click()
    with department.database.reading() as db:
        assert db.scalars(select(Assignment.due).where(Assignment.title == "Cookies")).one() == due


def test_a_text_of_ones_own_has_a_field_when_it_is_chosen(department: Department, browser: Browsing) -> None:
    page = browser.page()
    browser.sign_in(page, "ines", PASSWORD)
    page.goto(f"/courses/{department.course}/assignments/new")
    expect(page.get_by_label("Text of the rubric")).to_be_hidden()
    page.get_by_label("Title").fill("Mine")
    page.get_by_role("combobox", name="Rubric").select_option("a text of my own")
    page.get_by_label("Text of the rubric").fill("id: mine\ncheks: []\n")
    page.get_by_role("button", name="Make the assignment").click()
    expect(page.get_by_role("alert")).to_contain_text("rubric.yaml:2")
    look(browser, page, "faults-1280")
    assert "cheks" in page.get_by_label("Text of the rubric").input_value()


def test_what_cannot_be_undone_is_asked_once_more(department: Department, browser: Browsing) -> None:
    page = browser.page()
    browser.sign_in(page, "sam", PASSWORD)
    page.goto("/account/tokens")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("rowheader", name="a script of mine")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()


def test_everything_is_reached_by_keyboard(department: Department, browser: Browsing) -> None:
    page = browser.page()
    page.goto("/sign-in")
    page.keyboard.type("sam")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Courses")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Networks")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Networks", level=1)).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_printed_link_leads_in(tmp_path: Path, script: bool) -> None:
    laptop = Department(tmp_path / "laptop", rubric("{}"), local=True)
    door = laptop.app.extensions["door"] = Door()
    with served(laptop.app) as address, browsing(address) as browser:
        page = browser.page(script=script)
        page.goto(f"/enter?token={door.token}")
        if not script:
            page.get_by_role("button", name="Open the grader").click()
        expect(page.get_by_role("heading", name="Courses")).to_be_visible()
        other = browser.page()
        other.goto(f"/enter?token={door.token}")
        expect(other.get_by_role("heading", name="does not work any more")).to_be_visible()
        browser.assert_accessible(other)
    laptop.close()
