"""Watching a grading in a real browser, with real streams; what is told is written as a worker writes it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from grader.courses import jobs, progress
from grader.courses.jobs import Claim
from grader.courses.progress import Moment
from tests import queued
from tests.browser import LOOKS, Browsing, browsing, served
from tests.department import PASSWORD, Department
from tests.small_lab import SECRET, app, rubric

pytestmark = pytest.mark.slow

RUBRIC = rubric("{}") + SECRET
_SERVER = """
import ast, sys
from pathlib import Path
from waitress import serve
from grader.web.app import create_app
from grader.web.settings import Settings
data, url, secret, port = ast.literal_eval(sys.argv[1])
serve(create_app(Settings(Path(data), url, secret)), host="127.0.0.1", port=port, threads=8)
"""
STARTED = [
    Moment("start", "Starting your program, as you do"),
    Moment("check", "", "starts", "looking"),
    Moment("request", "GET /secret", hidden=True),
    Moment("request", "GET /"),
]
VERDICTS = [Moment("check", "It starts", "starts", "passed"), Moment("check", "It says hello", "home", "failed")]


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    made = Department(tmp_path_factory.mktemp("department"), RUBRIC)
    yield made
    made.close()


@pytest.fixture
def department(everybody: Department) -> Department:
    with everybody.database.writing() as db:
        queued.clear(db)
    return everybody


def hand_in(department: Department) -> str:
    with department.database.writing() as db:
        files = {"main.py": app("hello")}
        return queued.queued(db, department.settings.data, files).attempt.key


def begin(department: Department) -> Claim:
    with department.database.writing() as db:
        claim = jobs.take(db, "w")
    assert claim is not None
    return claim


def tell(department: Department, claim: Claim, moments: list[Moment]) -> None:
    with department.database.writing() as db:
        held = jobs.held(db, claim)
        assert held is not None
        progress.note(db, held, moments)


def opened(browser: Browsing, key: str, width: int = 1280, *, script: bool = True, dark: bool = False) -> Page:
    page = browser.page(width, script=script, dark=dark)
    browser.sign_in(page, "sam", PASSWORD)
    browser.watch_shifts(page)
    page.goto(f"/attempts/{key}")
    return page


def status(page: Page, check: str) -> str | None:
    return page.locator(f"[data-check={check}]").get_attribute("data-status")


@pytest.mark.parametrize("streams", [32, 0], ids=["told", "asking"])
def test_rows_change_in_place_and_are_right_again_after_a_reload(department: Department, streams: int) -> None:
    key = hand_in(department)
    department.app.extensions["streams"]._most = streams
    with served(department.app) as address, browsing(address) as browser:
        page = opened(browser, key)
        expect(page.locator("[data-live-headline]")).to_have_text("Waiting to be graded.")
        expect(page.locator("[data-live-now]")).to_have_text("It is next.")
        tops = page.locator("[data-check]").evaluate_all("rows => rows.map(row => row.getBoundingClientRect().top)")
        claim = begin(department)
        expect(page.locator("[data-live-headline]")).to_have_text("Grading has begun.")
        tell(department, claim, STARTED)
        expect(page.locator("[data-live-now]")).to_have_text("GET /")
        expect(page.locator("[data-check=starts]")).to_have_attribute("data-status", "looking")
        tell(department, claim, VERDICTS)
        expect(page.locator("[data-check=home] [data-live-status]")).to_have_text("not passed")
        after = page.locator("[data-check]").evaluate_all("rows => rows.map(row => row.getBoundingClientRect().top)")
        assert after == tops  # nothing moved
        assert browser.shifted(page) == 0
        dot = page.locator(".live-dot").evaluate("dot => getComputedStyle(dot).animationName")
        assert dot == "none"  # whoever wants no motion gets none
        assert page.locator("[role=status]").inner_text() != ""
        page.reload()
        assert (status(page, "starts"), status(page, "home")) == ("passed", "failed")
        assert "secret" not in page.content()
    department.app.extensions["streams"]._most = 32


def test_the_report_comes_by_itself_when_a_worker_is_done(department: Department) -> None:
    key = hand_in(department)
    with served(department.app) as address, browsing(address) as browser:
        page = opened(browser, key)
        teacher = browser.page(390)
        browser.sign_in(teacher, "ines", PASSWORD)
        teacher.goto(f"/attempts/{key}")
        expect(teacher.locator("[data-check=secret]")).to_have_count(1)
        with queued.working(department.settings.data, department.settings.database, "--jobs", "1"):
            expect(page.locator("[data-live]")).to_have_count(0, timeout=60_000)
            expect(teacher.locator("[data-live]")).to_have_count(0, timeout=60_000)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert "secret" not in page.content()


def test_without_script_the_page_comes_again_and_again_until_the_report(department: Department) -> None:
    key = hand_in(department)
    with served(department.app) as address, browsing(address) as browser:
        page = opened(browser, key, script=False)
        expect(page.locator("[data-live-headline]")).to_have_text("Waiting to be graded.")
        with queued.working(department.settings.data, department.settings.database, "--jobs", "1"):
            expect(page.locator("[data-live]")).to_have_count(0, timeout=60_000)


def serving(department: Department, port: int) -> subprocess.Popen[bytes]:
    """The application in a process of its own, which can be killed."""
    order = repr((str(department.settings.data), department.settings.database, department.settings.secret, port))
    process = subprocess.Popen([sys.executable, "-c", _SERVER, order])
    until = time.monotonic() + 30
    while True:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return process
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_server_that_is_killed_and_started_anew_loses_nothing_and_the_page_goes_on(department: Department) -> None:
    key = hand_in(department)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = serving(department, port)
    try:
        with browsing(f"http://127.0.0.1:{port}") as browser:
            page = opened(browser, key)
            expect(page.locator("[data-live-headline]")).to_have_text("Waiting to be graded.")
            server.kill()
            server.wait(10)
            claim = begin(department)  # the worker is another process, and goes on
            tell(department, claim, STARTED)
            time.sleep(3)  # the page finds nobody
            server = serving(department, port)
            expect(page.locator("[data-live-now]")).to_have_text("GET /", timeout=30_000)
            tell(department, claim, VERDICTS)
            expect(page.locator("[data-check=starts]")).to_have_attribute("data-status", "passed")
            browser.complaints = [one for one in browser.complaints if "ERR_" not in one]
    finally:
        server.kill()
        server.wait(10)


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_it_is_accessible(department: Department, width: int, dark: bool) -> None:
    key = hand_in(department)
    claim = begin(department)
    tell(department, claim, [*STARTED, *VERDICTS[1:]])
    with served(department.app) as address, browsing(address) as browser:
        page = opened(browser, key, width, dark=dark)
        browser.assert_accessible(page)
