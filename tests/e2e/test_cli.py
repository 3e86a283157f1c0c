"""The command as people and CI use it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import jsonschema
import pytest

from grader.cli import run
from grader.render.volatile import schema
from tests import small_lab

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "student_app"

pytestmark = pytest.mark.usefixtures("no_colour", "lent")


@pytest.fixture
def no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A copy of the finished lab, to be broken."""
    return Path(shutil.copytree(APP, tmp_path / "lab"))


def edit(app: Path, old: str, new: str, file: str = "main.py") -> None:
    path = app / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def zipped(app: Path) -> Path:
    return Path(shutil.make_archive(str(app), "zip", app.parent, app.name))


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(p.relative_to(folder)): (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else b"")
        for p in folder.rglob("*")
    }


@pytest.mark.usefixtures("graded_once")
def test_the_finished_lab_earns_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(APP)]) == 0
    out, err = capsys.readouterr()
    assert "100 of 100 points" in out
    assert "Everything is right." in out
    assert err == ""


@pytest.mark.usefixtures("graded_once")
def test_json_goes_to_standard_output_alone_and_follows_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(APP), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    jsonschema.validate(document, schema())
    assert err == ""
    assert document["score"] == document["max_score"] == 100
    assert document["submission"]["name"] == "student_app"
    assert document["submission"]["entry"] == "main.py"
    assert len(document["checks"]) == 12
    assert all(check["evidence"] for check in document["checks"])


def test_a_lab_below_the_mark_ends_with_one_and_says_what_to_fix_first(
    app: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(app, "import random\n", "")
    assert run([str(app)]) == 1
    out = capsys.readouterr().out
    assert "Fix this first" in out
    assert "main.py:9 uses random, but the file never imports it." in out
    assert out.index("Lost points") < out.index("Earned")


@pytest.mark.usefixtures("graded_once")
@pytest.mark.parametrize(
    ("mark", "status"),
    [
        ("95", 0),
        ("95%", 0),
        ("96", 1),
        *(pytest.param(*m, marks=pytest.mark.slow) for m in (("100", 1), ("0", 0), ("94.9", 0))),
    ],
)
def test_fail_under_moves_the_mark(app: Path, mark: str, status: int) -> None:
    edit(app, '"0.0.0.0"', '"127.0.0.1"')
    assert run([str(app), "--fail-under", mark]) == status


@pytest.mark.parametrize("mark", ["101", "-1", "many", "", "nan", "1/0"])
def test_a_bad_mark_is_a_usage_error(mark: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(APP), "--fail-under", mark]) == 2
    assert "percentage from 0 to 100" in capsys.readouterr().err


@pytest.mark.usefixtures("graded_once")
def test_report_files_are_written_beside_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = [f"--output={kind}={tmp_path / kind}" for kind in ("text", "json", "html")]
    assert run([str(APP), *outputs, "--format", "json"]) == 0
    assert json.loads((tmp_path / "json").read_text()) == json.loads(capsys.readouterr().out)
    assert "100 of 100 points" in (tmp_path / "text").read_text()
    assert (tmp_path / "html").read_text().startswith("<!DOCTYPE html>")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["html", "json", "text"]


@pytest.mark.parametrize("output", ["pdf=x", "json", "json=", "=x"])
def test_an_output_of_another_form_is_a_usage_error(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(APP), "--output", output]) == 2
    assert "FORMAT=FILE" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_told_before_anything_is_graded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([str(APP), "--output", f"json={tmp_path / 'no' / 'such' / 'x.json'}"]) == 2
    assert run([str(APP), "--output", f"json={tmp_path}"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    err = " ".join(err.split())
    assert "There is no folder" in err
    assert "is a folder" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "status", "words"),
    [
        (lambda p: p / "nothing", 2, "There is no"),
        (lambda p: (p / "empty").mkdir() or p / "empty", 4, ""),
        (lambda p: (p / "x.rar").write_bytes(b"Rar!") and p / "x.rar", 4, "zip"),
        (lambda p: (p / "x.zip").write_bytes(b"not a zip") and p / "x.zip", 4, ""),
        (lambda p: (p / "notes.txt").write_text("hi") and p / "notes.txt", None, ""),
    ],
)
def test_what_cannot_be_graded_gets_one_clear_sentence(
    make: object, status: int | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    ended = run([str(path)])
    out, err = capsys.readouterr()
    assert ended in (2, 4) if status is None else ended == status
    assert words in out + err
    assert "Traceback" not in out + err


def test_what_is_not_gradable_has_no_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(tmp_path), "--format", "json"]) == 4
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema())
    assert document["status"] == "not_gradable"
    assert document["score"] is document["percent"] is document["passed"] is None
    assert document["problem"]


