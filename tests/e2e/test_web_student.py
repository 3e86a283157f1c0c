"""A student's whole path in a real browser, before a real server and a real worker; with JavaScript and without."""

from __future__ import annotations

import re
import shutil
import socket
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from grader import resources
from grader.courses.tables import Assignment, Attempt, Enrolment, User
from grader.store.tables import now
from tests.browser import LOOKS, Browsing, browsing, served
from tests.department import PASSWORD, Department
from tests.queued import working
from tests.small_lab import app, rubric

pytestmark = pytest.mark.slow

LAB = (resources.folder("rubrics") / "flask-lab.yaml").read_text("utf-8")
DROP = """
([name, files]) => {
  // As a browser hands over a dropped folder: entries that are read bit by bit.
  const entry = (path, file) => ({ isFile: true, name: path.split("/").pop(), file: (done) => done(file) });
  const reader = (inner) => { const left = [inner]; return { readEntries: (done) => done(left.pop() || []) }; };
  const folder = (name, inner) => ({ isDirectory: true, name, createReader: () => reader(inner) });
  const tree = {};
  for (const [path, text] of Object.entries(files)) {
    const parts = path.split("/"), last = parts.pop();
    let at = tree;
    for (const part of parts) at = at[part] ||= {};
    at[last] = new File([text], last);
  }
  const inside = (node) => Object.entries(node).map(([name, inner]) => walk(name, inner));
  const walk = (name, node) => node instanceof File ? entry(name, node) : folder(name, inside(node));
  const event = new Event("drop", { bubbles: true, cancelable: true });
  event.dataTransfer = { items: [{ kind: "file", webkitGetAsEntry: () => walk(name, tree) }], files: [] };
  document.getElementById("drop").dispatchEvent(event);
}
"""


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    made = Department(tmp_path_factory.mktemp("department"), LAB)
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(department: Department) -> Iterator[str]:
    with served(department.app) as address, working(department.settings.data, department.settings.database):
        yield address


@pytest.fixture
def browser(address: str) -> Iterator[Browsing]:
    with browsing(address) as browser:
        yield browser


@pytest.fixture
def broken(tmp_path: Path, reference: Path) -> Path:
    """The lab with a port that is not the one asked for."""
    folder = Path(shutil.copytree(reference, tmp_path / "lab", ignore=shutil.ignore_patterns("__pycache__")))
    source = (folder / "main.py").read_text()
    (folder / "main.py").write_text(source.replace("2000", "1000"))
    return folder


def zipped(folder: Path) -> Path:
    packed = folder.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    return packed


def newcomer(department: Department, login: str) -> str:
    """Another student of the course, for whom nothing has happened yet."""
    with department.database.writing() as db:
        hashed = db.scalars(select(User.password).where(User.login == "sam")).one()
        user = User(login=login, name=login.title(), password=hashed)
        db.add(user)
        db.flush()
        course = db.scalars(select(Assignment.course_id)).first()
        db.add(Enrolment(user_id=user.id, course_id=course))
    return login


def to_the_lab(browser: Browsing, page: Page, login: str) -> None:
    """From the front page, as somebody finds it."""
    browser.sign_in(page, login, PASSWORD)
    page.get_by_role("link", name="Networks").first.click()
    page.get_by_role("link", name="The lab").first.click()
    expect(page.get_by_role("heading", name="What is asked")).to_be_visible()


def hand_in(page: Page) -> None:
    page.get_by_role("button", name="Hand in", exact=True).click()
    page.wait_for_url("**/attempts/*")


