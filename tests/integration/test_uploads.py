"""Files that people upload: kept once, within limits and quotas, with nothing left behind."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import func, select

from grader.courses import disk, uploads
from grader.courses.database import FILE
from grader.courses.packing import Sent
from grader.courses.placing import placed
from grader.courses.tables import Assignment, Attempt, Upload
from grader.courses.uploads import Quota, keep, path_of, received
from grader.errors import RefusedError, StoreError, TooLargeError, UsageError
from tests.department import Department
from tests.small_lab import rubric

MOST = 1 << 20
ROOMY = Quota(1 << 30, 1 << 30)


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path / "data", rubric("{}"))
    yield made
    made.close()


@pytest.fixture
def data(department: Department) -> Path:
    return department.settings.data


def sent(**files: bytes) -> list[Sent]:
    """Files by their names, in which `__` stands for a slash and a last `_py` for its ending."""
    return [Sent(name.replace("__", "/").replace("_py", ".py"), io.BytesIO(held)) for name, held in files.items()]


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, held in files.items():
            archive.writestr(f"{name}.py", held)
    return made.getvalue()


def stored(data: Path) -> list[Path]:
    """Every file below the folder of uploads."""
    return sorted(path for path in (data / "uploads").rglob("*") if path.is_file())


def save(department: Department, files: list[Sent], quota: Quota = ROOMY, login: str = "sam") -> Upload:
    user = department.user(login)
    with received(department.settings.data, files, MOST) as file, department.database.writing() as db:
        return keep(db, department.settings.data, file, quota, user.id)


def attempt(department: Department, upload: Upload, login: str = "sam", number: int = 1) -> None:
    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        user = department.user(login)
        db.add(Attempt(assignment_id=assignment.id, user_id=user.id, number=number, upload_id=upload.id, filename="a"))


# ------------------------------------------------------------------------------------------------------------- keeping


def test_a_zip_is_kept_to_the_byte_under_its_hash(department: Department, data: Path) -> None:
    packed = zipped(main=b"x = 1")
    upload = save(department, [Sent("lab.ZIP", io.BytesIO(packed))])
    assert upload.sha256 == hashlib.sha256(packed).hexdigest()
    assert path_of(data, upload.sha256).read_bytes() == packed
    assert path_of(data, upload.sha256).parent.name == upload.sha256[:2]
    assert stored(data) == [path_of(data, upload.sha256)]


def test_equal_files_are_kept_once(department: Department, data: Path) -> None:
    one = save(department, sent(main_py=b"x = 1"))
    other = save(department, sent(main_py=b"x = 1"), login="sue")
    assert one.id == other.id
    assert len(stored(data)) == 1


def test_a_folder_becomes_one_zip_whatever_the_order_of_its_files(department: Department, data: Path) -> None:
    files = {"lab__main_py": b"x = 1", "lab__templates__base.html": b"<h1>", "lab__static__style.css": b"h1 {}"}
    one = save(department, sent(**files))
    time.sleep(0.01)
    other = save(department, sent(**dict(reversed(files.items()))))
    assert one.sha256 == other.sha256
    with zipfile.ZipFile(path_of(data, one.sha256)) as archive:
        assert archive.namelist() == ["lab/main.py", "lab/static/style.css", "lab/templates/base.html"]
        assert archive.read("lab/main.py") == b"x = 1"


def test_what_tools_leave_beside_the_work_stays_out(department: Department, data: Path) -> None:
    names = ["main.py", ".git/config", "__pycache__/main.pyc", ".venv/pyvenv.cfg", ".venv/lib/flask.py", ".DS_Store"]
    upload = save(department, [Sent(f"lab/{name}", io.BytesIO(b"")) for name in names])
    with zipfile.ZipFile(path_of(data, upload.sha256)) as archive:
        assert archive.namelist() == ["lab/main.py"]


def test_the_digest_is_of_what_is_in_it_and_not_of_how_it_was_packed(data: Path) -> None:
    with received(data, sent(main_py=b"x = 1"), MOST) as one:
        pass
    packed = io.BytesIO(zipped(main=b"x = 1"))
    with received(data, [Sent("lab.zip", packed)], MOST) as other:
        pass
    assert one.digest == other.digest
    assert one.sha256 != other.sha256


@pytest.mark.parametrize(
    ("names", "called"),
    [
        (["C:/x/lab.zip"], "lab.zip"),
        (["lab/main.py", "lab/a.html"], "lab"),
        (["main.py", "a.html"], "2 files"),
        (["x\u202egpj.py"], "x\\u202egpj.py"),
    ],
)
def test_an_upload_is_called_by_its_name(names: list[str], called: str) -> None:
    assert uploads.packing.called([Sent(name, io.BytesIO()) for name in names]) == called


# ------------------------------------------------------------------------------------------------------------- refusing


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../main.py", "lab/../../main.py", "lab//main.py", "a\\..\\b.py", "NUL.py", "lab/com1", "c:main.py",
     "a\0b.py", "x" * 300 + ".py", "a/" * 30 + "b.py"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(data: Path, name: str) -> None:
    with (
        pytest.raises(UsageError, match="cannot be taken"),
        received(data, [*sent(main_py=b""), Sent(name, io.BytesIO())], MOST),
    ):
        pass
    assert stored(data) == []


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "No file was chosen"),
        (["lab.rar"], "only zips are"),
        (["a.py", "A.py"], "same name"),
        (["a", "a/b.py"], "both a file and a folder"),
        ([".git/config"], "Nothing that was chosen"),
        ([f"{n}.py" for n in range(2001)], "2,001 files"),
    ],
)
def test_what_cannot_be_a_lab_is_refused_in_a_sentence(data: Path, names: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said), received(data, [Sent(n, io.BytesIO()) for n in names], MOST):
        pass
    assert stored(data) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lab.zip", "main.py"])
def test_more_than_may_be_uploaded_is_not_even_read_to_its_end(data: Path, name: str) -> None:
    stream = io.BytesIO(os.urandom(2 * MOST))
    with pytest.raises(TooLargeError, match="more than 1 MB"), received(data, [Sent(name, stream)], MOST):
        pass
    assert stream.tell() < 2 * MOST
    assert stored(data) == []


def test_files_that_pack_well_are_measured_unpacked(data: Path) -> None:
    files = [Sent(f"{n}.txt", io.BytesIO(bytes(20 << 20))) for n in range(3)]
    with pytest.raises(TooLargeError, match="50 MB together"), received(data, files, MOST):
        pass
    assert stored(data) == []


class _Breaking(io.RawIOBase):
    """A browser that goes away."""

    def __init__(self) -> None:
        self.left = 3

    def read(self, size: int = -1) -> bytes:
        self.left -= 1
        if not self.left:
            raise ConnectionResetError("gone")
        return bytes(1000)


@pytest.mark.parametrize("name", ["lab.zip", "main.py"])
def test_a_broken_upload_leaves_nothing(data: Path, name: str) -> None:
    stream: IO[bytes] = _Breaking()  # type: ignore[assignment]
    with pytest.raises(StoreError), received(data, [Sent(name, stream)], MOST):
        pass
    assert stored(data) == []


def test_a_persons_quota_is_theirs_alone_and_counts_equal_files_once(department: Department, data: Path) -> None:
    big = os.urandom(4000)
    quota = Quota(6000, 1 << 30)
    attempt(department, save(department, sent(main_py=big), quota))
    attempt(department, save(department, sent(main_py=big), quota), number=2)
    before = stored(data)
    with pytest.raises(RefusedError, match="Your uploads"):
        save(department, sent(main_py=os.urandom(4000)), quota)
    assert stored(data) == before
    save(department, sent(main_py=os.urandom(4000)), quota, login="sue")


def test_the_quota_of_all_is_everybodys(department: Department, data: Path) -> None:
    quota = Quota(1 << 30, 6000)
    save(department, sent(main_py=os.urandom(4000)), quota)
    with pytest.raises(RefusedError, match="no room left"):
        save(department, sent(main_py=os.urandom(4000)), quota, login="sue")
    assert len(stored(data)) == 1


@pytest.mark.slow
def test_a_refused_row_takes_the_file_with_it(department: Department, data: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        received(data, sent(main_py=b"x"), MOST),
        department.database.writing(),
    ):
        raise ZeroDivisionError
    assert stored(data) == []


# -------------------------------------------------------------------------------------------------------------- placing


def test_what_the_disk_does_keeps_nobody_from_writing(
    department: Department, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, really = [], disk._sync

    def slow(folder: Path) -> None:
        with contextlib.closing(sqlite3.connect(data / FILE, timeout=0, isolation_level=None)) as another:
            another.execute("BEGIN IMMEDIATE")  # raises where somebody writes
        synced.append(folder)
        really(folder)

    monkeypatch.setattr(disk, "_sync", slow)
    sam = department.client("sam")
    token = department.token(sam, f"/assignments/{department.assignment}")
    form = {"csrf_token": token, "files": (io.BytesIO(zipped(main=b"x = 1")), "lab.zip")}
    assert sam.post(f"/assignments/{department.assignment}/hand-in", data=form).status_code == 303
    (file,) = stored(data)
    assert synced == [data / "uploads", file.parent]


def test_a_file_in_its_place_goes_with_the_transaction_that_fails(department: Department, data: Path) -> None:
    def hand_in() -> None:
        with received(data, sent(main_py=b"x"), MOST) as file, placed(department.database, data, file):
            assert path_of(data, file.sha256).is_file()
            with department.database.writing() as db:
                keep(db, data, file, Quota(1, 1), None)

    with pytest.raises(RefusedError):
        hand_in()
    assert stored(data) == []


def test_what_another_upload_of_the_same_has_kept_stays(department: Department, data: Path) -> None:
    def hand_in() -> None:
        with received(data, sent(main_py=b"x"), MOST) as file, placed(department.database, data, file):
            save(department, sent(main_py=b"x"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hand_in()
    with department.database.reading() as db:
        assert stored(data) == [path_of(data, db.scalars(select(Upload.sha256)).one())]


def test_what_another_upload_of_the_same_took_away_is_put_back(department: Department, data: Path) -> None:
    with received(data, sent(main_py=b"x"), MOST) as file, placed(department.database, data, file):
        uploads.clear(department.database, data)  # no row names it yet
        assert not path_of(data, file.sha256).exists()
        with department.database.writing() as db:
            keep(db, data, file, ROOMY, None)
    assert stored(data) == [path_of(data, file.sha256)]
    with zipfile.ZipFile(path_of(data, file.sha256)) as archive:
        assert archive.read("main.py") == b"x"


def test_what_is_damaged_on_the_disk_is_whole_again_when_it_is_handed_in_again(
    department: Department, data: Path
) -> None:
    upload = save(department, sent(main_py=b"x"))
    path_of(data, upload.sha256).write_bytes(b"")
    with received(data, sent(main_py=b"x"), MOST) as file, placed(department.database, data, file):
        pass
    assert zipfile.is_zipfile(path_of(data, upload.sha256))


def test_without_links_a_file_is_moved_into_its_place(
    department: Department, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    with (
        received(data, sent(main_py=b"x"), MOST) as file,
        placed(department.database, data, file),
        department.database.writing() as db,
    ):
        keep(db, data, file, ROOMY, None)
    assert stored(data) == [path_of(data, file.sha256)]


def test_whoever_is_killed_in_between_leaves_what_is_cleared(department: Department, data: Path) -> None:
    with received(data, sent(main_py=b"x"), MOST) as file:
        disk.link(file.path, path_of(data, file.sha256))
    assert len(stored(data)) == 1
    assert uploads.clear(department.database, data) == 1
    assert stored(data) == []


# ------------------------------------------------------------------------------------------------------------- clearing


def test_what_nothing_names_is_cleared_and_the_rest_stays(department: Department, data: Path) -> None:
    kept = save(department, sent(main_py=b"kept"))
    attempt(department, kept)
    save(department, sent(main_py=b"nobody's"))
    stray = path_of(data, "ab" * 32)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"no row names it")
    half, fresh = data / "uploads/incoming/half", data / "uploads/incoming/fresh"
    half.write_bytes(b"")
    fresh.write_bytes(b"")
    os.utime(half, (0, 0))
    assert uploads.clear(department.database, data) == 3
    assert stored(data) == sorted([path_of(data, kept.sha256), fresh])
    with department.database.reading() as db:
        assert db.scalar(select(func.count(Upload.id))) == 1
    assert uploads.clear(department.database, data) == 0
