"""The HTML report in a real browser: it shows, it runs nothing of the student's, it fetches nothing."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.render.html import render
from tests.conftest import Grade

CHROMIUM = [
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
]
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "<img src='http://127.0.0.1:{port}/seen'><link rel=stylesheet href='http://127.0.0.1:{port}/seen'>"
    "<iframe src='http://127.0.0.1:{port}/seen'></iframe><meta http-equiv=refresh content='0;url=http://127.0.0.1:{port}/'>"
)


def chromium(tmp_path: Path, *arguments: str) -> str:
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    run = subprocess.run([*CHROMIUM, profile, *arguments], capture_output=True, text=True, check=True, timeout=120)
    return run.stdout


@pytest.fixture
def report(grade: Grade, reference: Path, tmp_path: Path) -> Iterator[tuple[Path, list[str]]]:
    """The report of a lab whose page, name, route and error are hostile; and every request that the page provokes."""
    hits: list[str] = []

    class Witness(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Witness)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    evil = HOSTILE.format(port=server.server_address[1])
    app = Path(shutil.copytree(reference, tmp_path / "lab"))
    (app / "templates/base.html").write_text(f"<h2>{evil}</h2>{evil}")
    route = f"@app.route({'/' + evil!r})\ndef evil():\n    raise ValueError({evil!r})\n\n"
    source = (app / "main.py").read_text()
    (app / "main.py").write_text(source.replace('@app.route("/")', route + '@app.route("/")'))
    page = tmp_path / "report.html"
    page.write_text(render(grade(app)), encoding="utf-8")
    yield page, hits
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_nothing_of_the_student_s_runs_or_is_fetched(report: tuple[Path, list[str]], tmp_path: Path) -> None:
    page, hits = report
    assert "owned" in page.read_text()
    dom = chromium(tmp_path, "--virtual-time-budget=3000", "--dump-dom", page.as_uri())
    title = dom.split("<title>")[1].split("</title>")[0]
    assert title.startswith("lab")
    assert hits == []


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, 1), (390, 0)], ids=["wide and light", "narrow and dark"])
def test_it_can_be_looked_at(report: tuple[Path, list[str]], tmp_path: Path, width: int, scheme: int) -> None:
    page, _ = report
    picture = tmp_path / "page.png"
    options = (
        f"--screenshot={picture}",
        f"--window-size={width},1600",
        f"--blink-settings=preferredColorScheme={scheme}",
    )
    chromium(tmp_path, *options, page.as_uri())
    assert picture.stat().st_size > 20_000
