"""The private copy of a folder: what comes into it, what does not, and what nobody can make it do."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.errors import GraderError, NotGradableError, UngradedError, UsageError
from grader.model import FlagKind, Submission
from grader.submission import CopyLimits, open_submission

NOBODY = 65534
Open = Callable[..., Submission]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "main.py").write_text("import flask\n")
    return folder


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    count = iter(range(100))

    def open_it(path: Path, **how) -> Submission:
        workspace = tmp_path / f"workspace{next(count)}"
        workspace.mkdir()
        return open_submission(path, entries=("main.py", "app.py"), workspace=workspace, **how)

    return open_it


def paths(found: Submission) -> list[str]:
    return [file.path for file in found.files]


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {
        str(p.relative_to(folder)): (s.st_mode, s.st_mtime_ns, s.st_size)
        for p in folder.rglob("*")
        for s in [p.lstat()]
    }


# ------------------------------------------------------------------------------------------------------- what is copied


def test_copies_every_byte_as_it_is(work: Path, opened: Open) -> None:
    data = bytes(range(256)) * 10
    (work / "static").mkdir()
    (work / "static/picture.png").write_bytes(data)
    (work / "main.py").write_bytes(b"\xef\xbb\xbfimport flask\r\n")
    found = opened(work)
    assert (found.root / "static/picture.png").read_bytes() == data
    assert (found.root / "main.py").read_bytes() == b"\xef\xbb\xbfimport flask\r\n"
    assert found.name == "work"


def test_keeps_empty_folders(work: Path, opened: Open) -> None:
    (work / "templates").mkdir()
    assert (opened(work).root / "templates").is_dir()


def test_leaves_the_original_as_it_is(work: Path, opened: Open) -> None:
    (work / "templates").mkdir()
    (work / "templates/base.html").write_text("x")
    before = snapshot(work)
    opened(work)
    assert snapshot(work) == before


def test_the_copy_is_readable_by_another_user_whatever_the_original_and_the_mask_say(work: Path, opened: Open) -> None:
    (work / "private").mkdir(mode=0o700)
    (work / "private/data.txt").write_text("x")
    (work / "private/data.txt").chmod(0o600)
    (work / "main.py").chmod(0o4777)
    mask = os.umask(0o077)
    try:
        root = opened(work).root
    finally:
        os.umask(mask)
    modes = {str(p.relative_to(root)): stat.S_IMODE(p.stat().st_mode) for p in (root, *root.rglob("*"))}
    assert modes == {".": 0o755, "private": 0o755, "private/data.txt": 0o644, "main.py": 0o644}


JUNK = [
    "__MACOSX/._main.py",
    "._main.py",
    ".DS_Store",
    "Thumbs.db",
    ".git/config",
    "node_modules/x/index.js",
    "__pycache__/main.cpython-311.pyc",
    "old.pyc",
    ".idea/workspace.xml",
    ".vscode/settings.json",
    "my env/pyvenv.cfg",
    "my env/app.py",
    "packed/lib/python3.12/site-packages/flask/app.py",
    "deep/er/.venv/pyvenv.cfg",
    "deep/er/.venv/bin/activate_this.py",
]


def test_leaves_out_what_tools_leave_behind(work: Path, opened: Open) -> None:
    for path in JUNK:
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text("app = Flask()")
    found = opened(work)
    assert paths(found) == ["main.py"]
    assert [str(p.relative_to(found.root)) for p in found.root.rglob("*") if "env" in str(p)] == []
    assert found.flags == ()


@pytest.mark.parametrize("outer", ["", "lab/"])
def test_keeps_the_work_of_who_made_the_environment_in_its_folder(outer: str, tmp_path: Path, opened: Open) -> None:
    for path in ("pyvenv.cfg", "bin/python.py", "lib/python3.12/site-packages/flask/app.py", "main.py", "static/a.css"):
        place = tmp_path / "work" / outer / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("x = 1")
    assert paths(opened(tmp_path / "work")) == ["main.py", "static/a.css"]


def test_equal_work_has_equal_hashes_wherever_it_lies(work: Path, tmp_path: Path, opened: Open) -> None:
    inner = tmp_path / "other" / "lab" / "step"
    inner.mkdir(parents=True)
    (inner / "main.py").write_bytes((work / "main.py").read_bytes())
    (inner / ".DS_Store").write_text("x")
    assert opened(work).sha256 == opened(tmp_path / "other").sha256


@pytest.mark.parametrize("change", ["bytes", "path", "border"])
def test_different_work_has_different_hashes(change: str, work: Path, opened: Open) -> None:
    (work / "a.txt").write_text("one")
    (work / "b.txt").write_text("two")
    before = opened(work).sha256
    if change == "bytes":
        (work / "a.txt").write_text("One")
    elif change == "path":
        (work / "a.txt").rename(work / "c.txt")
    else:
        (work / "a.txt").write_text("onet")
        (work / "b.txt").write_text("wo")
    assert opened(work).sha256 != before


# ------------------------------------------------------------------------------------------------- links, special files


def test_opens_no_fifo_no_socket_and_reports_both(work: Path, opened: Open) -> None:
    os.mkfifo(work / "pipe")  # opening it to read would wait for ever
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(work / "socket"))
        found = opened(work)
    assert paths(found) == ["main.py"]
    assert [(f.kind, f.where) for f in found.flags] == [
        (FlagKind.LINK_LEFT_OUT, "pipe"),
        (FlagKind.LINK_LEFT_OUT, "socket"),
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_opens_no_device(work: Path, opened: Open) -> None:
    try:
        os.mknod(work / "zeros", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this container makes no devices")
    found = opened(work)
    assert paths(found) == ["main.py"]
    assert [f.where for f in found.flags] == ["zeros"]


@pytest.mark.parametrize("target", ["/etc/passwd", "../secret.txt", "/etc", "..", "a/../../secret.txt"])
def test_follows_no_link_that_leaves_the_work_and_reports_it(target: str, work: Path, opened: Open) -> None:
    (work.parent / "secret.txt").write_text("secret")
    (work / "link").symlink_to(target)
    found = opened(work)
    assert not os.path.lexists(found.root / "link")
    (flag,) = found.flags
    assert (flag.kind, flag.where) == (FlagKind.LINK_LEFT_OUT, "link")
    assert "leads out of the work" in flag.message


@pytest.mark.parametrize("target", ["gone.html", "link", ".", "loop2", "../work/main.py/x"])
def test_links_that_lead_nowhere_or_in_a_circle_are_left_out(target: str, work: Path, opened: Open) -> None:
    (work / "link").symlink_to(target)
    (work / "loop2").symlink_to("link")
    found = opened(work)
    assert paths(found) == ["main.py"]
    assert [f.where for f in found.flags] == ["link", "loop2"]


def test_a_link_inside_the_work_becomes_what_it_leads_to(work: Path, opened: Open) -> None:
    (work / "views").mkdir()
    (work / "views/base.html").write_text("<h1>x</h1>")
    (work / "views/index.html").symlink_to("base.html")
    (work / "views/home.html").symlink_to("index.html")
    (work / "templates").symlink_to("views")
    (work / "full.html").symlink_to(work / "views/base.html")
    found = opened(work)
    for path in ("views/index.html", "views/home.html", "templates/base.html", "full.html"):
        assert (found.root / path).read_text() == "<h1>x</h1>"
        assert not (found.root / path).is_symlink()
    assert found.flags == ()


def test_links_cannot_multiply_the_work_beyond_its_limits(work: Path, opened: Open) -> None:
    (work / "big").mkdir()
    (work / "big/data").write_bytes(b"x" * 100_000)
    for number in range(30):
        (work / f"link{number}").symlink_to("big")
    with pytest.raises(NotGradableError, match="more than 1 MB"):
        opened(work, limits=CopyLimits(bytes=1 << 20))


def test_a_path_that_is_a_link_is_opened_as_its_giver_means_it(work: Path, opened: Open) -> None:
    (work.parent / "shortcut").symlink_to(work)
    assert paths(opened(work.parent / "shortcut")) == ["main.py"]


@pytest.mark.parametrize("name", ["a\x1b[2Jb.html", "a\nb.html", "a\u202eb.html"])
def test_names_that_would_mislead_are_left_out_and_reported_as_escapes(name: str, work: Path, opened: Open) -> None:
    (work / name).write_text("x")
    found = opened(work)
    assert paths(found) == ["main.py"]
    (flag,) = found.flags
    assert flag.where.startswith("a\\")
    assert flag.where.isprintable()


@pytest.mark.skipif(sys.platform == "darwin", reason="its file system has no such names")
def test_names_that_are_no_text_are_left_out(work: Path, opened: Open) -> None:
    Path(os.fsdecode(os.fsencode(work) + b"/\xff\xfe.html")).write_text("x")
    found = opened(work)
    assert paths(found) == ["main.py"]
    assert len(found.flags) == 1
    found.flags[0].message.encode("utf-8")


def test_names_with_accents_emoji_and_spaces_are_kept(work: Path, opened: Open) -> None:
    names = ["caf\u00e9.html", "\U0001f468\u200d\U0001f469.png", "my file\u202f1.png"]
    for name in names:
        (work / name).write_text("x")
    found = opened(work)
    assert paths(found) == sorted([*names, "main.py"])
    assert found.flags == ()


# --------------------------------------------------------------------------------------------------------------- limits


@pytest.mark.slow
def test_refuses_a_whole_home_folder_before_it_has_copied_much(tmp_path: Path, opened: Open) -> None:
    home = tmp_path / "home"
    for number in range(60):
        (home / f"folder{number}").mkdir(parents=True)
        for other in range(50):
            (home / f"folder{number}/file{other}").touch()
    with pytest.raises(NotGradableError) as caught:
        opened(home)
    assert "home holds more than 2,000 files and folders" in caught.value.message
    assert "folder of the lab" in caught.value.advice
    copied = list((tmp_path / "workspace0").rglob("*"))
    assert 0 < len(copied) <= 2_001


def test_refuses_many_empty_folders(work: Path, opened: Open) -> None:
    for number in range(50):
        (work / f"folder{number}").mkdir()
    with pytest.raises(NotGradableError, match="more than 40 files and folders"):
        opened(work, limits=CopyLimits(files=40))


def test_refuses_a_huge_file_without_reading_it(work: Path, tmp_path: Path, opened: Open) -> None:
    with open(work / "huge.bin", "wb") as file:
        file.truncate(1 << 42)
    with pytest.raises(NotGradableError, match="more than 50 MB"):
        opened(work)
    assert not (tmp_path / "workspace0/src/huge.bin").exists()


def test_refuses_many_bytes_in_many_files(work: Path, opened: Open) -> None:
    for number in range(12):
        (work / f"{number}.bin").write_bytes(b"x" * 100_000)
    with pytest.raises(NotGradableError, match="more than 1 MB"):
        opened(work, limits=CopyLimits(bytes=1 << 20))


@pytest.mark.slow
def test_refuses_folders_that_never_end(work: Path, opened: Open) -> None:
    place = work
    for _ in range(60):
        place /= "d"
    place.mkdir(parents=True)
    with pytest.raises(NotGradableError, match="more than 20 deep"):
        opened(work)


def test_work_at_the_limits_is_taken(work: Path, opened: Open) -> None:
    place = work.joinpath(*["d"] * 20)
    place.mkdir(parents=True)
    (place / "x.txt").write_text("x" * 10)
    found = opened(work, limits=CopyLimits(files=22, bytes=23, depth=20))
    assert len(paths(found)) == 2


def test_a_single_file_among_too_much_goes_alone_with_its_templates(work: Path, opened: Open) -> None:
    (work / "templates").mkdir()
    (work / "templates/base.html").write_text("x")
    for number in range(30):
        (work / f"download{number}").touch()
    found = opened(work / "main.py", limits=CopyLimits(files=20))
    assert paths(found) == ["main.py", "templates/base.html"]
    assert "without the other files" in found.flags[0].message


# ----------------------------------------------------------------------------------------------------------- unreadable


@pytest.fixture
def as_nobody(tmp_path: Path) -> Iterator[Callable[[str], subprocess.CompletedProcess[str]]]:
    """Run code that opens submissions as a user whom rights apply to."""
    reachable = [p for p in (tmp_path, *tmp_path.parents) if p.stat().st_uid == os.geteuid() and p != Path("/")]
    modes = {p: stat.S_IMODE(p.stat().st_mode) for p in reachable}

    def run(code: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "space").mkdir()
        (tmp_path / "space").chmod(0o777)
        for path in reachable:
            path.chmod(modes[path] | 0o011)
        setup = f"""
            import os
            from pathlib import Path
            from grader.errors import GraderError
            from grader.submission import open_submission
            if os.geteuid() == 0:
                os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
            work, space = Path({str(tmp_path / "work")!r}), Path({str(tmp_path / "space")!r})
            try:
                found = open_submission(work, entries=("main.py", "app.py"), workspace=space)
            except GraderError as error:
                print(type(error).__name__, error)
        """
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(setup) + code], capture_output=True, text=True, check=True
        )

    yield run
    for path, mode in modes.items():
        path.chmod(mode)


def test_what_cannot_be_read_is_left_out_and_reported(work: Path, as_nobody) -> None:
    (work / "secret.txt").write_text("x")
    (work / "closed").mkdir()
    (work / "closed/x.html").write_text("x")
    (work / "secret.txt").chmod(0)
    (work / "closed").chmod(0)
    code = "else:\n    print([f.path for f in found.files], [f'{f.kind}:{f.where}' for f in found.flags])\n"
    try:
        result = as_nobody(code)
    finally:
        (work / "closed").chmod(0o755)
    assert result.stdout == "['main.py'] ['file_left_out:closed', 'file_left_out:secret.txt']\n"


@pytest.mark.parametrize("other", ["app.py", "style.css"])
def test_an_entry_that_cannot_be_read_is_not_gradable(other: str, work: Path, as_nobody) -> None:
    (work / other).write_text("from flask import Flask\napp = Flask(__name__)\n")
    (work / "main.py").chmod(0)
    result = as_nobody("")
    assert "NotGradableError main.py cannot be read." in result.stdout


def test_a_folder_that_cannot_be_read_is_not_gradable(work: Path, as_nobody) -> None:
    work.chmod(0)
    try:
        result = as_nobody("")
    finally:
        work.chmod(0o755)
    assert "NotGradableError The folder work cannot be read: Permission denied." in result.stdout


def test_a_copy_that_cannot_be_written_is_the_graders_own_failure(work: Path, tmp_path: Path) -> None:
    with pytest.raises(UngradedError, match="cannot be written"):
        open_submission(work, entries=("main.py",), workspace=tmp_path / "not-there")


# -------------------------------------------------------------------------------------------------------------- refused


def test_a_missing_path_is_a_usage_error_with_the_near_name(work: Path, opened: Open) -> None:
    with pytest.raises(UsageError) as caught:
        opened(work.parent / "wrok")
    assert f"Did you mean {work}?" in caught.value.advice


@pytest.mark.parametrize("name", ["work.rar", "work.7z", "work.tar", "work.tar.gz", "work.TGZ", "work.gz"])
def test_other_archives_are_asked_for_as_zip(name: str, tmp_path: Path, opened: Open) -> None:
    (tmp_path / name).write_bytes(b"Rar!")
    with pytest.raises(NotGradableError) as caught:
        opened(tmp_path / name)
    assert ".zip" in caught.value.advice


@pytest.mark.parametrize("name", ["main.txt", "main", "index.html", "lab.docx"])
def test_a_file_that_is_no_python_is_not_gradable(name: str, tmp_path: Path, opened: Open) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(NotGradableError, match="no Python file and no zip"):
        opened(tmp_path / name)


@pytest.mark.parametrize("name", ["pipe", "pipe.py", "pipe.zip"])
def test_a_fifo_as_path_is_a_usage_error(name: str, tmp_path: Path, opened: Open) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        opened(tmp_path / name)


def test_an_empty_folder_is_not_gradable(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "work").mkdir()
    with pytest.raises(NotGradableError, match="work holds no Python file: it is empty"):
        opened(tmp_path / "work")


@pytest.mark.parametrize("path", ["main.py/x", "loop", "x" * 5_000, "nul\0l"])
def test_a_path_that_cannot_be_a_path_is_a_usage_error(path: str, work: Path, opened: Open) -> None:
    (work / "loop").symlink_to("loop")
    with pytest.raises(GraderError) as caught:
        opened(work / path)
    assert isinstance(caught.value, UsageError)


def test_leaves_no_descriptor_open(work: Path, opened: Open) -> None:
    (work / "bad.bin").symlink_to("/etc/passwd")
    before = len(os.listdir("/dev/fd"))
    opened(work)
    with pytest.raises(NotGradableError):
        opened(work, limits=CopyLimits(bytes=1))
    assert len(os.listdir("/dev/fd")) == before
