"""The report in a real browser: nothing of the student's runs or is fetched; it can be read by everybody."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from grader.errors import NotGradableError, UngradedError
from grader.launch.launcher import Launcher
from grader.model import Kept, Rubric
from grader.pipeline import How, grade_kept, not_gradable, ungraded
from tests.browser import Browsing, browsing, served
from tests.conftest import ROOT
from tests.department import Department
from tests.reported import keep, let_in, with_pages

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
_OURS = re.compile(r"/(look/[\w-]+|static/[\w.-]+|attempts/[\w-]+/(page/[\w.]+|report\.json))")
_EVIL = """
</iframe></details></main><script>document.title='owned'; parent.document.title='owned'; alert(1)</script>
<script>top.location = '/owned'</script><script src="/static/report.js"></script>
<img src=x onerror="document.title='owned'; alert(2)"><svg onload="alert(3)"></svg><body onload="alert(4)">
<link rel=preconnect href="http://127.0.0.1:PORT"><LINK rel="dns-prefetch preconnect" href="http://127.0.0.1:PORT/">
<link rel=stylesheet href="http://127.0.0.1:PORT/style.css"><style>@import "http://127.0.0.1:PORT/import.css";
h1 { background: url(http://127.0.0.1:PORT/background.png) }
@font-face { font-family: x; src: url(http://127.0.0.1:PORT/font) } body { font-family: x }</style>
<img src="http://127.0.0.1:PORT/picture.png"><img src="/sign-out"><iframe src="http://127.0.0.1:PORT/frame"></iframe>
<iframe src="/sign-in"></iframe><object data="http://127.0.0.1:PORT/object"></object><embed src="/account">
<video src="http://127.0.0.1:PORT/video" autoplay></video><base href="http://127.0.0.1:PORT/" target="_top">
<meta http-equiv="refresh" content="0; url=http://127.0.0.1:PORT/refresh">
<meta http-equiv=refresh content="0;url=/owned"><a href="javascript:alert(5)">x</a>
<form action="http://127.0.0.1:PORT/form" target=_top><button autofocus>Go</button></form>
\u202e\u2066 turned \u0000 <h1 style="position:fixed;inset:0">Hello, there!</h1> "'>
"""


class Witness:
    """A port that nobody may connect to."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._socket.accept()[0].close()
                self.connections += 1

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    made = Witness()
    yield made
    made.close()


@pytest.fixture(scope="module")
def results(
    lab: Rubric, launcher: Launcher, witness: Witness, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Kept]:
    """Real results of labs that fail in different ways, and two without a score."""
    evil = _EVIL.replace("PORT", str(witness.port))
    hostile = tmp_path_factory.mktemp("hostile")
    source = f"import flask\napp = flask.Flask(__name__)\nE = {evil!r}\n"
    source += "@app.route('/')\ndef home():\n    print(E)\n    return E\n"
    source += f"@app.route('/'+{'<b>x</b>'!r}.replace('<', '&lt;'))\ndef evil():\n    raise ValueError(E)\n"
    source += "if __name__ == '__main__':\n    app.run(port=5000)  # </script><script>alert(6)</script>\n"
    (hostile / "main.py").write_text(source)
    huge = tmp_path_factory.mktemp("huge")
    (huge / "main.py").write_text(source.replace("    return E\n", "    return E + '<h1>' + '<p>x' * 250000\n"))
    apps = {name: ROOT / "tests/apps" / name for name in ("heading-misspelt", "crash-in-view", "template-missing")}
    works = {"finished": ROOT / "student_app", **apps, "hostile": hostile, "huge": huge}
    made = {name: grade_kept(path, lab, launcher, How()) for name, path in works.items()}
    made["ungraded"] = Kept(ungraded("lab", lab, UngradedError("The sandbox broke.", "Grade it again.")))
    made["nothing"] = Kept(not_gradable("lab", lab, NotGradableError("lab holds no Python file.", "Hand one in.")))
    return made


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = with_pages(Department(tmp_path / "data", (ROOT / "rubrics/flask-lab.yaml").read_text()))
    yield made
    made.close()


@pytest.fixture
def asked(department: Department) -> list[str]:
    """The paths that a browser really asks for."""
    seen: list[str] = []
    application = department.app.wsgi_app

    def noting(environ: Any, begin: Any) -> Any:
        seen.append(environ["PATH_INFO"])
        return application(environ, begin)

    department.app.wsgi_app = noting  # type: ignore[method-assign]
    return seen


@pytest.fixture
def browser(department: Department, asked: list[str]) -> Iterator[Browsing]:
    with served(department.app) as address, browsing(address) as found:
        yield found


@pytest.fixture
def look(department: Department, browser: Browsing, results: dict[str, Kept]) -> Open:
    """look(name, width=…, dark=…, script=…) -> the page of a result, signed in as the student whose it is"""
    keys: dict[str, str] = {}

    def look(name: str, path: str = "/look/{key}", **window: object) -> Page:
        given = {"heading": "8", "": "85"} if name == "heading-misspelt" else {}
        if name not in keys:
            keys[name] = keep(department, results[name], given=given, late=90_000)
        page = browser.page(**window)  # type: ignore[arg-type]
        let_in(department, page, browser.address, "sam")
        page.goto(path.format(key=keys[name]))
        return page

    return look


def assert_only_its_own_policy_was_broken(browser: Browsing) -> None:
    """What the browser complained of is that the student's page was kept from something, never ours."""
    theirs = ("sandbox", "style-src 'unsafe-inline'", "default-src 'none'", "img-src data:", "base-uri 'none'")
    assert [c for c in browser.complaints if "nonce-" in c or not any(t in c for t in theirs)] == []
    browser.complaints.clear()


# -------------------------------------------------------------------------------------------------------------- hostile


@pytest.mark.parametrize("name", ["hostile", "huge"])
def test_nothing_of_the_student_s_runs_or_is_fetched(
    name: str,
    browser: Browsing,
    look: Open,
    witness: Witness,
    department: Department,
    results: dict[str, Kept],
    asked: list[str],
) -> None:
    page = look(name, "/sign-in")
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    key = _key(department)
    asked.clear()
    page.goto(f"/look/{key}")
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    for frame in page.locator("iframe").all():
        frame.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    assert page.title() == "Report · weblab-grader"
    assert sum("/page/" in path for path in asked) >= 1
    assert page.locator("main iframe").count() == page.locator("iframe").count() > 0
    assert page.evaluate("document.activeElement.tagName") == "BODY"  # a frame takes nobody's focus
    if name == "hostile":
        page.locator("#page ~ details a").focus()
        passed = [_next_by_keyboard(page) for _ in range(30)]
        assert "IFRAME" in passed
        assert passed[-1] != "IFRAME"  # nor does it keep it
    page.goto(f"/attempts/{key}/page/{_home(results[name])}", wait_until="commit")  # alone
    page.wait_for_timeout(1000)
    assert "owned" not in page.title()
    assert page.url.endswith(_home(results[name]))
    assert not dialogs
    assert [path for path in asked if not _OURS.fullmatch(path)] == []
    assert witness.connections == 0
    assert_only_its_own_policy_was_broken(browser)


def _key(department: Department) -> str:
    from grader.courses.tables import Attempt

    with department.database.reading() as db:
        found: str = db.query(Attempt.key).scalar()
    return found


def _next_by_keyboard(page: Page) -> str:
    page.keyboard.press("Tab")
    found: str = page.evaluate("document.activeElement.tagName")
    return found


def _home(kept: Kept) -> str:
    return next(e.id for e in kept.report.exchanges if e.request.path == "/")


def test_the_student_s_page_is_in_the_frame(look: Open) -> None:
    page = look("heading-misspelt")
    page.locator("#page ~ details iframe").scroll_into_view_if_needed()
    frame = page.frame_locator("#page ~ details iframe")
    assert frame.locator("h1").inner_text().startswith("Teh number is ")


# ------------------------------------------------------------------------------------------------------------ everybody


@pytest.mark.parametrize("name", ["heading-misspelt", "crash-in-view", "nothing"])
def test_a_report_is_accessible_at_both_widths_and_in_both_themes(browser: Browsing, look: Open, name: str) -> None:
    page = look(name)
    for width, scheme in ((1280, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if width == 390:  # as it is first, then with all of it unfolded
            page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        browser.assert_accessible(page)


def test_the_checks_stand_at_the_left_and_are_a_fold_where_it_is_narrow(look: Open) -> None:
    wide, narrow = look("crash-in-view", width=1280), look("crash-in-view", width=390)
    assert wide.locator("nav.checks a").first.is_visible()
    assert wide.locator("nav.checks").evaluate("e => getComputedStyle(e).position") == "sticky"
    assert not narrow.locator("nav.checks a").first.is_visible()
    narrow.get_by_text("Checks and points").click()
    assert narrow.locator("nav.checks a").first.is_visible()


def test_by_keyboard_alone_a_bar_of_the_strip_leads_to_its_request(look: Open) -> None:
    page = look("crash-in-view")
    page.locator(".strip a").nth(1).focus()
    page.keyboard.press("Tab")
    target = page.evaluate("document.activeElement.getAttribute('href')")
    assert target.startswith("#request-")
    page.keyboard.press("Enter")
    opened = page.locator(f"[id='{target[1:]}']")
    opened.wait_for(state="visible")
    assert opened.get_attribute("open") is not None
    assert page.evaluate("document.activeElement.parentElement.id") == target[1:]


def test_by_keyboard_alone_nobody_has_to_pass_every_bar(look: Open) -> None:
    page = look("crash-in-view")
    past = page.locator(".past")
    past.focus()
    assert past.evaluate("one => one.getBoundingClientRect().left") > 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('section').getAttribute('aria-labelledby')") == "starts"


def test_by_keyboard_alone_a_folded_check_opens(look: Open) -> None:
    page = look("finished")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("#check-starts > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#check-starts").get_attribute("open") is not None


def test_a_link_to_a_check_opens_it(look: Open) -> None:
    page = look("finished")
    page.locator("nav.checks a[href='#check-starts']").click()
    page.wait_for_function("document.getElementById('check-starts').open")


def test_a_request_is_copied_as_a_command(look: Open) -> None:
    page = look("crash-in-view", permissions=["clipboard-read", "clipboard-write"])
    box = page.locator("#check-home-route .exchange").first
    box.locator("> summary").click()
    box.get_by_role("button", name="copy").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl ")


def test_without_javascript_it_can_be_read_and_opened(look: Open) -> None:
    page = look("crash-in-view", script=False)
    assert page.get_by_text("Fix this first").is_visible()
    assert page.locator("nav.checks a").first.is_visible()
    page.locator("#check-starts > summary").click()
    assert page.locator("#check-starts .inside").is_visible()


def test_where_the_reader_has_set_the_colours_all_is_still_told_apart(look: Open) -> None:
    page = look("heading-misspelt", forced_colors="active")
    sign = "one => getComputedStyle(one, '::before').content"
    assert page.locator(".check.failed .sign").first.evaluate(sign) == '"✗"'
    assert page.locator(".check.passed .sign").first.evaluate(sign) == '"✓"'
    line = "one => getComputedStyle(one).borderBottomStyle"
    assert [page.locator(f".check {name}").first.evaluate(line) for name in ("del", "ins")] == ["dashed", "solid"]
    page = look("crash-in-view", forced_colors="active")
    fill = "one => getComputedStyle(one).fill"
    kinds = ("ready", "answered", "failed")
    assert len({page.locator(f".strip .{kind}").first.evaluate(fill) for kind in kinds}) == 3


def test_on_paper_all_is_unfolded_and_nothing_is_there_to_press(look: Open) -> None:
    page = look("crash-in-view")
    page.emulate_media(media="print", color_scheme="light")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#check-starts .message").is_visible()
    for hidden in ("nav.checks", "iframe", "button", ".bar"):
        assert all(not part.is_visible() for part in page.locator(hidden).all()), hidden
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#check-starts").get_attribute("open") is None
    assert len(page.pdf()) > 10_000
