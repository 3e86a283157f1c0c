"""The first use: `grade serve` on a new folder, by the link that it prints, to a student's first full score."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Browsing, browsing, picture
from tests.serving import address_of, serving

pytestmark = pytest.mark.slow
_PICTURES = os.environ.get("PICTURES")  # a folder for whoever wants to look at them
_CLASS = b"Name,Email\nSam Student,sam@example.edu\nSue Student,sue@example.edu\n"
_PASSWORD = "a password of sam's"  # no secret: of this test alone


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_an_empty_folder_to_a_full_score(tmp_path: Path, reference: Path, script: bool) -> None:
    with serving(tmp_path / "data", "--no-browser") as (_, link), browsing(address_of(link)) as browser:
        teacher = browser.page(script=script)
        come_in(teacher, link, script)
        make_a_course(teacher, script)
        make_an_assignment(teacher)
        invitation = enrol(browser, teacher, script)

        student = browser.page(390, script=script)
        student.goto(invitation)
        look(student, "password", script)
        student.get_by_label("New password").fill(_PASSWORD)
        student.get_by_label("Once more").fill(_PASSWORD)
        student.get_by_role("button", name="Set it and sign in").click()
        look(student, "first page of a student", script)
        hand_in(student, reference, tmp_path, script)

        teacher.get_by_role("link", name="Assignments").click()
        expect(teacher.get_by_text("1 of 2 handed in")).to_be_visible()
        teacher.get_by_role("link", name="The first lab", exact=True).click()
        row = teacher.get_by_role("row").filter(has_text="Sam Student")
        expect(row).to_contain_text("100")
        look(teacher, "gradebook", script)
        row.get_by_role("link", name="Sam Student").click()
        expect(teacher.get_by_role("heading", name="Sam Student")).to_be_visible()


def come_in(page: Page, link: str, script: bool) -> None:
    page.goto(link)
    if not script:
        page.get_by_role("button", name="Open the grader").click()
    expect(page.get_by_text("There is no course yet.")).to_be_visible()
    look(page, "no course", script)


def make_a_course(page: Page, script: bool) -> None:
    page.get_by_role("link", name="New course").click()
    page.get_by_label("Title").fill("Web engineering")
    page.get_by_role("button", name="Make the course").click()
    expect(page.get_by_text("There is no assignment yet.")).to_be_visible()
    look(page, "a new course", script)


def make_an_assignment(page: Page) -> None:
    page.get_by_role("link", name="New assignment").click()
    page.get_by_label("Title").fill("The first lab")
    page.get_by_role("combobox", name="Rubric").select_option("flask-lab")
    page.get_by_role("button", name="Make the assignment").click()
    expect(page.get_by_role("link", name="The first lab", exact=True)).to_be_visible()


def enrol(browser: Browsing, page: Page, script: bool) -> str:
    """The link with which the student gets in."""
    look(page, "the first assignment", script)
    page.get_by_role("link", name="add its people").click()
    page.get_by_label("Class list").set_input_files({"name": "class.csv", "mimeType": "text/csv", "buffer": _CLASS})
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("2 new account")).to_be_visible()
    look(page, "class list", script)
    page.get_by_role("button", name="Apply it").click()
    expect(page.get_by_text("2 people have no password yet")).to_be_visible()
    look(page, "people", script)
    if script:
        browser.assert_accessible(page)
    page.get_by_role("button", name="Link to sign in for Sam Student").click()
    look(page, "a link", script)
    expect(page.get_by_text("It leads to this machine")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_be_visible(visible=script)
    link = page.locator("#secret").inner_text()
    page.get_by_role("link", name="Back to the people").click()
    return link


def hand_in(page: Page, reference: Path, tmp_path: Path, script: bool) -> None:
    page.get_by_role("link", name="Web engineering").click()
    page.get_by_role("link", name="The first lab").click()
    look(page, "to hand in", script)
    ignored = shutil.ignore_patterns("__pycache__")
    page.get_by_label("A whole folder").set_input_files(shutil.copytree(reference, tmp_path / "app", ignore=ignored))
    page.get_by_role("button", name="Hand in", exact=True).click()
    waiting = page.get_by_text(re.compile("Waiting to be graded|Grading has begun")).first  # it is also said aloud
    expect(waiting).to_be_visible()
    look(page, "watching", script)
    expect(page.get_by_text("Everything is right")).to_be_visible(timeout=90_000)
    expect(page.get_by_role("img", name="100 of 100 points")).to_be_visible()
    look(page, "report", script)


def look(page: Page, name: str, script: bool) -> None:
    if _PICTURES:
        picture(page, Path(_PICTURES, f"{name.replace(' ', '-')}-{'script' if script else 'plain'}.png"))
