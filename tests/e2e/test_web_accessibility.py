"""Every page of the web application, by its addresses, in a real browser: a page that is added is walked, too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Response

from grader.launch.launcher import Launcher
from grader.model import Kept, Rubric
from tests.browser import LOOKS, Browsing, browsing, served
from tests.department import Department
from tests.reported import let_in
from tests.term import LAB, Asked, Term, fill, graded

pytestmark = pytest.mark.slow

# What these need is not there: a link to come in by, a provider, a job. They are pages all the same.
REFUSED = {"live.events", "live.now_and_then", "entering.page", "entering.password", "oidc.begin", "oidc.back"}
PRINTED = {"student.attempt", "teaching.gradebook", "teaching.statistics_page", "teaching.regrade", "teaching.watch"}
_SMALL = """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden]), select')].filter(
  (one) => {
    const within = /^(checkbox|radio)$/.test(one.type) && one.closest('label');
    const box = (within || one).getBoundingClientRect();
    if (!box.width || !box.height || one.closest('.skip, svg')) return false;
    const sentence = getComputedStyle(one).display === 'inline'; // a link in a text is as high as the text
    return !sentence && (box.width < 23.5 || box.height < 23.5);
  }).map((one) => one.outerHTML.slice(0, 160))"""
_LEVELS = "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((one) => Number(one.tagName[1]))"
_NAMELESS = "document.title.startsWith(' ') || document.title.startsWith('·')"


@pytest.fixture(scope="module")
def results(lab: Rubric, launcher: Launcher) -> dict[str, Kept]:
    return graded(lab, launcher)


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    made = Department(tmp_path_factory.mktemp("term"), LAB)
    yield made
    made.close()


@pytest.fixture(scope="module")
def term(department: Department, results: dict[str, Kept]) -> Term:
    return fill(department, results)


@pytest.fixture
def browser(department: Department) -> Iterator[Browsing]:
    """What it asks of another site fails the test in the end."""
    with served(department.app) as address, browsing(address) as browser:
        yield browser


@pytest.mark.parametrize(("width", "dark"), LOOKS, ids=["390-dark", "1280-light"])
def test_every_page(department: Department, term: Term, browser: Browsing, width: int, dark: bool) -> None:
    """axe finds nothing, nothing is wider than the window, headings are in order, nothing moves, a finger hits what it
    should, and the keyboard gets everywhere."""
    windows: dict[str, Page] = {}
    wrong: list[str] = []
    titles: dict[str, str] = {}
    for asked in term.pages(department.app):
        if asked.login not in windows:
            windows[asked.login] = browser.page(width, dark=dark)
            browser.watch_shifts(windows[asked.login])
        page = windows[asked.login]
        if asked.login and not page.context.cookies():
            let_in(department, page, browser.address, asked.login)
        answer = _page(department, page, asked)
        if answer is None:
            continue
        try:
            _assert_well_made(browser, page)
            if asked.name in PRINTED:
                browser.assert_on_paper(page)
            assert asked.status == answer.status or asked.name in REFUSED, f"answered {answer.status}"
        except AssertionError as found:
            wrong.append(f"{asked.name} ({asked.path}): {found}")
        titles.setdefault(asked.path, page.title())
    assert not wrong, "\n\n".join(wrong)


def _page(department: Department, page: Page, asked: Asked) -> Response | None:
    """None: it is no page, but a file, a stream or a document."""
    with department.client(asked.login).get(asked.path, buffered=False) as first:
        if first.mimetype != "text/html" or "report.page" in asked.name:
            return None
    return page.goto(asked.path)


def _assert_well_made(browser: Browsing, page: Page) -> None:
    browser.assert_accessible(page)
    shifted = browser.shifted(page)
    assert shifted < 0.05, f"what it shows moves by {shifted:.3f} while it is opened"
    browser.assert_reached_by_keyboard(page)
    levels = page.evaluate(_LEVELS)
    assert levels.count(1) == 1, f"{levels.count(1)} h1"
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), f"headings {levels}"
    assert not page.evaluate(_NAMELESS), "it has no title"
    small = page.evaluate(_SMALL)
    assert not small, f"too small for a finger: {small[:6]}"
