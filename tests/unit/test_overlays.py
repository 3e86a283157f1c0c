"""What a start's condition adds or swaps is written into the copy, and through no link out of it."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from grader.launch.child.copying import lay_in


def laid(copy: Path, path: str, content: bytes = b"new", home: str = ".") -> None:
    lay_in({"home": home, "overlays": [[path, base64.b64encode(content).decode()]]}, str(copy))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "canary").write_text("untouched")
    copy = tmp_path / "copy"
    copy.mkdir()
    return copy


def assert_untouched(tmp_path: Path) -> None:
    assert (tmp_path / "outside" / "canary").read_text() == "untouched"
    assert os.listdir(tmp_path / "outside") == ["canary"]


def test_files_are_added_and_swapped(copy: Path) -> None:
    laid(copy, "templates/deep/base.html")
    assert (copy / "templates/deep/base.html").read_bytes() == b"new"
    laid(copy, "templates/deep/base.html", b"x")
    assert (copy / "templates/deep/base.html").read_bytes() == b"x"
    laid(copy, "static/a.css", home="site")
    laid(copy, "../static/b.css", home="site")
    assert (copy / "site/static/a.css").exists()
    assert (copy / "static/b.css").exists()


def test_a_link_in_the_place_of_the_file_is_replaced(copy: Path, tmp_path: Path) -> None:
    (copy / "base.html").symlink_to(tmp_path / "outside" / "canary")
    laid(copy, "base.html")
    assert not (copy / "base.html").is_symlink()
    assert (copy / "base.html").read_bytes() == b"new"
    assert_untouched(tmp_path)


def test_a_hard_link_is_replaced_too(copy: Path, tmp_path: Path) -> None:
    os.link(tmp_path / "outside" / "canary", copy / "base.html")
    laid(copy, "base.html")
    assert (copy / "base.html").read_bytes() == b"new"
    assert_untouched(tmp_path)


def test_a_fifo_in_its_place_keeps_nobody_waiting(copy: Path) -> None:
    os.mkfifo(copy / "base.html")
    laid(copy, "base.html")
    assert (copy / "base.html").read_bytes() == b"new"


@pytest.mark.parametrize("path", ["templates/base.html", "templates/deep/base.html"])
def test_a_link_on_the_way_is_not_followed(copy: Path, tmp_path: Path, path: str) -> None:
    (copy / "templates").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="templates"):
        laid(copy, path)
    assert_untouched(tmp_path)


@pytest.mark.parametrize("path", ["../outside/new", "a/../../outside/new"])
def test_nothing_is_written_outside(copy: Path, tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        laid(copy, path)
    assert_untouched(tmp_path)


def test_no_descriptor_stays_open(copy: Path) -> None:
    before = os.listdir("/dev/fd")
    laid(copy, "a/b/c.txt")
    (copy / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        laid(copy, "file/c.txt")
    assert len(os.listdir("/dev/fd")) == len(before)