def until_report(page: Page, said: str) -> None:
    """It comes by itself; without a script, too."""
    expect(page.get_by_text(said).first).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_students_whole_path(
    department: Department, browser: Browsing, broken: Path, reference: Path, script: bool
) -> None:
    page = browser.page(script=script)
    to_the_lab(browser, page, newcomer(department, f"whole{script:d}"))
    page.get_by_label("A whole folder").set_input_files(broken)
    if script:
        expect(page.locator("#chosen")).to_contain_text("lab/templates/base.html")
    hand_in(page)
    until_report(page, "Fix this first")
    expect(page.get_by_text("can give 1000").first).to_be_visible()
    expect(page.get_by_role("heading", name="The lab")).to_be_visible()

    page.get_by_role("link", name="Hand in another").click()
    mended = Path(shutil.copytree(reference, broken.parent / "mended", ignore=shutil.ignore_patterns("__pycache__")))
    page.get_by_label("A zip, or files").set_input_files(zipped(mended))
    hand_in(page)
    until_report(page, "Everything is right")
    page.get_by_role("link", name="What changed since attempt 1").click()
    expect(page.get_by_text("+10").first).to_be_visible()
    expect(page.locator(".come").filter(has_text="randint(2000, 9000)")).to_be_visible()
    expect(page.locator(".gone").filter(has_text="randint(1000, 9000)")).to_be_visible()

    page.get_by_role("link", name="The lab").click()
    rows = page.locator(".attempts tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("100 of 100 +10")
    expect(rows.nth(0)).to_contain_text("counts")
    expect(rows.nth(1)).to_contain_text("90 of 100")


def test_a_dropped_folder_is_read_as_deep_as_it_goes(
    department: Department, browser: Browsing, reference: Path
) -> None:
    page = browser.page()
    to_the_lab(browser, page, newcomer(department, "drops"))
    files = {
        "main.py": (reference / "main.py").read_text(),
        "templates/base.html": (reference / "templates/base.html").read_text(),
        ".git/config": "x",
        ".venv/pyvenv.cfg": "x",
        ".venv/lib/flask.py": "x",
    }
    page.evaluate(DROP, ["lab", files])
    chosen = page.locator("#chosen")
    expect(chosen).to_contain_text("2 files")
    expect(chosen).to_contain_text("left out: .venv")
    hand_in(page)
    until_report(page, "of 100")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download the files")).click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.namelist() == ["lab/main.py", "lab/templates/base.html"]


def test_what_is_chosen_before_the_script_is_there_is_handed_in(
    department: Department, browser: Browsing, reference: Path
) -> None:
    page = browser.page()
    browser.sign_in(page, newcomer(department, "early"), PASSWORD)
    held: list[Route] = []
    page.route("**/web-upload.js*", lambda route: held.append(route))
    page.goto(f"/assignments/{department.assignment}", wait_until="commit")
    page.get_by_label("A zip, or files").set_input_files(reference / "main.py")
    expect(page.locator("#chosen")).not_to_contain_text("Chosen")
    until_held(page, held)
    held[0].continue_()
    expect(page.locator("#chosen")).to_contain_text("Chosen: main.py")
    hand_in(page)


def until_held(page: Page, held: list[Route]) -> None:
    while not held:
        page.wait_for_timeout(20)


def test_what_is_too_large_is_not_even_sent(department: Department, browser: Browsing, tmp_path: Path) -> None:
    page = browser.page()
    to_the_lab(browser, page, newcomer(department, "large"))
    large = tmp_path / "lab.zip"
    large.write_bytes(bytes(33 << 20))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.get_by_label("A zip, or files").set_input_files(large)
    expect(page.get_by_role("alert")).to_contain_text("at most 32.0 MB")
    expect(page.get_by_role("button", name="Hand in", exact=True)).to_be_disabled()
    assert "POST" not in asked


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_what_is_refused_is_told_on_the_page(
    department: Department, browser: Browsing, tmp_path: Path, script: bool
) -> None:
    page = browser.page(script=script)
    to_the_lab(browser, page, newcomer(department, f"refused{script:d}"))
    (tmp_path / "lab.7z").write_bytes(b"7z")
    page.get_by_label("A zip, or files").set_input_files(tmp_path / "lab.7z")
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="only zips are")).to_be_visible()