def test_an_ambiguous_entry_names_the_candidates_and_entry_settles_it(
    tmp_path: Path, app: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = tmp_path / "both"
    shutil.copytree(app, both / "one")
    shutil.copytree(app, both / "two")
    assert run([str(both)]) == 4
    out = capsys.readouterr().out
    assert "one/main.py" in out
    assert "two/main.py" in out
    assert "--entry" in out
    assert run([str(both), "--entry", "two/main.py"]) == 0


def test_a_file_and_an_archive_are_graded_like_their_folder(
    app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    little = tmp_path / "little.yaml"
    little.write_text(small_lab.rubric("{}").replace("contains: hello", "contains: number"))
    hashes = []
    for path in (app, zipped(app), app / "main.py"):
        assert run([str(path), "--format", "json", "--rubric", str(little)]) == 0
        hashes.append(json.loads(capsys.readouterr().out)["submission"]["sha256"])
    assert hashes[0] == hashes[1]


def test_the_original_is_never_touched(app: Path) -> None:
    before = snapshot(app)
    assert run([str(app)]) == 0
    assert snapshot(app) == before


@pytest.mark.parametrize("rubric", ["little.yaml", pytest.param("flask-lab", marks=pytest.mark.slow)])
def test_fresh_gives_the_same_grade(
    rubric: str, app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("little.yaml").write_text(small_lab.rubric("{}"))  # the lab does not say hello
    edit(app, "2000, 9000", "1000, 9000")
    grades = []
    for more in ([], ["--fresh"]):
        run([str(app), "--format", "json", "--rubric", rubric, *more])
        document = json.loads(capsys.readouterr().out)
        grades.append([(c["id"], c["status"], c["score"], c["message"]) for c in document["checks"]])
    assert grades[0] == grades[1]


@pytest.mark.parametrize(
    ("rubric", "words"), [("flask-lap", 'Did you mean "flask-lab"'), ("none.yaml", "none.yaml"), (".", "flask-lab")]
)
def test_an_unknown_rubric_is_a_usage_error(rubric: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(APP), "--rubric", rubric]) == 2
    assert words in capsys.readouterr().err


def test_a_broken_rubric_lists_every_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("id: r\ntitle: R\nchecks:\n  - id: a\n    titel: A\n    points: x\n    type: starts\n")
    assert run([str(APP), "--rubric", str(path)]) == 2
    err = capsys.readouterr().err
    assert f"{path}:5:5:" in err
    assert f"{path}:6:13:" in err


@pytest.mark.usefixtures("graded_once")
def test_hidden_checks_leave_no_trace_for_students(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rubric = tmp_path / "r.yaml"
    rubric.write_text(
        "id: r\ntitle: R\nchecks:\n"
        "  - {id: seen, title: Seen, points: 1, type: starts}\n"
        "  - {id: secret, title: Canary, points: 3, type: request, path: /canary, visibility: hidden,"
        " expect: {status: 200}}\n"
    )
    arguments = [str(APP), "--rubric", str(rubric), "--fail-under", "0"]
    for kind in ("text", "json", "html"):
        assert run([*arguments, "--audience", "student", "--format", kind]) == 0
        out = capsys.readouterr().out
        assert "anary" not in out
        assert "secret" not in out
    run([*arguments, "--audience", "student", "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["score"], document["max_score"], document["partial_view"]) == (1, 1, True)
    run([*arguments, "--format", "json"])
    assert json.loads(capsys.readouterr().out)["max_score"] == 4


def test_an_interpreter_that_is_missing_or_lacks_flask_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([str(APP), "--python", str(tmp_path / "python")]) == 2
    assert "cannot be run" in capsys.readouterr().err
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    assert run([str(APP), "--python", str(tmp_path / "bare/bin/python")]) == 2
    assert "has no Flask" in capsys.readouterr().err


def test_another_interpreter_sees_all_of_its_own_packages(
    app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A course environment: its packages can be imported, and the grader's cannot."""
    course = tmp_path / "course"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(course)], check=True)
    (site,) = course.glob("lib/python*/site-packages")
    for name in ("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker"):
        (site / name).symlink_to(Path(sys.modules[name].__file__).parent if name in sys.modules else _installed(name))
    for info in _installed("flask").parent.glob("*.dist-info"):
        if info.name.split("-")[0].lower() in ("flask", "werkzeug"):
            (site / info.name).symlink_to(info)
    (site / "coursework.py").write_text("PORT = 4321\n")
    edit(app, "import random\n", "import random\nimport coursework\n")
    assert run([str(app), "--python", str(course / "bin/python")]) == 0
    assert run([str(app)]) == 1
    assert "coursework" in capsys.readouterr().out


def _installed(name: str) -> Path:
    code = f"import {name}; print({name}.__file__)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return Path(run.stdout.strip()).parent


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_ends_it_at_once_and_leaves_nothing(app: Path, number: int, tmp_path: Path) -> None:
    edit(app, "import random\n", "import random\nwhile True: pass\n")
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", str(app)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 10
    while not list((tmp_path / "tmp").glob("grade-*/box-*")) and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.3)  # the program runs by now
    process.send_signal(number)
    _, err = process.communicate(timeout=10)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert b"Traceback" not in err
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.usefixtures("graded_once")
def test_an_archive_that_is_not_private_gets_ordinary_permissions(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert run([str(APP), "--output", f"json={tmp_path / 'x.json'}"]) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x.json").stat().st_mode) == 0o644


def test_plain_text_holds_no_escape_sequences_even_from_the_program(
    app: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(app, "def home():", 'def home():\n    raise ValueError("\\x1b[31mred\\x1b]0;title\\x07 [bold]x[/]")')
    run([str(app)])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[bold]x[/]" in out


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert run(["--version"]) == 0
    assert "--fail-under" in capsys.readouterr().out


def test_a_closed_pipe_is_no_traceback(app: Path) -> None:
    process = subprocess.Popen(
        f"{sys.executable} -m grader {app} | head -c 1", shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    _, err = process.communicate(timeout=30)
    assert b"Traceback" not in err
    assert b"BrokenPipe" not in err


def test_a_zip_is_read_without_unpacking_anything_outside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../outside.py", "x")
    assert run([str(path)]) == 4
    assert not (tmp_path.parent / "outside.py").exists()
    assert ".." in capsys.readouterr().out
