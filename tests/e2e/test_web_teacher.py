"""An instructor's whole path in a real browser, before a real server and a real worker; with JavaScript and without."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from grader.courses import rubrics
from grader.courses.tables import Assignment, Attempt, Grading, GradingState, Override, Shown
from grader.sources import Kind
from tests.browser import LOOKS, Browsing, browsing, served
from tests.department import PASSWORD, Department
from tests.exports import class_of, write_export
from tests.queued import all_ended, until, working
from tests.small_lab import app, rubric

pytestmark = pytest.mark.slow

RUBRIC = rubric("{}")
CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (4711)\n    Points Possible,,,,,10\n"


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path / "data", RUBRIC)
    with made.database.writing() as db:
        db.scalars(select(Assignment)).one().show_scores = Shown.ON_RELEASE.value
    yield made
    made.close()


@pytest.fixture
def address(department: Department) -> Iterator[str]:
    with served(department.app) as address, working(department.settings.data, department.settings.database):
        yield address


@pytest.fixture
def browser(address: str) -> Iterator[Browsing]:
    with browsing(address) as browser:
        yield browser


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Six people: one says something else, one handed in nothing that can be graded."""
    people = class_of(6, lambda n: {"main.py": app("bye" if n == 3 else "hello").encode(), "n.txt": str(n).encode()})
    people[5] = replace(people[5], files={"notes.txt": b"sorry"})
    return write_export(Kind.CANVAS, tmp_path / "submissions.zip", people)


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """Eight people whose programs take their time."""
    people = class_of(8, lambda n: {"main.py": b"import time\ntime.sleep(2)\n" + app("hello").encode()})
    return write_export(Kind.MOODLE, tmp_path / "slow.zip", people)


def teacher(browser: Browsing, login: str = "ines", **how: object) -> Page:
    page = browser.page(**how)  # type: ignore[arg-type]
    page.on("dialog", lambda dialog: dialog.accept())
    browser.sign_in(page, login, PASSWORD)
    return page


def sure(page: Page, script: bool) -> None:
    """What a question asks where there is a script, a box asks where there is none."""
    if not script:
        page.get_by_label(re.compile(r"^\s*Yes, ")).check()


def uploaded(department: Department, page: Page, export: Path) -> None:
    page.goto(f"/assignments/{department.assignment}/import")
    page.get_by_label("The export").set_input_files(export)
    page.get_by_role("button", name="Upload and grade").click()
    page.wait_for_url("**/imports/*")