def test_a_bomb_is_kept_and_is_not_gradable(department: Department, browser: Browsing, tmp_path: Path) -> None:
    page = browser.page()
    to_the_lab(browser, page, newcomer(department, "bomb"))
    bomb = tmp_path / "lab.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main.py", bytes(40 << 20))
    page.get_by_label("A zip, or files").set_input_files(bomb)
    hand_in(page)
    until_report(page, "This could not be graded")
    expect(page.get_by_text("hundreds of times its size")).to_be_visible()
    expect(page.get_by_text("no zero either")).to_be_visible()
    looked_at(browser, page.context.storage_state(), [urlsplit(page.url).path])


def test_it_is_graded_while_nobody_looks_and_two_windows_see_the_same(
    department: Department, browser: Browsing, reference: Path
) -> None:
    login = newcomer(department, "twice")
    page = browser.page()
    to_the_lab(browser, page, login)
    other = browser.page(storage_state=page.context.storage_state())
    page.get_by_label("A whole folder").set_input_files(reference)
    hand_in(page)
    other.goto(urlsplit(page.url).path)
    page.goto("about:blank")
    until_report(other, "Everything is right")


def test_a_connection_that_breaks_leaves_nothing(department: Department, address: str, browser: Browsing) -> None:
    page = browser.page()
    to_the_lab(browser, page, newcomer(department, "breaks"))
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies())
    place = urlsplit(address)
    before = sorted((department.settings.data / "uploads").rglob("*"))
    with department.database.reading() as db:
        count = db.scalar(select(func.count(Attempt.id)))
    head = (
        f"POST /assignments/{department.assignment}/hand-in HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="files"; filename="lab.zip"\r\n\r\nPK'
    )
    for _ in range(3):
        with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
            connection.sendall(head.encode() + bytes(300_000))
    page.reload()
    expect(page.get_by_text("You have handed in nothing yet.")).to_be_visible()
    assert sorted((department.settings.data / "uploads").rglob("*")) == before
    with department.database.reading() as db:
        assert db.scalar(select(func.count(Attempt.id))) == count


def test_every_page_is_for_everybody(department: Department, browser: Browsing, broken: Path, reference: Path) -> None:
    """axe finds nothing, and nothing is wider than the window: both widths, both themes."""
    page = browser.page()
    lab = f"/assignments/{department.assignment}"
    to_the_lab(browser, page, newcomer(department, "axe"))
    empty = page.context.storage_state()
    looked_at(browser, empty, [lab])
    addresses = []
    for folder, said in ((broken, "Fix this first"), (reference, "Everything is right")):
        page.goto(lab)
        page.get_by_label("A whole folder").set_input_files(folder)
        hand_in(page)
        addresses.append(urlsplit(page.url).path)
        until_report(page, said)
    compare = f"{addresses[0]}/compare/{addresses[1].rpartition('/')[2]}"
    looked_at(browser, page.context.storage_state(), [lab, *addresses, compare])


def looked_at(browser: Browsing, state: object, paths: list[str]) -> None:
    for width, dark in LOOKS:
        page = browser.page(width, dark=dark, storage_state=state)
        for path in paths:
            page.goto(path)
            browser.assert_accessible(page)
        page.context.close()


def test_pages_of_what_has_no_score_are_for_everybody_too(tmp_path: Path) -> None:
    """Waiting, closed, not gradable, not shown: before a server without a worker."""
    department = Department(tmp_path / "closed", rubric("{}"))
    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        assignment.closes = now() - timedelta(days=1)
    with served(department.app) as address, browsing(address) as own:
        page = own.page()
        own.sign_in(page, "sam", PASSWORD)
        looked_at(own, page.context.storage_state(), [f"/assignments/{department.assignment}"])
        with department.database.writing() as db:
            db.scalars(select(Assignment)).one().closes = None
        page.goto(f"/assignments/{department.assignment}")
        work = tmp_path / "main.py"
        work.write_text(app("hello"))
        page.get_by_label("A zip, or files").set_input_files(work)
        hand_in(page)
        looked_at(own, page.context.storage_state(), [urlsplit(page.url).path])
    department.close()
