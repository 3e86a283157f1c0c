"""What the command prints where paths, files, archives and rubrics are named to steer a terminal or a CI system."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.cli import FORMATS, run

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "student_app"
pytestmark = pytest.mark.usefixtures("lent")

EVIL = "\x1b]0;x\x07\x9b31m\u202e\x7f"
BIDI = "\u202etxt"
COMMAND = "\n::error::x\n ##[error]y"
MARKUP = "[red]:smile:[link=http://x]"
MAIN = (APP / "main.py").read_bytes()
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def harmless(*printed: str) -> str:
    """Everything that was printed, which steers nothing."""
    text = "".join(printed)
    assert not STEERING.search(text)
    assert [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line] == []
    return text


@pytest.mark.parametrize("evil", [EVIL, BIDI, COMMAND, "x" * 5000, "\udcff\udcfe", "::add-mask::x"], ids=range(6))
@pytest.mark.parametrize(
    "arguments",
    [
        ["{}"],
        ["{}.zip"],
        [str(APP), "more{}"],
        [str(APP), "--{}"],
        [str(APP), "--format", "{}"],
        [str(APP), "--rubric", "{}"],
        [str(APP), "--rubric", "./{}.yaml"],
        [str(APP), "--output", "json=/nowhere{}/a.json"],
        [str(APP), "--output", "{}"],
        [str(APP), "--fail-under", "{}"],
        [str(APP), "--python", "{}"],
        [str(APP), "--submitted", "{}"],
        ["rubric", "check", "./{}.yaml"],
        ["rubric", "explain", "{}"],
        ["rubric", "{}"],
        ["rubric", "try", "flask-lab", "{}"],
        ["rubric", "diff", "flask-lab", "flask-lab", "{}"],
    ],
    ids=lambda arguments: " ".join(a.replace(str(ROOT), "") for a in arguments),
)
def test_an_argument_that_is_quoted_steers_nothing(
    arguments: list[str], evil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([a.replace("{}", evil) for a in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert harmless(err).strip()


def test_an_entry_that_is_quoted_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(APP), "--entry", EVIL]) == 2
    assert "main.py" in harmless(*capsys.readouterr())


def folder(at: Path) -> Path:
    """A finished lab that is full of evil names, in a folder that has one."""
    work = Path(shutil.copytree(APP, at / f"lab{EVIL}{MARKUP}".replace("/", "")))
    (work / f"::error::{EVIL}.py").write_bytes(b"x = 1\n")
    (work / f"{MARKUP}".replace("/", "")).mkdir()
    (work / f"link{EVIL}").symlink_to(f"/etc/{EVIL}{COMMAND}")
    for name in (b"\xff\xfe.py", b"\xed\xa0\x80", b"line\nend.py"):
        (Path(os.fsdecode(os.fsencode(work) + b"/" + name))).write_bytes(b"x = 1\n")
    return work


def without_python(at: Path) -> Path:
    work = at / f"none{EVIL}"
    work.mkdir()
    (work / f"{MARKUP}::error::".replace("/", "")).write_text("x")
    (work / "##[error]x.txt").write_text("x")
    return work


def ambiguous(at: Path) -> Path:
    work = at / "two"
    work.mkdir()
    for name in (f"{MARKUP}a.py".replace("/", ""), "::error::b.py", "##[error]c.py"):
        (work / name).write_bytes(MAIN)
    return work


def archive(at: Path) -> Path:
    path = at / f"{EVIL}.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"lab/{EVIL}{COMMAND}.py", MAIN)
    return path


def broken_archive(at: Path) -> Path:
    path = at / f"##[error]{EVIL}.zip"
    path.write_bytes(b"PK")
    return path


def of_another_kind(at: Path) -> Path:
    path = at / f"::error::{EVIL}.rar"
    path.write_bytes(b"x")
    return path


def evil_program(at: Path) -> Path:
    """Prints and answers evil things, declares evil routes and methods, and crashes with an evil message."""
    work = Path(shutil.copytree(APP, at / "printing"))
    (work / "main.py").write_text(
        f"""
import sys
from flask import Flask
EVIL = {EVIL + COMMAND + MARKUP!r}
app = Flask(__name__)
print(EVIL, file=sys.stderr)
@app.route("/")
def home():
    print(EVIL)
    raise RuntimeError(EVIL)
app.add_url_rule("/x", EVIL.replace(".", ""), home, methods=["GET", EVIL])
app.add_url_rule("/" + EVIL.replace("<", ""), "evil", home)
@app.route("/static/<name>")
def static_file(name):
    return EVIL, 200, {{"Content-Type": "text/html"}}
if __name__ == "__main__":
    app.run(host="0.0.0.0", port=4321)
""",
        encoding="utf-8",
    )
    return work


WORKS = [folder, without_python, ambiguous, archive, broken_archive, of_another_kind, evil_program]


@pytest.mark.slow
@pytest.mark.usefixtures("graded_once")
@pytest.mark.parametrize("format", ["text", "json", *(pytest.param(f, marks=pytest.mark.slow) for f in FORMATS[2:])])
@pytest.mark.parametrize("make", WORKS, ids=lambda make: make.__name__)
def test_names_and_programs_steer_nothing(
    make: Callable[[Path], Path], format: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status = run([str(make(tmp_path)), "--format", format])
    out, err = capfd.readouterr()
    assert harmless(out.replace("\r\n", "\n"), err).strip()
    assert status == (0 if make is folder else 1 if make is evil_program else 4)


@pytest.mark.slow
def test_a_terminal_in_colours_is_not_steered_either(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-P", "-m", "grader", str(evil_program(tmp_path))]
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = io.BytesIO()
        while chunk := _read(ours):
            shown.write(chunk)
        assert process.wait(60) == 1
    os.close(ours)
    text = shown.getvalue().decode().replace("\r\n", "\n")
    assert "\x1b[1m" in text
    harmless(re.sub(r"\x1b\[[0-9;]*m", "", text))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux says so when nobody writes any more
        return b""


@pytest.mark.slow
@pytest.mark.parametrize(
    "format", ["text", *(pytest.param(f, marks=pytest.mark.slow) for f in ("json", "html", "markdown", "csv"))]
)
def test_a_terminal_without_unicode_is_no_failure_of_the_grader(format: str, tmp_path: Path) -> None:
    (tmp_path / "né").mkdir()
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-P", "-m", "grader", str(tmp_path / "né"), "--format", format]
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(command, capture_output=True, env=environment, timeout=60)
    assert (done.returncode, done.stderr) == (4, b"")
    assert b"n?" in done.stdout if format == "text" else "né" in done.stdout.decode("utf-8")


def test_a_rubric_that_is_quoted_steers_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text(f"id: {COMMAND.strip()}\ntitle: {MARKUP}\n'::error::{BIDI}': 1\n::add-mask::x: 2\n", "utf-8")
    assert run(["rubric", "check", str(path)]) == 2
    assert "evil.yaml:" in harmless(*capsys.readouterr())


@pytest.mark.slow
@pytest.mark.usefixtures("graded_once")
def test_what_a_rubric_s_author_is_told_of_an_app_steers_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = evil_program(tmp_path)
    for arguments in (["try", "flask-lab", str(app)], ["diff", "flask-lab", "flask-lab", str(app)], ["new", str(app)]):
        run(["rubric", *arguments])
        assert harmless(*capsys.readouterr()).strip()