def graded(department: Department) -> None:
    until(department.database, lambda db: db.scalar(select(func.count(Attempt.id))) == 6, 60)
    until(department.database, all_ended, 120)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_instructors_whole_path(
    department: Department, browser: Browsing, export: Path, tmp_path: Path, script: bool
) -> None:
    page = teacher(browser, script=script)
    page.goto(f"/assignments/{department.assignment}/gradebook")
    expect(page.get_by_role("link", name="Sam")).to_be_visible()

    uploaded(department, page, export)
    if script:  # without a reload, numbers and rows come to their ends
        expect(page.locator("[data-state]")).to_have_text("All of it is done.", timeout=120_000)
    else:
        graded(department)
        page.reload()
    expect(page.locator("[data-state]")).to_have_text("All of it is done.")
    expect(page.locator("[data-count=done]")).to_have_text("4")
    expect(page.locator("[data-count=failed]")).to_have_text("1")
    expect(page.locator("[data-count=not_gradable]")).to_have_text("1")
    page.get_by_text("why").first.click()

    page.get_by_role("link", name="Gradebook", exact=True).first.click()
    page.wait_for_url("**/gradebook")  # with its script
    page.get_by_label("Lost points in").select_option("home")
    if not script:
        page.get_by_role("button", name="Show").click()
    expect(page.locator(".found")).to_contain_text("1 of 8 people")
    page.locator(".book tbody a").first.click()

    checks = page.locator(".checks-of > li", has_text="It says hello")
    checks.get_by_text("Give points").first.click()
    checks.get_by_label("Points").fill("5")
    checks.get_by_label("Reason").fill("It says so in Dutch.")
    checks.get_by_role("button", name="Give").click()
    expect(page.locator(".counters").last).to_contain_text("9")
    expect(page.locator(".trail")).to_contain_text("It says so in Dutch.")
    expect(page.locator(".trail")).to_contain_text("Score 4 → 9")

    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        rubrics.save(db, assignment, RUBRIC.replace("points: 4", "points: 14"), author=None)
    page.goto(f"/assignments/{department.assignment}/regrade")
    page.get_by_role("button", name="Propose new results").click()
    until(department.database, all_ended, 60)
    page.goto(f"/assignments/{department.assignment}/regrade")
    expect(page.locator(".proposals")).to_contain_text("10 of 10")
    expect(page.locator(".proposals")).to_contain_text("20 of 20")
    expect(page.locator(".proposals")).to_contain_text("judged from what was seen")
    sure(page, script)
    page.get_by_role("button", name=re.compile("Accept all")).click()
    expect(page.get_by_role("status").first).to_contain_text("accepted")
    expect(page.get_by_text("No re-grading waits")).to_be_visible()

    page.goto(f"/assignments/{department.assignment}/gradebook?lost=home")
    page.locator(".book tbody a").first.click()
    page.get_by_label("Grade attempt 1 again").select_option("run")
    page.get_by_role("button", name="Propose a new result").click()
    expect(page.get_by_role("status").first).to_contain_text("1 to be graded again")
    until(department.database, all_ended, 60)
    page.goto(f"/assignments/{department.assignment}/regrade")
    page.get_by_text("would stay as they are").click()
    page.get_by_role("button", name="Reject all").click()
    if not script:  # the box is not ticked yet
        expect(page.get_by_text("would stay as they are")).to_be_visible()
        sure(page, script)
        page.get_by_role("button", name="Reject all").click()
    expect(page.get_by_text("No re-grading waits")).to_be_visible()

    page.goto(f"/assignments/{department.assignment}/release")
    sure(page, script)
    page.get_by_role("button", name="Release the results").click()
    expect(page.locator(".lead")).to_contain_text("were released")

    theirs = tmp_path / "canvas.csv"
    rows = "".join(f'"Student, 000{n}",{1000 + n},,,A,\n' for n in range(6))
    theirs.write_text(CANVAS + rows)
    page.goto(f"/assignments/{department.assignment}/export")
    page.get_by_label("The gradebook as the platform").set_input_files(theirs)
    page.get_by_role("button", name="Show who is matched").click()
    expect(page.locator(".preview .counters")).to_contain_text("People matched6Grades to write5")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download canvas.csv").click()
    found = list(csv.reader(io.StringIO(Path(download.value.path()).read_text())))
    assert [row[-1] for row in found[2:]] == ["20", "20", "20", "19", "20", ""]


def test_rows_are_there_while_they_are_graded_and_do_not_move(
    department: Department, browser: Browsing, slow: Path
) -> None:
    page = teacher(browser)
    browser.watch_shifts(page)
    uploaded(department, page, slow)
    page.wait_for_selector("tr[data-place]")
    statistics = teacher(browser, "ada")
    statistics.goto(f"/assignments/{department.assignment}/statistics")
    expect(page.locator("[data-count=done]")).not_to_have_text("0", timeout=60_000)
    assert browser.shifted(page) < 0.02
    expect(page.locator("tr[data-place] .badge.good").first).to_be_visible()
    expect(statistics.locator(".figures dd").first).to_have_text("8", timeout=60_000)  # nobody reloads it


def test_an_import_is_cancelled(department: Department, browser: Browsing, slow: Path) -> None:
    page = teacher(browser)
    uploaded(department, page, slow)
    page.wait_for_selector("tr[data-place]")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-state]")).to_have_text("It was cancelled.")
    until(department.database, all_ended, 60)
    page.get_by_label("State").select_option("cancelled")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tr[data-place] .badge").first).to_have_text("cancelled")


