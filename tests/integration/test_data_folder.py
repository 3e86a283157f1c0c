"""What a department keeps is for its owner alone, also in a folder that others may look into."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.cli.department import settings_of
from grader.courses import backup, uploads
from grader.courses.database import FILE, Database
from grader.courses.packing import Sent
from grader.courses.uploads import Quota


@pytest.fixture(autouse=True)
def usual_mask() -> Iterator[None]:
    """By which files are made that others may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def readable_by_others(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_no_file_is_readable_by_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    settings = settings_of(folder, None, ())
    assert "others may look into" in capsys.readouterr().err
    database = Database.open(settings.database)
    try:
        sent = [Sent("main.py", io.BytesIO(b"print(1)"))]
        with uploads.received(folder, sent, 1 << 20) as file, database.writing() as db:
            uploads.keep(db, folder, file, Quota(1 << 20, 1 << 20), None)
            assert readable_by_others(folder) == []
        backup.back_up(database.engine, folder, folder / "all.zip")
        found = {path.name for path in folder.rglob("*") if path.is_file()}
        assert {FILE, f"{FILE}-wal", "secret.key", "all.zip"} < found
        assert readable_by_others(folder) == []
    finally:
        database.close()


def test_a_database_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data", None, ())
    Database.open(settings.database).close()
    held = (tmp_path / "data" / FILE).read_bytes()
    assert settings_of(tmp_path / "data", None, ()).database == settings.database
    assert (tmp_path / "data" / FILE).read_bytes() == held


def test_with_another_database_there_is_none_in_the_folder(tmp_path: Path) -> None:
    settings_of(tmp_path / "data", "postgresql://somewhere/else", ())
    assert not (tmp_path / "data" / FILE).exists()
