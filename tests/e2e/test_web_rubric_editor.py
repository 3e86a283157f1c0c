"""The rubric editor in a real browser, with a real worker behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from grader.courses.tables import Grading, GradingState
from tests import queued
from tests.browser import Browsing, browsing, served
from tests.department import PASSWORD, Department
from tests.small_lab import app, rubric

pytestmark = pytest.mark.slow

GOOD = rubric("{}")
LESS = GOOD.replace("points: 6", "points: 16")  # of what was seen already
OTHER = GOOD.replace("path: /,", "path: /elsewhere,")  # which nobody has asked for yet


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    made = Department(tmp_path_factory.mktemp("department"), GOOD)
    with made.database.writing() as db:
        queued.queued(db, made.settings.data, {"main.py": app("hello")})
    with queued.working(made.settings.data, made.settings.database, "--jobs", "1"):
        queued.until(made.database, queued.all_ended)
        yield made
    made.close()


@pytest.fixture
def browser(department: Department) -> Iterator[Browsing]:
    with served(department.app) as address, browsing(address) as found:
        yield found


def opened(browser: Browsing, department: Department, *, script: bool = True, width: int = 1280) -> Page:
    page = browser.page(width, script=script)
    browser.sign_in(page, "ines", PASSWORD)
    page.goto(f"/assignments/{department.assignment}/rubric")
    return page


def gradings(department: Department) -> list[Grading]:
    with department.database.reading() as db:
        return list(db.query(Grading).where(Grading.state == GradingState.CURRENT.value))


def test_mistakes_stand_at_their_lines_while_it_is_typed(browser: Browsing, department: Department) -> None:
    page = opened(browser, department)
    text = page.get_by_label("Text (YAML)")
    text.fill(GOOD.replace("type: starts", "type: startz"))
    expect(page.get_by_role("status")).to_have_text("1 mistake. Nothing can be saved before they are mended.")
    assert page.locator(".lines .faulty").all_inner_texts() == ["7"]
    page.get_by_role("link", name="Line 7").click()
    selected = page.evaluate("document.activeElement.value.slice(document.activeElement.selectionStart)")
    assert selected.startswith("startz")
    browser.assert_accessible(page)
    text.fill(GOOD)
    expect(page.get_by_role("status")).to_contain_text("2 checks, 10 points. No mistake.")
    assert page.locator(".lines .faulty").count() == 0


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_text_is_tried_without_changing_anybodys_points(
    browser: Browsing, department: Department, script: bool
) -> None:
    before = [(one.id, one.score) for one in gradings(department)]
    page = opened(browser, department, script=script)
    page.get_by_label("Text (YAML)").fill(LESS)
    page.get_by_role("button", name="Try this text on it").click()
    expect(page.get_by_role("heading", name="Sam by this text: 20 of 20 (10 of 10 until now)")).to_be_visible()
    assert "It says hello" in page.get_by_role("article", name="Report").inner_text()
    if script:
        assert page.get_by_label("Text (YAML)").input_value() == LESS
    assert [(one.id, one.score) for one in gradings(department)] == before


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_what_nobody_has_seen_is_run_for_it(browser: Browsing, department: Department, script: bool) -> None:
    before = [(one.id, one.score) for one in gradings(department)]
    page = opened(browser, department, script=script)
    page.get_by_label("Text (YAML)").fill(OTHER)
    page.get_by_role("button", name="Try this text on it").click()
    heading = page.get_by_role("heading", name="Sam by this text: 4 of 10 (10 of 10 until now)")
    expect(heading).to_be_visible(timeout=30_000)
    assert "/elsewhere" in page.get_by_role("article", name="Report").inner_text()
    assert [(one.id, one.score) for one in gradings(department)] == before


def test_a_saved_text_is_in_force(browser: Browsing, department: Department) -> None:
    page = opened(browser, department, width=390)
    page.get_by_label("Text (YAML)").fill(GOOD + "# kinder\n")
    page.get_by_label("What changed, for those who teach with you").fill("a comment")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Version 2 is in force.")).to_be_visible()
    page.get_by_role("link", name="2", exact=True).click()
    expect(page.get_by_role("heading", name="Version 2 of the rubric")).to_be_visible()
    browser.assert_accessible(page)


def test_it_is_for_everybody(browser: Browsing, department: Department) -> None:
    browser.assert_accessible_everywhere(f"/assignments/{department.assignment}/rubric", "ines", PASSWORD)