def test_one_gives_points_while_another_grades_again(department: Department, browser: Browsing, export: Path) -> None:
    one, other = teacher(browser), teacher(browser, "ada")
    uploaded(department, one, export)
    expect(one.locator("[data-state]")).to_have_text("All of it is done.", timeout=120_000)
    one.goto(f"/assignments/{department.assignment}/gradebook?lost=home")
    one.locator(".book tbody a").first.click()  # her page is open while the other begins
    other.goto(f"/assignments/{department.assignment}/gradebook")
    other.get_by_label("Grade again").select_option("all")
    other.get_by_label("How").select_option("run")
    other.get_by_role("button", name="Propose new results").click()
    checks = one.locator(".checks-of > li", has_text="It says hello")
    checks.get_by_text("Give points").first.click()
    checks.get_by_label("Points").fill("6")
    checks.get_by_label("Reason").fill("Shown in class.")
    checks.get_by_role("button", name="Give").click()
    expect(one.locator(".trail")).to_contain_text("Shown in class.")
    until(department.database, all_ended, 120)
    other.goto(f"/assignments/{department.assignment}/regrade")
    other.get_by_role("button", name=re.compile("Accept all")).click()
    expect(other.get_by_text("No re-grading waits")).to_be_visible()
    one.goto(f"/assignments/{department.assignment}/gradebook?status=overridden")
    expect(one.locator(".book tbody .total").first).to_contain_text("10")
    with department.database.reading() as db:
        assert db.scalars(select(Override)).one().withdrawn is None
        states = db.scalars(select(Grading.state)).all()
        assert states.count(GradingState.CURRENT.value) == 6


def test_every_page_is_for_everybody(department: Department, browser: Browsing, export: Path) -> None:
    """axe finds nothing, and nothing is wider than the window: both widths, both themes, empty and full."""
    key = department.assignment
    names = ("gradebook", "import", "regrade", "release", "statistics", "export")
    page = teacher(browser)
    for name in names:
        page.goto(f"/assignments/{key}/{name}")
        browser.assert_accessible(page)
    uploaded(department, page, export)
    page.wait_for_selector("tr[data-place]")
    browser.assert_accessible(page)
    watch = page.url
    expect(page.locator("[data-state]")).to_have_text("All of it is done.", timeout=120_000)
    page.goto(f"/assignments/{key}/gradebook?lost=home")
    page.locator(".book tbody a").first.click()
    person = page.url.partition("#")[0]
    page.locator(".checks-of summary").first.click()
    page.locator(".checks-of").get_by_label("Points").first.fill("1")
    page.locator(".checks-of").get_by_label("Reason").first.fill("Why not.")
    page.locator(".checks-of").get_by_role("button", name="Give").first.click()
    with department.database.writing() as db:
        rubrics.save(db, db.scalars(select(Assignment)).one(), RUBRIC.replace("points: 4", "points: 5"), author=None)
    page.goto(f"/assignments/{key}/regrade")
    page.get_by_role("button", name="Propose new results").click()
    until(department.database, all_ended, 60)
    paths = [*(f"/assignments/{key}/{name}" for name in names), watch, person]
    for width, dark in LOOKS:
        page = teacher(browser, width=width, dark=dark)
        for path in paths:
            page.goto(path)
            if path == person:
                for summary in page.locator("main summary").all():
                    summary.click()
            browser.assert_accessible(page)
        page.goto(f"/assignments/{key}/export")
        page.get_by_label("Where the grades go").select_option("csv")
        page.get_by_role("button", name="Show who is matched").click()
        browser.assert_accessible(page)
        page.context.close()


def test_the_gradebook_is_read_by_keyboard(department: Department, browser: Browsing, export: Path) -> None:
    page = teacher(browser)
    uploaded(department, page, export)
    expect(page.locator("[data-state]")).to_have_text("All of it is done.", timeout=120_000)
    page.goto(f"/assignments/{department.assignment}/gradebook")
    page.get_by_label("Find").focus()
    page.keyboard.type("0003")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_contain_text("1 of 8 people")
    page.locator(".book thead a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    page.locator(".book tbody input").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".book tbody input").first).to_be_checked()
