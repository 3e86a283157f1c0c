"""`grade serve`, killed while somebody watches how their work is graded: nothing is lost, and the page goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from grader.courses.tables import Attempt, Grading, GradingState, Job
from tests.browser import browsing
from tests.department import PASSWORD, Department
from tests.queued import all_ended, until, working
from tests.serving import address_of, descendants, free_port, kill_all, serving
from tests.small_lab import app, rubric

pytestmark = pytest.mark.slow
_SLOW = "import time\ntime.sleep(4)\n" + app("hello")
_WITHOUT_EVENTS = "delete window.EventSource"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> list[str]:
    """Options of `grade serve`."""
    if request.param == "sqlite":
        return []
    url = request.getfixturevalue("postgresql").new()
    return ["--database", url.replace("postgresql://", "postgresql+psycopg://")]


@pytest.fixture
def department(tmp_path: Path, database: list[str]) -> Iterator[Department]:
    """With a server, the files in one place and the tables in another."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    made = Department(folder, rubric("{}"), *database[1:])
    yield made
    made.close()


def assert_graded_once(department: Department) -> None:
    until(department.database, all_ended)
    with department.database.reading() as db:
        assert len(db.scalars(select(Attempt)).all()) == 1
        assert [(one.state, one.score) for one in db.scalars(select(Grading))] == [(GradingState.CURRENT.value, "10")]
        assert [job.state for job in db.scalars(select(Job))] == ["done"]


@pytest.mark.parametrize("how", ["told", "asking", "without script"])
def test_a_page_that_watches_goes_on_after_a_power_cut(
    department: Department, database: list[str], how: str, tmp_path: Path
) -> None:
    port, data, work = free_port(), department.settings.data, tmp_path / "main.py"
    work.write_text(_SLOW)
    options = ("--no-browser", "--jobs", "1", *database)
    with serving(data, *options, port=port) as (first, link), browsing(address_of(link)) as browser:
        page = browser.page(script=how != "without script")
        if how == "asking":
            page.add_init_script(_WITHOUT_EVENTS)
        browser.sign_in(page, "sam", PASSWORD)
        page.goto(f"/assignments/{department.assignment}")
        page.get_by_label("A zip, or files").set_input_files(work)
        page.get_by_role("button", name="Hand in", exact=True).click()
        expect(page.locator("[data-live-now]")).to_contain_text("Starting", timeout=60_000)
        watched = page.url
        if how == "without script":  # it comes again by itself, and finds nobody
            with page.expect_event("requestfailed"):
                kill_all(first)
        else:
            kill_all(first)
        with serving(data, *options, port=port) as (_, again):
            assert address_of(again) == address_of(link)
            if how == "without script":
                page.goto(watched)  # as somebody who presses Reload
            expect(page.get_by_text("Everything is right")).to_be_visible(timeout=90_000)
            expect(page.get_by_role("link", name="Sam")).to_be_visible()  # signed in, as before
        browser.complaints = [one for one in browser.complaints if "ERR_" not in one]
    assert_graded_once(department)


def test_a_server_alone_is_killed_and_its_worker_ends_in_order(
    department: Department, database: list[str], tmp_path: Path
) -> None:
    data, work = department.settings.data, tmp_path / "main.py"
    work.write_text(_SLOW)
    options = ("--no-browser", "--jobs", "1", *database)
    with serving(data, *options, port=free_port()) as (first, link), browsing(address_of(link)) as browser:
        page = browser.page()
        browser.sign_in(page, "sam", PASSWORD)
        page.goto(f"/assignments/{department.assignment}")
        page.get_by_label("A zip, or files").set_input_files(work)
        page.get_by_role("button", name="Hand in", exact=True).click()
        expect(page.locator("[data-live-now]")).to_contain_text("Starting", timeout=60_000)
        below = descendants(first.pid)
        first.kill()
        first.wait(10)
        with working(data, department.settings.database, "--jobs", "1"):  # another one, of nobody
            until(department.database, all_ended, 90)
        until(department.database, lambda _: not any(os.path.exists(f"/proc/{one}") for one in below))
        browser.complaints = [one for one in browser.complaints if "ERR_" not in one]
    assert_graded_once(department)


def test_a_worker_of_its_own_goes_on_while_the_server_is_away(
    department: Department, database: list[str], tmp_path: Path
) -> None:
    port, data, work = free_port(), department.settings.data, tmp_path / "main.py"
    work.write_text(_SLOW)
    options = ("--no-browser", "--jobs", "0", *database)
    worker = working(data, department.settings.database, "--jobs", "1")
    with worker, serving(data, *options, port=port) as (first, link), browsing(address_of(link)) as browser:
        page = browser.page()
        browser.sign_in(page, "sam", PASSWORD)
        page.goto(f"/assignments/{department.assignment}")
        page.get_by_label("A zip, or files").set_input_files(work)
        page.get_by_role("button", name="Hand in", exact=True).click()
        expect(page.locator("[data-live-now]")).to_contain_text("Starting", timeout=60_000)
        kill_all(first)
        with serving(data, *options, port=port):
            expect(page.get_by_text("Everything is right")).to_be_visible(timeout=90_000)
        browser.complaints = [one for one in browser.complaints if "ERR_" not in one]
    assert_graded_once(department)
    with department.database.reading() as db:
        assert [job.tries for job in db.scalars(select(Job))] == [1]
