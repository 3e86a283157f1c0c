"""Where the command is run, and where it writes: a folder of somebody's work is no place to trust."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from grader.cli import run
from tests import small_lab

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "student_app"
pytestmark = pytest.mark.usefixtures("lent")

GRADE = str(Path(sys.executable).with_name("grade"))
SHADOWS = (
    "yaml", "requests", "urllib3", "click", "rich", "bs4", "lxml", "soupsieve", "jinja2", "re2", "json", "zipfile",
    "sitecustomize", "usercustomize", "conftest", "flask", "werkzeug", "argparse", "signal", "csv", "secrets",
)  # fmt: skip


@pytest.fixture
def little(tmp_path: Path) -> list[str]:
    """A rubric that is soon done with, where it matters little what is graded."""
    path = tmp_path / "little.yaml"
    path.write_text(small_lab.rubric("{}").replace("contains: hello", "contains: number"))
    return ["--rubric", str(path)]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A copy of the finished lab."""
    return Path(shutil.copytree(APP, tmp_path / "lab"))


# ----------------------------------------------------------------------------------------------- the current folder


def trap(folder: Path) -> Path:
    """Files named like all that the grader imports; each makes a mark beside the folder when it is run."""
    marks = folder.parent / "marks"
    marks.mkdir()
    for name in SHADOWS:
        (folder / f"{name}.py").write_text(f"open({str(marks / name)!r}, 'w').close()\nraise SystemExit(7)\n")
    (folder / "pyproject.toml").write_text("[project\nbroken")
    (folder / "setup.cfg").write_text("[broken")
    (folder / ".env").write_text("GRADE_DEBUG=1\n")
    return marks


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        pytest.param([GRADE], id="grade"),
        pytest.param([sys.executable, "-m", "grader"], id="python -m grader", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(
    "how",
    [
        "--help",
        str(APP),
        pytest.param("rubric list", marks=pytest.mark.slow),
        pytest.param(f"rubric check {ROOT}/rubrics/flask-lab.yaml", marks=pytest.mark.slow),
    ],
)
def test_no_module_of_the_current_folder_is_imported(command: list[str], how: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    marks = trap(here)
    done = subprocess.run([*command, *how.split()], cwd=here, capture_output=True, check=False, timeout=60)
    assert os.listdir(marks) == []
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        pytest.param([GRADE], id="grade"),
        pytest.param([sys.executable, "-P", "-m", "grader"], id="python -P -m", marks=pytest.mark.slow),
    ],
)
def test_a_package_named_like_the_grader_is_not_imported_either(
    command: list[str], little: list[str], tmp_path: Path
) -> None:
    here = tmp_path / "here"
    (here / "grader").mkdir(parents=True)
    for name in ("__init__", "__main__", "cli"):
        (here / "grader" / f"{name}.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w').close()\n")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    whole = [*command, str(APP), *little]
    done = subprocess.run(whole, cwd=here, capture_output=True, check=False, timeout=60, env=environment)
    assert not (tmp_path / "mark").exists()
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        pytest.param([GRADE], id="grade"),
        pytest.param([sys.executable, "-m", "grader"], id="python -m grader", marks=pytest.mark.slow),
    ],
)
def test_a_submission_is_graded_from_within_its_own_folder(command: list[str], app: Path, little: list[str]) -> None:
    """Its own modules are run in its own process alone, where they are what the student's Python would import."""
    marks = app.parent / "marks"
    marks.mkdir()
    for name in ("yaml", "requests", "rich", "bs4", "sitecustomize"):
        (app / f"{name}.py").write_text(f"open({str(marks / name)!r}, 'w').close()\nraise SystemExit(7)\n")
    done = subprocess.run([*command, ".", *little], cwd=app, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
    assert os.listdir(marks) == []


# ---------------------------------------------------------------------------------------------------- report files


def written(app: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = run([str(app), "--output", f"json={output}"])
    return status, " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("graded_once")
def test_a_link_where_the_report_goes_is_replaced(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = app.parent / "key"
    key.write_text("secret")
    (app / "report.json").symlink_to(key)
    assert written(app, app / "report.json", capsys) == (0, "")
    assert key.read_text() == "secret"
    assert not (app / "report.json").is_symlink()
    assert json.loads((app / "report.json").read_text("utf-8"))["score"] == 100


@pytest.mark.parametrize("relative", [True, False])
def test_a_folder_of_the_work_that_leads_out_gets_no_report(
    relative: bool, app: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = app.parent / "home"
    home.mkdir()
    (app / "results").symlink_to(home)
    monkeypatch.chdir(app.parent)
    given = Path("lab") if relative else app
    status, err = written(given, given / "results" / "report.json", capsys)
    assert status == 2
    assert f"is inside the work, but leads out by a link: {home}. Whoever handed in the work may have" in err
    assert os.listdir(home) == []


@pytest.mark.usefixtures("graded_once")
def test_a_folder_of_one_s_own_may_be_a_link(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (app.parent / "real").mkdir()
    (app.parent / "link").symlink_to(app.parent / "real")
    assert written(app, app.parent / "link" / "report.json", capsys) == (0, "")
    assert (app.parent / "real" / "report.json").is_file()


def test_no_device_and_no_pipe_is_replaced_by_a_report(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(app.parent / "pipe")
    (app.parent / "stdout").symlink_to("/dev/null")
    for path in (app.parent / "pipe", app.parent / "stdout", Path("/dev/null")):
        status, err = written(app, path, capsys)
        assert (status, err) == (
            2,
            f"grade: {path} is no ordinary file. Give --output the name of a file, which may be a new one.",
        )
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.slow
def test_a_report_that_finds_no_room_leaves_the_old_one_and_says_so(app: Path) -> None:
    report = app.parent / "report.json"
    report.write_text("old")
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); sys.path.pop(0);"
        "from grader.cli import main; main()"
    )
    command = [sys.executable, "-c", script, str(app.parent / "empty"), "--output", f"html={report}"]
    (app.parent / "empty").mkdir()
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    told = " ".join(done.stderr.decode().split())
    assert told == (
        f"grade: {report} could not be written: File too large. What was there before is as it was. "
        "Make room, or choose another place, and grade again."
    )
    assert report.read_text() == "old"
    assert sorted(os.listdir(app.parent)) == ["empty", "lab", "report.json"]
