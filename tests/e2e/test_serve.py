"""`grade serve` as somebody starts it: a link that lets in once, and nothing left behind in the end."""

from __future__ import annotations

import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.serving import ENV, descendants, line_of, serving

pytestmark = pytest.mark.slow
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def grade(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, env={**ENV, **environment})


def enter(link: str) -> requests.Response:
    """As a browser does: look at the page, press its button."""
    browser = requests.Session()
    found = _TOKEN.search(browser.get(link, timeout=10).text)
    if found is None or "token=" not in link:
        return browser.get(link, timeout=10)
    form = {"csrf_token": found[1], "token": link.partition("token=")[2]}
    return browser.post(link.partition("?")[0], data=form, timeout=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_link_lets_in_once_and_nothing_stays_behind(tmp_path: Path, number: signal.Signals) -> None:
    data = tmp_path / "data"
    with serving(data, "--no-browser") as (process, link):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/enter\?token=[\w-]{40,}", link)
        inside = enter(link)
        assert inside.status_code == 200
        assert "There is no course yet." in inside.text
        again = enter(link)
        assert again.status_code == 410
        assert "does not work any more" in again.text
        assert requests.get(link.replace("127.0.0.1", "localhost"), timeout=10).status_code == 410
        forged = requests.get(link, headers={"Host": "evil.example"}, timeout=10)
        assert (forged.status_code, forged.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
        until = time.monotonic() + 20
        while not (below := descendants(process.pid)) and time.monotonic() < until:
            time.sleep(0.1)
        assert below  # the worker
        process.send_signal(number)
        assert process.wait(30) == 0
        assert [one for one in below if Path("/proc", str(one)).exists()] == []
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "secret.key").stat().st_mode) == 0o600
    said = (tmp_path / "said").read_text()
    assert "signs you in, once" in said
    assert "Ended." in said
    assert "Traceback" not in said


def test_a_restart_signs_nobody_out_and_prints_another_link(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data, "--no-browser", "--jobs", "0") as (process, first):
        cookies = requests.Session()
        found = _TOKEN.search(cookies.get(first, timeout=10).text)
        assert found is not None
        form = {"csrf_token": found[1], "token": first.partition("token=")[2]}
        cookies.post(first.partition("?")[0], data=form, timeout=10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    with serving(data, "--no-browser", "--jobs", "0") as (_, second):
        assert second.partition("token=")[2] != first.partition("token=")[2]
        base = second.partition("/enter")[0]
        answer = requests.get(f"{base}/account", cookies=cookies.cookies.get_dict(), allow_redirects=False, timeout=10)
        assert answer.status_code == 200


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("x" * 64)
    (tmp_path / "secret.key").chmod(0o644)
    done = grade("serve", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "Others may read" in done.stderr


def test_another_address_demands_accounts(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    everywhere = ("serve", "--data", data, "--host", "0.0.0.0", "--port", "0")
    unnamed = grade(*everywhere)
    assert (unnamed.returncode, unnamed.stdout) == (2, "")
    assert "--trusted-host" in unnamed.stderr
    nobody = grade(*everywhere, "--trusted-host", "grader.example.edu")
    assert (nobody.returncode, nobody.stdout) == (2, "")
    assert "grade admin create" in nobody.stderr


def test_the_first_admin_signs_in_behind_a_proxy(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    made = grade("admin", "create", "Ada@Example.edu", "--name", "Ada", "--data", data, stdin="a long password\n")
    assert made.returncode == 0, made.stderr
    assert grade("admin", "create", "ada@example.edu", "--data", data, stdin="a long password\n").returncode == 2
    assert grade("admin", "create", "x", "--data", data, stdin="short\n").returncode == 2
    assert grade("admin", "list", "--data", data).stdout.split() == ["admin", "ada@example.edu", "Ada"]
    assert grade("admin", "list", "--data", str(tmp_path / "none")).returncode == 2
    changed = grade("admin", "password", "ada@example.edu", "--data", data, stdin="a longer password\n")
    assert changed.returncode == 0
    command = [sys.executable, "-m", "grader", "serve", "--data", data, "--port", "0", "--jobs", "0",
               "--behind-proxy", "--https", "--trusted-host", "grader.example.edu"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            said = line_of(process.stderr.fileno())
            assert "Warning" not in said
            base = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert base is not None
            headers = {
                "X-Forwarded-Host": "grader.example.edu",
                "X-Forwarded-Proto": "https",
                "X-Forwarded-For": "203.0.113.9",
                "Referer": "https://grader.example.edu/sign-in",
            }
            page = requests.get(f"{base[0]}/sign-in", headers=headers, timeout=10)
            token = _TOKEN.search(page.text)
            assert token is not None
            form = {"csrf_token": token[1], "login": "ada@example.edu", "password": "a longer password"}
            ((name, value),) = page.cookies.get_dict().items()
            assert name == "__Host-grade"
            headers["Cookie"] = f"{name}={value}"
            inside = requests.post(f"{base[0]}/sign-in", data=form, headers=headers, allow_redirects=False, timeout=10)
            assert inside.status_code == 302
            assert requests.get(f"{base[0]}/enter?token=x", timeout=10).status_code == 400  # not by that name
            assert requests.get(f"{base[0]}/enter?token=x", headers=headers, timeout=10).status_code == 404
        finally:
            process.terminate()
        assert process.wait(30) == 0
        assert process.stdout.read() == b""


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'waitress' else real(name, *rest)\n"
    )
    done = grade("serve", "--data", str(tmp_path / "data"), PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "pip install 'weblab-grader[web]'" in done.stderr
    assert not (tmp_path / "data").exists()


def test_nobody_sends_much_who_is_not_signed_in(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data, "--no-browser") as (_, link):
        address = link.partition("/enter")[0]

        def sent(path: str, size: int, client: requests.Session, *, told: bool) -> int:
            """As a form would, or without saying how much it is; what is refused half way is refused."""
            body = b"x" * size
            chunks = (body[at : at + 65536] for at in range(0, size, 65536))
            try:
                return client.post(f"{address}{path}", data=body if told else chunks, timeout=20).status_code
            except requests.ConnectionError:
                return 413

        nobody = requests.Session()
        for path in ("/sign-in", "/assignments/x/import", "/assignments/x/hand-in"):
            for told in (True, False):
                assert sent(path, 6 << 20, nobody, told=told) == 413, (path, told)
        assert sent("/sign-in", 1 << 20, nobody, told=True) == 400  # a form, but without the page's token
        somebody = requests.Session()
        found = _TOKEN.search(somebody.get(link, timeout=10).text)
        assert found is not None
        form = {"csrf_token": found[1], "token": link.partition("token=")[2]}
        assert somebody.post(f"{address}/enter", data=form, timeout=10).status_code == 200
        assert sent("/assignments/x/hand-in", 6 << 20, somebody, told=True) == 404  # asked, and there is none
        assert sent("/assignments/x/import", 140 << 20, somebody, told=True) == 413  # who teaches nothing there
